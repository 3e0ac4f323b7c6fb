/* Running a blocking function on libuv's pool, as a wait of an operation.
 *
 * The function sees only the job it was handed; it touches nothing else that
 * the loop thread may touch meanwhile. Two lanes share the pool: the disk lane
 * for calls that wait for the disk, and the cpu lane, which takes at most half
 * of the threads, so that a disk read always finds one. */
#ifndef BASE_WORK_H
#define BASE_WORK_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

struct op;
struct work;

/* Runs on a pool thread: 0 or -errno, which wakes the operation. */
typedef int work_fn(struct work *w);

/* Embedded in the job's own struct, whose owner keeps it until the wake. */
struct work {
    uv_work_t req;
    struct pool *pool;
    work_fn *fn;
    struct op *op;
    int result;
    bool cpu;
    TAILQ_ENTRY(work) link;
};

/* One per loop. Fields are private to work.c. */
struct pool {
    uv_loop_t *loop;
    unsigned cpu_limit;
    unsigned cpu_running;
    TAILQ_HEAD(, work) cpu_waiting;
};

/* threads: how many the pool has (see pool_threads_set). */
void pool_init(struct pool *pool, uv_loop_t *loop, unsigned threads);

/* Before the first use of libuv's pool in this process. */
void pool_threads_set(unsigned threads);

void work_disk(struct pool *pool, struct work *w, work_fn *fn, struct op *op);
void work_cpu(struct pool *pool, struct work *w, work_fn *fn, struct op *op);

#endif
