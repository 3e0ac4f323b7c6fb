/* One connection: bytes in, calls started, replies out. */
#ifndef NFSD_RPC_CONN_H
#define NFSD_RPC_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/op.h"
#include "nfsd/peer.h"
#include "nfsd/rpc_lane.h"
#include "nfsd/rpc_out.h"
#include "nfsd/rpc_record.h"

struct nfsd;

/* An operation that lasts until the socket is closed and every call on it has
 * ended; it holds the server. */
struct rpc_conn {
    struct op op;
    /* given at creation */
    struct nfsd *server;
    struct peer_addr peer;
    /* state */
    uv_tcp_t tcp;
    uint8_t *in;     /* input that has not been parsed: */
    size_t in_start; /* from here */
    size_t in_end;   /* to here; not empty only while calls must wait */
    struct rpc_record record;
    struct rpc_out out;
    struct rpc_lane lane[RPC_LANES];
    unsigned n_calls; /* in flight */
    bool reading;
    bool ended;    /* the peer sends no more */
    bool closing;  /* replies are dropped */
    bool stranger; /* in server->strangers */
    bool dirty;    /* in server->dirty */
    bool running;  /* run() is on the stack: no need to be put there */
    /* links */
    TAILQ_ENTRY(rpc_conn) link;
    TAILQ_ENTRY(rpc_conn) stranger_link;
    TAILQ_ENTRY(rpc_conn) dirty_link;
};

/* Takes the connection that waits in server->listener. It frees itself. */
void rpc_conn_accept(struct nfsd *server);

/* The peer has shown the export's path or a file handle, so it is one whom the
 * mount was meant for. Until then it is a stranger: there are only so many,
 * and when another comes the oldest one goes. */
void rpc_conn_known(struct rpc_conn *conn);

/* Closes the socket now; calls run to their end and lose their reply. */
void rpc_conn_close(struct rpc_conn *conn);

/* A call has made its reply, or ended: flush and go on reading before the
 * loop sleeps. */
void rpc_conn_touch(struct rpc_conn *conn);

/* For nfsd.c: does what rpc_conn_touch put off. */
void rpc_conn_run_dirty(struct nfsd *server);

#endif
