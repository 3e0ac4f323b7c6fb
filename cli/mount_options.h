/* The options of `hffs start` and `hffs-nfs`, which are the same but for a few:
 * one struct of values, groups that both tables name. */
#ifndef CLI_MOUNT_OPTIONS_H
#define CLI_MOUNT_OPTIONS_H

#include "cli/options.h"

struct mount_values {
    /* what to show */
    const char *revision;
    bool read_only; /* as every repo is */
    bool commit_times;
    uint64_t uid; /* OPT_UNSET: the user's */
    uint64_t gid;
    /* the Hub */
    const char *hub_endpoint;
    const char *hf_token;
    const char *token_file;
    const char *ca_file;
    uint64_t read_fetch_timeout_ms;
    /* cache and memory */
    const char *cache_dir;
    bool no_disk_cache;
    uint64_t inode_soft_limit;
    /* the mount */
    uint64_t metadata_ttl_ms;
    const char *mount_options;
    bool no_mount;
    /* the server */
    uint16_t port;
    const char *listen;
    struct opt_list allow_client;
    /* the program */
    const char *state_dir;
    const char *log_level;
    const char *debug;
    bool json;
    const char *run; /* hffs-nfs only */
    /* between hffs start and its server */
    bool supervised; /* report readiness on SERVER_REPORT_FD */
    bool restarted;  /* a server of this supervisor had it mounted */
    const char *log_file;
};

extern const struct opt_group mount_group_source;
extern const struct opt_group mount_group_hub;
extern const struct opt_group mount_group_cache;
extern const struct opt_group mount_group_mount;
extern const struct opt_group mount_group_server;
extern const struct opt_group mount_group_program;
extern const struct opt_group mount_group_run;
extern const struct opt_group mount_group_compat;
extern const struct opt_group mount_group_internal;

#endif
