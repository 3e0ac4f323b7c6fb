/* The NFS server: MOUNT v3 and NFS v3 on one TCP port, in front of one vfs. */
#ifndef NFSD_NFSD_H
#define NFSD_NFSD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

struct nfsd;
struct op;
struct vfs;

#define NFSD_KEY_SIZE 32

/* A network that may connect: address and prefix length. */
struct nfsd_net {
    struct sockaddr_storage addr;
    unsigned prefix;
};

/* "10.99.0.2", "10.0.0.0/8", "fd00::/8". -EINVAL for anything else. */
int nfsd_net_parse(const char *text, struct nfsd_net *out);

/* What nfsd_start() asks of a numeric address: one that others can reach
 * needs at least one network that may connect. 0 or -EINVAL. */
int nfsd_listen_check(const char *addr, size_t n_allow);

struct nfsd_config {
    uv_loop_t *loop;
    struct vfs *vfs;         /* borrowed; outlives the server */
    const char *listen_addr; /* numeric; NULL: 127.0.0.1. Another than loopback
                                needs at least one net in allow */
    uint16_t port;           /* 0: the kernel chooses */
    const struct nfsd_net *allow; /* besides loopback; copied */
    size_t n_allow;
    const char *export_path; /* "/" and the secret; never shown by EXPORT or
                                DUMP; copied */
    uint64_t handle_id; /* of this mount: first half of each handle's message */
    uint8_t handle_key[NFSD_KEY_SIZE]; /* of the MAC of file handles */
};

/* Binds and listens. -EADDRINUSE, -EADDRNOTAVAIL, -EACCES as bind(2);
 * -EINVAL for an address that is not allowed here. */
int nfsd_start(const struct nfsd_config *config, struct nfsd **out);
uint16_t nfsd_port(const struct nfsd *s);

/* Closes the listener and all connections, waits for calls under way, frees. */
void nfsd_stop(struct nfsd *s, struct op *op);

struct nfsd_stats {
    uint64_t connections; /* open now */
    uint64_t calls;       /* answered since the start */
    uint64_t refused;     /* connections turned away, records closed on */
    uint64_t read_bytes;  /* file data sent */
};

struct nfsd_stats nfsd_stats(const struct nfsd *s);

#endif
