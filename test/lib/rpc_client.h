/* A client of NFS and MOUNT for tests: blocking, with a deadline on every
 * wait, and able to send anything at all. Calls are put together here byte by
 * byte; results are decoded by rpcgen's code, which the server does not use
 * for them. */
#ifndef TEST_RPC_CLIENT_H
#define TEST_RPC_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xdr/mount3.h"
#include "xdr/nfs3.h"

#include "base/buf.h"
#include "nfsd/xdr_place.h"

#define DEADLINE_MS 20000

struct client {
    int fd;
    uint32_t xid; /* of the last call */
    uint32_t uid; /* AUTH_SYS credentials of calls */
    uint32_t gid;
    uint32_t flavor;  /* AUTH_SYS, or AUTH_NONE */
    struct buf in;    /* received, not yet looked at */
    struct buf reply; /* the last record */
};

/* Where the server is: main's arguments are HOST:PORT and the export path.
 * Ends the program if there are not two. */
struct target {
    char host[64];
    uint16_t port;
    const char *export_path;
};

struct target target_of(int argc, char **argv);

void client_open(struct client *c, const struct target *t);
void client_close(struct client *c);

/* ---- Bytes */

void add_u32(struct buf *b, uint32_t v);
void add_u64(struct buf *b, uint64_t v);
void add_opaque(struct buf *b, const void *p, size_t n);

/* A call's header with the client's credentials; the arguments follow. */
void add_call(struct client *c, struct buf *b, uint32_t program,
    uint32_t version, uint32_t proc);
/* The same in four parts, for what is not well-formed. */
void add_call_start(struct client *c, struct buf *b, uint32_t program,
    uint32_t version, uint32_t proc);
void add_auth(struct buf *b, uint32_t flavor, const void *body, size_t n);
void add_auth_sys(struct buf *b, uint32_t uid, uint32_t gid);

/* Appends a record of one fragment. */
void add_record(struct buf *stream, const struct buf *record);

/* ---- The wire */

/* False: the server closed the connection. */
bool client_send(struct client *c, const void *p, size_t n);
bool client_send_record(struct client *c, const struct buf *record);

/* Waits for a record. False: the connection was closed, or time is up. */
bool client_receive(struct client *c);
/* Waits for the end of the connection; what comes before is thrown away. */
bool client_closed(struct client *c);

/* What the reply in c->reply says. */
enum verdict {
    V_NONE,     /* no reply, or not to this xid */
    V_SUCCESS,  /* and the results begin at *results */
    V_ACCEPTED, /* ... but accept_stat is *detail */
    V_MISMATCH, /* PROG_MISMATCH; low << 16 | high in *detail */
    V_VERSION,  /* RPC_MISMATCH; the same */
    V_AUTH,     /* AUTH_ERROR; auth_stat is *detail */
};

enum verdict client_verdict(
    struct client *c, uint32_t xid, uint32_t *detail, struct buf *results);

/* ---- Whole calls: true if they were accepted and the results are well-formed
 * to the last byte. Arrays in the results lie in c->reply; lists are malloced
 * (xdr_free). */

bool nfs_call(struct client *c, uint32_t proc, xdr_fn *xdr_args, void *args,
    xdr_fn *xdr_res, void *res);
bool mount_call(struct client *c, uint32_t proc, xdr_fn *xdr_args, void *args,
    xdr_fn *xdr_res, void *res);

#define NFS_CALL(c, NAME, args, res)                                           \
    nfs_call(c, NFSPROC3_##NAME, (xdr_fn *)xdr_##NAME##3args, args,            \
        (xdr_fn *)xdr_##NAME##3res, res)

/* A handle with its own memory. */
struct handle {
    uint8_t b[NFS3_FHSIZE];
    uint32_t len;
};

struct handle handle_of(const nfs_fh3 *fh);
nfs_fh3 fh_of(const struct handle *h); /* points into h */

/* The root's handle; ends the program if there is none. */
struct handle mount_root(struct client *c, const struct target *t);

/* Looks a path up ("a/b"). False: there is none. */
bool find_path(struct client *c, const struct handle *root, const char *path,
    struct handle *out, fattr3 *attr);

/* Milliseconds of a clock that does not jump. */
uint64_t now_ms(void);

#endif
