/* Who may connect: over loopback root (the kernel's NFS client is root's) and
 * the user that the server runs as, others by the allow list. */
#ifndef NFSD_PEER_H
#define NFSD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct nfsd_net;

#define PEER_TEXT_MAX 48 /* INET6_ADDRSTRLEN and a little */
#define PEER_LOGGED_MAX 32

/* IPv4 in its IPv6-mapped form, so that one comparison serves both. */
struct peer_addr {
    uint8_t b[16];
};

/* All-zero is valid. Fields are private. */
struct peer_log {
    struct peer_addr seen[PEER_LOGGED_MAX];
    size_t n_seen;
};

/* False: neither IPv4 nor IPv6. */
bool peer_addr_of(const struct sockaddr *sa, struct peer_addr *out);
bool peer_is_loopback(const struct peer_addr *a);
bool peer_in_nets(
    const struct peer_addr *a, const struct nfsd_net *net, size_t n);
void peer_text(const struct peer_addr *a, char out[static PEER_TEXT_MAX]);

/* The user whose the other end of a connection is: from `peer` to `own`, which
 * are of one family. -ENOENT: it is not on this machine; -ENOTCONN: nobody's
 * any more; -ENOTSUP: this system does not say; others: not just now. In
 * peer_owner_{linux,darwin}.c. */
int peer_owner(const struct sockaddr_storage *peer,
    const struct sockaddr_storage *own, uid_t *out);

/* Says once per address that it was turned away; after PEER_LOGGED_MAX
 * addresses nothing more. */
void peer_log_refused(
    struct peer_log *log, const struct peer_addr *a, const char *why);

#endif
