/* A bound on the bytes that bulk replies (READ, listings) may hold: from the
 * start of the call until the reply has gone to the socket.
 *
 * A call that finds its lane full waits in it, and the calls behind it go on.
 * Lanes of all connections share one total, but a lane that holds nothing
 * always lets one call in, so that nobody starves. */
#ifndef NFSD_RPC_LANE_H
#define NFSD_RPC_LANE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/op.h"

#define RPC_BULK_MAX ((size_t)1 << 20) /* of one call */

/* Listings have a lane of their own, so that they do not wait for reads. */
enum rpc_lane_id { RPC_LANE_READ, RPC_LANE_LIST, RPC_LANES };

struct rpc_total {
    size_t limit;
    size_t held;
};

struct rpc_lane {
    struct rpc_total *total; /* borrowed */
    size_t limit;
    size_t held;
    bool waking; /* rpc_lane_leave is on the stack */
    struct op_list waiting;
};

void rpc_lane_init(
    struct rpc_lane *lane, struct rpc_total *total, size_t limit);

/* True: n bytes (at most RPC_BULK_MAX) are held now. False: op waits, and asks
 * again when it wakes. */
bool rpc_lane_enter(struct rpc_lane *lane, size_t n, struct op *op);
void rpc_lane_leave(struct rpc_lane *lane, size_t n);

/* Wakes everybody who waits, with an error. */
void rpc_lane_close(struct rpc_lane *lane, int err);

#endif
