/* RPC messages (RFC 5531): the header of a call in, the header of a reply out.
 */
#ifndef NFSD_RPC_MSG_H
#define NFSD_RPC_MSG_H

#include <stdint.h>
#include <rpc/rpc.h>

#include "nfsd/xdr_put.h"

struct cur;

#ifndef AUTH_SYS
#define AUTH_SYS AUTH_UNIX /* the older name is all that macOS has */
#endif

#define RPC_VERSION 2
#define RPC_AUTH_BODY_MAX 400 /* RFC 5531 section 8.2 */
#define RPC_GROUPS_MAX 16     /* RFC 5531 appendix A */
#define RPC_REPLY_HEADER_SIZE 24

/* Who asks, as AUTH_SYS says; with AUTH_NONE the numbers are zero. */
struct rpc_cred {
    uint32_t flavor;
    uint32_t uid;
    uint32_t gid;
    uint32_t n_groups;
    uint32_t group[RPC_GROUPS_MAX];
};

struct rpc_header {
    uint32_t xid;
    uint32_t program;
    uint32_t version;
    uint32_t proc;
    enum auth_stat auth; /* why HEADER_AUTH */
    struct rpc_cred cred;
};

enum rpc_header_kind {
    HEADER_CALL,       /* everything is filled in */
    HEADER_NOT_A_CALL, /* a reply: to be ignored */
    HEADER_BROKEN,     /* not even that: nothing can be answered */
    HEADER_SHORT,      /* a call that ends too early; xid is known */
    HEADER_VERSION,    /* a call of another RPC version; xid is known */
    HEADER_AUTH,       /* credentials rejected; xid, program.. are known */
};

/* Reads the header and leaves the cursor at the arguments. */
enum rpc_header_kind rpc_header_read(struct cur *c, struct rpc_header *h);

/* The headers of replies. PROG_MISMATCH is followed by two numbers. */
void rpc_put_accepted(struct xdr_put *o, uint32_t xid, enum accept_stat stat);
void rpc_put_denied_version(struct xdr_put *o, uint32_t xid);
void rpc_put_denied_auth(
    struct xdr_put *o, uint32_t xid, enum auth_stat reason);

#endif
