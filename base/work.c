/* Jobs for libuv's thread pool. The disk lane is libuv's own queue; the cpu
 * lane holds jobs back here once half of the threads compute, since a queued
 * job in libuv cannot be overtaken. */
#include "base/work.h"

#include "base/op.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void submit(struct work *w);

static void run(uv_work_t *req)
{
    struct work *w = req->data;

    w->result = w->fn(w);
}

static void done(uv_work_t *req, int status)
{
    struct work *w = req->data;
    struct pool *pool = w->pool;
    struct op *op = w->op;

    if (w->cpu) {
        struct work *next = TAILQ_FIRST(&pool->cpu_waiting);

        if (next != NULL) {
            TAILQ_REMOVE(&pool->cpu_waiting, next, link);
            submit(next);
        } else {
            pool->cpu_running--;
        }
    }
    op_wake(op, status != 0 ? status : w->result);
}

static void submit(struct work *w)
{
    int err;

    w->req.data = w;
    err = uv_queue_work(w->pool->loop, &w->req, run, done);
    assert(err == 0); /* libuv fails only without a function to run */
    (void)err;
}

void pool_threads_set(unsigned threads)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", threads);
    setenv("UV_THREADPOOL_SIZE", text, 1);
}

void pool_init(struct pool *pool, uv_loop_t *loop, unsigned threads)
{
    *pool =
        (struct pool){.loop = loop, .cpu_limit = threads > 1 ? threads / 2 : 1};
    TAILQ_INIT(&pool->cpu_waiting);
}

void work_disk(struct pool *pool, struct work *w, work_fn *fn, struct op *op)
{
    *w = (struct work){.pool = pool, .fn = fn, .op = op};
    op_hold(op);
    submit(w);
}

void work_cpu(struct pool *pool, struct work *w, work_fn *fn, struct op *op)
{
    *w = (struct work){.pool = pool, .fn = fn, .op = op, .cpu = true};
    op_hold(op);
    if (pool->cpu_running < pool->cpu_limit) {
        pool->cpu_running++;
        submit(w);
    } else {
        TAILQ_INSERT_TAIL(&pool->cpu_waiting, w, link);
    }
}
