/* Addresses: listening sockets, and how peers are written. */
#ifndef HUB_LOCAL_LISTEN_H
#define HUB_LOCAL_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;
struct web_peer;

/* A listening socket on a numeric address or a host name; port 0 lets the
 * system choose. The descriptor, or -EINVAL if the address cannot be
 * understood, else the system's reason. *url is "http://address:port"; the
 * caller frees it. */
int listen_open(const char *address, uint16_t port, char **url);

/* Whether the address leads to this machine alone. False if it cannot be
 * understood. */
bool listen_is_loopback(const char *address);

void listen_peer(const struct sockaddr *address, struct web_peer *peer);

/* What may stand in a Host header, and so in the URLs that are made from it. */
bool listen_host_ok(const char *host);

#endif
