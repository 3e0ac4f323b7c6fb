/* A counted limit in bytes. Room is judged by the largest call, so that
 * whoever is woken is sure to get in. */
#include "nfsd/rpc_lane.h"

#include <assert.h>

void rpc_lane_init(struct rpc_lane *lane, struct rpc_total *total, size_t limit)
{
    *lane = (struct rpc_lane){.total = total, .limit = limit};
    op_list_init(&lane->waiting);
}

static bool has_room(const struct rpc_lane *lane)
{
    return lane->held == 0 ||
        (lane->held + RPC_BULK_MAX <= lane->limit &&
            lane->total->held + RPC_BULK_MAX <= lane->total->limit);
}

bool rpc_lane_enter(struct rpc_lane *lane, size_t n, struct op *op)
{
    assert(n <= RPC_BULK_MAX);
    if (!has_room(lane)) {
        op_list_wait(&lane->waiting, op);
        return false;
    }
    lane->held += n;
    lane->total->held += n;
    return true;
}

void rpc_lane_leave(struct rpc_lane *lane, size_t n)
{
    assert(n <= lane->held);
    lane->held -= n;
    lane->total->held -= n;
    if (lane->waking)
        return; /* the loop below goes on: no recursion */
    lane->waking = true;
    while (has_room(lane) && op_list_wake_one(&lane->waiting, 0)) {
    }
    lane->waking = false;
}

void rpc_lane_close(struct rpc_lane *lane, int err)
{
    op_list_wake(&lane->waiting, err);
}
