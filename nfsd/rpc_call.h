/* One call as an operation: header, authentication, dispatch, reply. */
#ifndef NFSD_RPC_CALL_H
#define NFSD_RPC_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include "xdr/mount3.h"
#include "xdr/nfs3.h"

#include "base/buf.h"
#include "base/op.h"
#include "nfsd/mount3.h"
#include "nfsd/nfs3.h"
#include "nfsd/rpc_lane.h"
#include "nfsd/rpc_msg.h"
#include "nfsd/rpc_out.h"
#include "nfsd/xdr_place.h"

struct nfsd;
struct rpc_call;
struct rpc_conn;
struct rpc_span;
struct xdr_put;

/* Decoded arguments: numbers are copies, arrays lie in the call's record. */
union rpc_args {
    dirpath mount;
    ACCESS3args access;
    COMMIT3args commit;
    CREATE3args create;
    FSINFO3args fsinfo;
    FSSTAT3args fsstat;
    GETATTR3args getattr;
    LINK3args link;
    LOOKUP3args lookup;
    MKDIR3args mkdir;
    MKNOD3args mknod;
    PATHCONF3args pathconf;
    READ3args read;
    READDIR3args readdir;
    READDIRPLUS3args readdirplus;
    READLINK3args readlink;
    REMOVE3args remove;
    RENAME3args rename;
    RMDIR3args rmdir;
    SETATTR3args setattr;
    SYMLINK3args symlink;
    WRITE3args write;
};

/* A procedure: asynchronous from arguments to results.
 *
 * `run` is called inside a step of the call. It starts what it needs, with
 * &call->op as the waiter, or calls rpc_call_fail(); the reply follows when
 * nothing is pending, unless run names another step, which must in the end
 * name rpc_call_reply. */
struct rpc_proc {
    const char *name;
    xdr_fn *args;                       /* NULL: none */
    void (*run)(struct rpc_call *call); /* NULL: nothing to do */
    /* What stands behind the status; NULL: nothing. */
    void (*put_ok)(struct rpc_call *call, struct xdr_put *o);
    void (*put_fail)(struct rpc_call *call, struct xdr_put *o);
    bool plain; /* results have no status; cannot fail */
};

struct rpc_program {
    uint32_t number;
    uint32_t version;
    const struct rpc_proc *proc;
    uint32_t n_procs;
    uint32_t (*status)(int err); /* 0 or -errno to the program's status */
    bool needs_auth_sys;         /* except for procedure 0 */
};

struct rpc_call {
    struct op op;
    /* given at creation */
    struct rpc_conn *conn; /* lives at least as long */
    struct nfsd *server;
    struct buf record; /* what came; arguments point into it */
    /* state */
    struct rpc_header header;
    const struct rpc_program *program;
    const struct rpc_proc *proc;
    union rpc_args args;
    struct nfs3_state nfs;
    struct mount3_state mount;
    struct rpc_body body; /* of the reply, behind what put_ok writes */
    /* links */
    STAILQ_ENTRY(rpc_call) link; /* server->spares */
};

/* Starts a call for a record, which is copied, or taken over if it has an
 * owner. The call frees itself. */
void rpc_call_start(struct rpc_conn *conn, const struct rpc_span *record);

/* The last step of every call: sends the results, or the error. */
op_fn rpc_call_reply;

/* For procedures: the call fails with err (negative errno). */
void rpc_call_fail(struct rpc_call *call, int err);

/* Holds room for n bytes of bulk reply; false: the call waits, and must ask
 * again in its next step. Returned by itself when the reply is gone. */
bool rpc_call_admit(struct rpc_call *call, enum rpc_lane_id lane, size_t n);

/* Frees spare calls; for nfsd.c. */
void rpc_call_free_spares(struct nfsd *server);

#endif
