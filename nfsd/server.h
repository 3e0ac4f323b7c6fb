/* The inside of a server, shared by the files of nfsd/ only. */
#ifndef NFSD_SERVER_H
#define NFSD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/op.h"
#include "nfsd/mount3.h"
#include "nfsd/nfsd.h"
#include "nfsd/peer.h"
#include "nfsd/rpc_lane.h"

struct mac16;
struct rpc_call;
struct rpc_conn;

#define NFSD_CONNS_MAX 1024
#define NFSD_STRANGERS_MAX 512              /* of them; see rpc_conn_known() */
#define NFSD_BULK_LIMIT ((size_t)128 << 20) /* of all connections together */

/* The server is an operation that lasts until nfsd_stop; connections hold it,
 * and calls hold their connection. */
struct nfsd {
    struct op op;
    /* given at creation */
    uv_loop_t *loop;
    struct vfs *vfs; /* borrowed */
    struct nfsd_net *allow;
    size_t n_allow;
    char *export_path;
    uint64_t handle_id;
    struct mac16 *mac;
    /* state */
    uv_tcp_t listener;
    uv_prepare_t flusher;   /* before the loop sleeps: replies go out */
    bool crowded;           /* and the log says so */
    bool failing;           /* the same for accept */
    struct op_list stopped; /* who waits in nfsd_stop */
    struct nfsd_stats stats;
    size_t n_strangers;
    struct peer_log refused;
    struct mount3_table mounts;
    struct rpc_total bulk;
    struct bytes_pool pages; /* of listings */
    /* links */
    TAILQ_HEAD(, rpc_conn) conns;
    TAILQ_HEAD(, rpc_conn) strangers; /* oldest first */
    TAILQ_HEAD(, rpc_conn) dirty;     /* have something to do in `flusher` */
    STAILQ_HEAD(, rpc_call) spares;   /* finished calls, last in first out */
    size_t n_spares;
};

#endif
