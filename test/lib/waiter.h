/* For tests: a loop, and an operation that waits for what it is handed to.
 *
 *     struct waiter w;
 *     wait_begin(&w);
 *     something(..., &w.op);
 *     err = wait_for(&w, loop);          runs the loop until that is done
 */
#ifndef TEST_LIB_WAITER_H
#define TEST_LIB_WAITER_H

#include <stdbool.h>
#include <uv.h>

#include "base/mem.h"
#include "base/op.h"

struct waiter {
    struct op op;
    bool done;
    int err;
};

static void waiter_nothing(struct op *op)
{
    (void)op;
}

static void waiter_end(struct op *op)
{
    struct waiter *w = container_of(op, struct waiter, op);

    w->err = op->err;
    w->done = true;
}

static inline void wait_begin(struct waiter *w)
{
    *w = (struct waiter){0};
    w->op =
        (struct op){.end = waiter_end, .next = waiter_nothing, .pending = 1};
}

static inline int wait_for(struct waiter *w, uv_loop_t *loop)
{
    op_wake(&w->op, 0);
    while (!w->done)
        uv_run(loop, UV_RUN_ONCE);
    return w->err;
}

#endif
