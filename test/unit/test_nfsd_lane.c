/* nfsd/rpc_lane: bytes of bulk replies are bounded, nobody starves, and who
 * came first goes first. */
#include "nfsd/rpc_lane.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

#define MIB RPC_BULK_MAX

/* A call: waits for the lane, then holds n bytes until it is let go. */
struct caller {
    struct op op;
    struct rpc_lane *lane;
    size_t n;
    unsigned *clock;
    unsigned entered; /* at this tick; 0: not yet */
    int err;
    bool leaves_at_once;
};

static void enter(struct op *op)
{
    struct caller *c = container_of(op, struct caller, op);

    c->err = op_catch(op);
    if (c->err != 0)
        return;
    if (!rpc_lane_enter(c->lane, c->n, op)) {
        op_then(op, enter);
        return;
    }
    c->entered = ++*c->clock;
    if (c->leaves_at_once)
        rpc_lane_leave(c->lane, c->n);
}

static void end(struct op *op)
{
    (void)op;
}

static void start(
    struct caller *c, struct rpc_lane *lane, size_t n, unsigned *clock)
{
    *c = (struct caller){.lane = lane, .n = n, .clock = clock};
    op_start(&c->op, enter, end, NULL);
}

static void bounded_and_in_order(void **state)
{
    struct rpc_total total = {.limit = 100 * MIB};
    struct rpc_lane lane;
    struct caller c[10];
    unsigned clock = 0;

    (void)state;
    rpc_lane_init(&lane, &total, 4 * MIB);
    for (int i = 0; i < 10; i++)
        start(&c[i], &lane, MIB, &clock);
    assert_int_equal(clock, 4);
    assert_int_equal(lane.held, 4 * MIB);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(c[i].entered, i + 1);
        rpc_lane_leave(&lane, MIB);
        assert_true(lane.held <= 4 * MIB);
    }
    assert_int_equal(lane.held, 0);
    assert_int_equal(total.held, 0);
}

static void small_ones_fill_what_is_left(void **state)
{
    struct rpc_total total = {.limit = 100 * MIB};
    struct rpc_lane lane;
    struct caller c[1000];
    unsigned clock = 0;

    (void)state;
    rpc_lane_init(&lane, &total, 2 * MIB);
    for (int i = 0; i < 1000; i++)
        start(&c[i], &lane, 4096, &clock);
    assert_int_equal(clock, 257); /* up to 1 MiB, and one more */
    for (int i = 0; i < 1000; i++)
        rpc_lane_leave(&lane, 4096);
    assert_int_equal(clock, 1000);
    assert_int_equal(total.held, 0);
}

static void one_at_least(void **state)
{
    struct rpc_total total = {.limit = 2 * MIB};
    struct rpc_lane a;
    struct rpc_lane b;
    struct caller c[4];
    unsigned clock = 0;

    (void)state;
    rpc_lane_init(&a, &total, 16 * MIB);
    rpc_lane_init(&b, &total, 16 * MIB);
    start(&c[0], &a, MIB, &clock);
    start(&c[1], &a, MIB, &clock);
    start(&c[2], &b, MIB, &clock);
    assert_int_equal(c[2].entered, 3); /* over the total, but b held nothing */
    start(&c[3], &b, MIB, &clock);
    assert_int_equal(c[3].entered, 0);
    rpc_lane_leave(&b, MIB);
    assert_int_equal(c[3].entered, 4);
    rpc_lane_leave(&b, MIB);
    rpc_lane_leave(&a, MIB);
    rpc_lane_leave(&a, MIB);
    assert_int_equal(total.held, 0);
}

/* Calls that end inside their wake do not nest. */
static void short_ones(void **state)
{
    enum { N = 20000 };
    static struct caller c[N];
    struct rpc_total total = {.limit = MIB};
    struct rpc_lane lane;
    unsigned clock = 0;

    (void)state;
    rpc_lane_init(&lane, &total, MIB);
    start(&c[0], &lane, MIB, &clock);
    for (int i = 1; i < N; i++) {
        start(&c[i], &lane, MIB, &clock);
        c[i].leaves_at_once = true;
    }
    assert_int_equal(clock, 1);
    rpc_lane_leave(&lane, MIB);
    assert_int_equal(clock, N);
    assert_int_equal(total.held, 0);
}

static void closing(void **state)
{
    struct rpc_total total = {.limit = 100 * MIB};
    struct rpc_lane lane;
    struct caller c[3];
    unsigned clock = 0;

    (void)state;
    rpc_lane_init(&lane, &total, MIB);
    for (int i = 0; i < 3; i++)
        start(&c[i], &lane, MIB, &clock);
    rpc_lane_close(&lane, -ECONNRESET);
    assert_int_equal(c[0].err, 0);
    assert_int_equal(c[1].err, -ECONNRESET);
    assert_int_equal(c[2].err, -ECONNRESET);
    rpc_lane_leave(&lane, MIB);
    assert_int_equal(clock, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounded_and_in_order),
        cmocka_unit_test(small_ones_fill_what_is_left),
        cmocka_unit_test(one_at_least),
        cmocka_unit_test(short_ones),
        cmocka_unit_test(closing),
    };

    return cmocka_run_group_tests_name("nfsd_lane", tests, NULL, NULL);
}
