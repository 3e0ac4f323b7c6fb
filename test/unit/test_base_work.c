/* base/work and base/timer on a real loop: lanes of the pool, sleeps, ticks.
 * Waits are for conditions; a deadline only ends a run that has failed. */
#include "base/work.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/op.h"
#include "base/timer.h"

#define THREADS 4
#define DEADLINE_MS 20000
#define HOUR_MS 3600000

/* Waits for one thing and remembers how it ended. */
struct waiter {
    struct op op;
    int err;
    unsigned ends;
};

static op_fn nothing, ended;

static void nothing(struct op *op)
{
    (void)op;
}

static void ended(struct op *op)
{
    struct waiter *w = container_of(op, struct waiter, op);

    w->err = op->err;
    w->ends++;
}

/* Starts it in a step that the test itself plays: what follows may hold
 * &w->op until waiter_go(). */
static op_fn pause_there;

static void pause_there(struct op *op)
{
    op_hold(op);
    op_then(op, nothing);
}

static void waiter_start(struct waiter *w)
{
    *w = (struct waiter){.err = 1};
    op_start(&w->op, pause_there, ended, NULL);
}

static void waiter_go(struct waiter *w)
{
    op_wake(&w->op, 0);
}

static bool until(const atomic_int *value, int wanted)
{
    uint64_t deadline = clock_mono_ms() + DEADLINE_MS;

    while (atomic_load(value) < wanted) {
        if (clock_mono_ms() > deadline)
            return false;
        usleep(200);
    }
    return true;
}

/* ---- The pool */

struct job {
    struct work work;
    struct waiter *waiter;
    atomic_int *running;
    atomic_int *most;
    atomic_int *open; /* waits until it is 1 */
    atomic_int *order;
    int turn;
    int result;
};

static int job_run(struct work *w)
{
    struct job *j = container_of(w, struct job, work);
    int now = j->running != NULL ? atomic_fetch_add(j->running, 1) + 1 : 0;

    if (j->most != NULL && now > atomic_load(j->most))
        atomic_store(j->most, now);
    if (j->order != NULL)
        j->turn = atomic_fetch_add(j->order, 1);
    if (j->open != NULL && !until(j->open, 1))
        return -ETIMEDOUT;
    if (j->running != NULL)
        atomic_fetch_sub(j->running, 1);
    return j->result;
}

static int open_the_door(struct work *w)
{
    struct job *j = container_of(w, struct job, work);

    /* Both places of the cpu lane are taken by then. */
    if (!until(j->running, THREADS / 2))
        return -ETIMEDOUT;
    atomic_store(j->open, 1);
    return 0;
}

static void results_wake_the_operation(void **state)
{
    uv_loop_t *loop = *state;
    struct pool pool;
    struct waiter good;
    struct waiter bad;
    struct job a = {.result = 0};
    struct job b = {.result = -EPROTO};

    pool_init(&pool, loop, THREADS);
    waiter_start(&good);
    waiter_start(&bad);
    work_disk(&pool, &a.work, job_run, &good.op);
    work_cpu(&pool, &b.work, job_run, &bad.op);
    waiter_go(&good);
    waiter_go(&bad);
    assert_int_equal(good.ends, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(good.ends, 1);
    assert_int_equal(good.err, 0);
    assert_int_equal(bad.err, -EPROTO);
}

static void computing_leaves_half_of_the_pool_to_the_disk(void **state)
{
    enum { JOBS = 12 };
    uv_loop_t *loop = *state;
    atomic_int running = 0;
    atomic_int most = 0;
    atomic_int open = 0;
    struct pool pool;
    struct waiter w;
    struct job jobs[JOBS];
    struct job door = {.running = &running, .open = &open};

    pool_init(&pool, loop, THREADS);
    waiter_start(&w);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] =
            (struct job){.running = &running, .most = &most, .open = &open};
        work_cpu(&pool, &jobs[i].work, job_run, &w.op);
    }
    /* The computing jobs wait for this one, which was queued last: it finds a
     * thread all the same. */
    work_disk(&pool, &door.work, open_the_door, &w.op);
    waiter_go(&w);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(w.err, 0);
    assert_int_equal(w.ends, 1);
    assert_int_equal(atomic_load(&most), THREADS / 2);
    assert_int_equal(pool.cpu_running, 0);
}

static void computing_jobs_keep_their_order(void **state)
{
    enum { JOBS = 50 };
    uv_loop_t *loop = *state;
    atomic_int order = 0;
    struct pool pool;
    struct waiter w;
    struct job jobs[JOBS];

    pool_init(&pool, loop, 1); /* one at a time */
    waiter_start(&w);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){.order = &order};
        work_cpu(&pool, &jobs[i].work, job_run, &w.op);
    }
    waiter_go(&w);
    uv_run(loop, UV_RUN_DEFAULT);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(jobs[i].turn, i);
}

/* ---- Timers */

static void a_sleep_wakes(void **state)
{
    uv_loop_t *loop = *state;
    struct timer *t = xcalloc(1, sizeof(*t));
    struct waiter w;
    uint64_t start;

    waiter_start(&w);
    uv_update_time(loop);
    start = uv_hrtime();
    timer_sleep(t, loop, 20, &w.op);
    waiter_go(&w);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(w.ends, 1);
    assert_int_equal(w.err, 0);
    assert_true(uv_hrtime() - start >= 19000000);
    free(t); /* its handle is closed by then */
    assert_int_equal(uv_loop_alive(loop), 0);
}

static void a_sleep_can_be_cut_short(void **state)
{
    uv_loop_t *loop = *state;
    struct timer t = {0};
    struct waiter w;

    timer_cut(&t); /* none is running */
    waiter_start(&w);
    timer_sleep(&t, loop, HOUR_MS, &w.op);
    waiter_go(&w);
    timer_cut(&t);
    timer_cut(&t);
    assert_int_equal(w.ends, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(w.ends, 1);
    assert_int_equal(w.err, 0);
    timer_cut(&t); /* it is over */
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(w.ends, 1);

    waiter_start(&w);
    timer_sleep(&t, loop, 0, &w.op);
    waiter_go(&w);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(w.ends, 1);
}

struct counter {
    struct tick tick;
    struct waiter *stop;
    int left;
};

static void count(struct tick *t)
{
    struct counter *c = container_of(t, struct counter, tick);

    assert_true(c->left > 0);
    if (--c->left == 0) {
        tick_stop(t, &c->stop->op);
        waiter_go(c->stop);
    }
}

static void a_tick_comes_until_it_is_stopped(void **state)
{
    uv_loop_t *loop = *state;
    struct waiter w;
    struct counter c = {.stop = &w, .left = 5};

    waiter_start(&w);
    tick_start(&c.tick, loop, 1, count);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(c.left, 0);
    assert_int_equal(w.ends, 1);
    assert_int_equal(uv_loop_alive(loop), 0);
}

static int loop_new(void **state)
{
    uv_loop_t *loop = xmalloc(sizeof(*loop));

    *state = loop;
    return uv_loop_init(loop);
}

/* A handle that is still open would keep the loop from closing. */
static int loop_free(void **state)
{
    int err = uv_loop_close(*state);

    free(*state);
    return err;
}

#define WITH_LOOP(test)                                                        \
    cmocka_unit_test_setup_teardown(test, loop_new, loop_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(results_wake_the_operation),
        WITH_LOOP(computing_leaves_half_of_the_pool_to_the_disk),
        WITH_LOOP(computing_jobs_keep_their_order),
        WITH_LOOP(a_sleep_wakes),
        WITH_LOOP(a_sleep_can_be_cut_short),
        WITH_LOOP(a_tick_comes_until_it_is_stopped),
    };

    pool_threads_set(THREADS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
