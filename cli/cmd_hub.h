/* hffs hub serve: the values of its options, and running it. */
#ifndef CLI_CMD_HUB_H
#define CLI_CMD_HUB_H

#include "cli/options.h"

struct invocation;

struct serve_values {
    const char *root;
    uint16_t port;
    const char *listen;
    const char *url;
    struct opt_list repo;
    struct opt_list private;
    struct opt_list user;
    const char *log;
    struct opt_list fault;
    bool redirect;
    uint64_t url_ttl_ms;
    bool admin;
};

/* Runs until a signal. Returns the exit status. */
int hub_serve(const struct invocation *in);

#endif
