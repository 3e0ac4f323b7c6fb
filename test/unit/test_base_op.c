/* base/op: every way in which steps, waits and errors may follow each other.
 * No loop is needed: whoever holds an operation here wakes it by hand. */
#include "base/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

/* An operation that writes what it does into a shared text: its name, then a
 * digit for each step, '!' with an error, '.' at the end. */
struct story {
    struct op op;
    struct buf *told;
    char name;
    int seen;             /* what op_catch gave */
    struct story *child;  /* started by step two, if any */
    struct op_list *list; /* waited for by step one, if any */
    struct op_gate *gate;
    unsigned rounds; /* steps still to run */
    bool freed_by_end;
};

static op_fn one, two, three, end;

static void tell(struct story *s, char what)
{
    buf_addc(s->told, s->name);
    buf_addc(s->told, what);
    if (s->op.err != 0)
        buf_addc(s->told, '!');
}

static void one(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, '1');
    op_then(op, two);
    if (s->list != NULL)
        op_list_wait(s->list, op);
}

static void two(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, '2');
    if (s->child != NULL)
        op_start(&s->child->op, one, end, op);
    op_then(op, three);
}

static void three(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, '3');
    s->seen = op_catch(op);
}

static void end(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, '.');
    if (s->freed_by_end)
        free(s);
}

static void expect(struct buf *told, const char *text)
{
    assert_string_equal(buf_str(told), text);
    buf_clear(told);
}

static void steps_run_in_order(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    op_start(&a.op, one, end, NULL);
    expect(&told, "a1a2a3a.");
    buf_free(&told);
}

static op_fn held_once, held_thrice;

static void held_once(struct op *op)
{
    op_hold(op);
    op_then(op, two);
}

static void held_thrice(struct op *op)
{
    op_hold(op);
    op_hold(op);
    op_hold(op);
    op_then(op, two);
}

static void a_step_waits_for_all_it_started(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    op_start(&a.op, held_thrice, end, NULL);
    op_wake(&a.op, 0);
    op_wake(&a.op, 0);
    expect(&told, "");
    op_wake(&a.op, 0);
    expect(&told, "a2a3a.");
    buf_free(&told);
}

static void the_first_error_is_kept(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    op_start(&a.op, held_thrice, end, NULL);
    op_wake(&a.op, 0);
    op_wake(&a.op, -5);
    op_wake(&a.op, -7);
    /* Steps run with the error set until one catches it. */
    expect(&told, "a2!a3!a.");
    assert_int_equal(a.seen, -5);
    buf_free(&told);
}

static op_fn wake_before_return;

static void wake_before_return(struct op *op)
{
    op_hold(op);
    op_then(op, two);
    op_hold(op);
    op_wake(op, 0);
    op_wake(op, -9);
}

static void an_answer_may_come_before_the_step_returns(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    op_start(&a.op, wake_before_return, end, NULL);
    expect(&told, "a2!a3!a.");
    assert_int_equal(a.seen, -9);
    buf_free(&told);
}

static op_fn fail_while_waiting;

static void fail_while_waiting(struct op *op)
{
    op_hold(op);
    op_then(op, two);
    op_fail(op, -3);
}

static void a_failed_operation_ends_after_what_it_started(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    op_start(&a.op, fail_while_waiting, end, NULL);
    expect(&told, "");
    op_wake(&a.op, -8);
    expect(&told, "a.!");
    assert_int_equal(a.op.err, -3);
    buf_free(&told);
}

static op_fn hold_and_name_nothing;

static void hold_and_name_nothing(struct op *op)
{
    op_hold(op);
}

static void no_next_step_ends_after_what_was_started(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    op_start(&a.op, hold_and_name_nothing, end, NULL);
    expect(&told, "");
    op_wake(&a.op, 0);
    expect(&told, "a.");
    buf_free(&told);
}

static void a_child_that_is_done_at_once(void **state)
{
    struct buf told = {0};
    struct story b = {.told = &told, .name = 'b'};
    struct story a = {.told = &told, .name = 'a', .child = &b};

    (void)state;
    op_start(&a.op, one, end, NULL);
    expect(&told, "a1a2b1b2b3b.a3a.");
    buf_free(&told);
}

static void a_child_that_waits(void **state)
{
    struct buf told = {0};
    struct op_list list;
    struct story b = {.told = &told, .name = 'b', .list = &list};
    struct story a = {.told = &told, .name = 'a', .child = &b};

    (void)state;
    op_list_init(&list);
    op_start(&a.op, one, end, NULL);
    expect(&told, "a1a2b1");
    op_list_wake(&list, 0);
    expect(&told, "b2b3b.a3a.");
    buf_free(&told);
}

static void a_childs_error_reaches_who_waits(void **state)
{
    struct buf told = {0};
    struct story *b = xcalloc(1, sizeof(*b));
    struct story a = {.told = &told, .name = 'a'};

    (void)state;
    *b = (struct story){.told = &told, .name = 'b', .freed_by_end = true};
    op_start(&a.op, held_once, end, NULL);
    /* What a leaf does that fails: wake, with an operation of its own in
     * between that frees itself. */
    op_start(&b->op, fail_while_waiting, end, &a.op);
    op_wake(&a.op, 0);
    expect(&told, "");
    op_wake(&b->op, 0);
    expect(&told, "b.!a2!a3!a.");
    assert_int_equal(a.seen, -3);
    buf_free(&told);
}

static op_fn again;

static void again(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    op_hold(op);
    op_wake(op, 0);
    if (--s->rounds > 0)
        op_then(op, again);
}

static void answers_that_are_there_cost_no_stack(void **state)
{
    struct buf told = {0};
    struct story a = {.told = &told, .name = 'a', .rounds = 5000000};

    (void)state;
    op_start(&a.op, again, end, NULL);
    expect(&told, "a.");
    buf_free(&told);
}

static void a_list_wakes_everybody_in_order(void **state)
{
    struct buf told = {0};
    struct op_list list;
    struct story s[3];

    (void)state;
    op_list_init(&list);
    op_list_wake(&list, 0); /* nobody: nothing */
    for (int i = 0; i < 3; i++) {
        s[i] = (struct story){
            .told = &told, .name = (char)('a' + i), .list = &list};
        op_start(&s[i].op, one, end, NULL);
    }
    expect(&told, "a1b1c1");
    assert_false(op_list_empty(&list));
    op_list_wake(&list, -4);
    expect(&told, "a2!a3!a.b2!b3!b.c2!c3!c.");
    assert_true(op_list_empty(&list));
    buf_free(&told);
}

static op_fn wait_again;

static void wait_again(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, 'w');
    if (--s->rounds > 0) {
        op_list_wait(s->list, op);
        op_then(op, wait_again);
    }
}

static void who_waits_again_waits_for_the_next_time(void **state)
{
    struct buf told = {0};
    struct op_list list;
    struct story a = {.told = &told, .name = 'a', .list = &list, .rounds = 3};
    struct story b = {.told = &told, .name = 'b', .list = &list, .rounds = 2};

    (void)state;
    op_list_init(&list);
    op_start(&a.op, wait_again, end, NULL);
    op_start(&b.op, wait_again, end, NULL);
    expect(&told, "awbw");
    op_list_wake(&list, 0);
    expect(&told, "awbwb.");
    op_list_wake(&list, 0);
    expect(&told, "awa.");
    buf_free(&told);
}

static void one_is_woken_at_a_time(void **state)
{
    struct buf told = {0};
    struct op_list list;
    struct story a = {.told = &told, .name = 'a', .list = &list};
    struct story b = {.told = &told, .name = 'b', .list = &list};

    (void)state;
    op_list_init(&list);
    op_start(&a.op, one, end, NULL);
    op_start(&b.op, one, end, NULL);
    buf_clear(&told);
    assert_true(op_list_wake_one(&list, 0));
    expect(&told, "a2a3a.");
    assert_true(op_list_wake_one(&list, 0));
    expect(&told, "b2b3b.");
    assert_false(op_list_wake_one(&list, 0));
    buf_free(&told);
}

/* ---- Gates */

static op_fn at_gate, inside, leave;

static void at_gate(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    op_gate_enter(s->gate, op);
    op_then(op, inside);
}

static void inside(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, 'i');
    if (s->list != NULL)
        op_list_wait(s->list, op);
    op_then(op, leave);
}

static void leave(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, 'l');
    op_gate_leave(s->gate);
    assert_true(s->gate->inside <= s->gate->limit);
}

static void a_gate_lets_in_so_many_and_the_rest_in_turn(void **state)
{
    struct buf told = {0};
    struct op_list list;
    struct op_gate gate;
    struct story s[4];

    (void)state;
    op_list_init(&list);
    op_gate_init(&gate, 2);
    for (int i = 0; i < 4; i++) {
        s[i] = (struct story){.told = &told,
            .name = (char)('a' + i),
            .list = &list,
            .gate = &gate};
        op_start(&s[i].op, at_gate, end, NULL);
    }
    expect(&told, "aibi");
    assert_int_equal(gate.inside, 2);
    assert_true(op_list_wake_one(&list, 0));
    expect(&told, "alcia.");
    assert_true(op_list_wake_one(&list, 0));
    expect(&told, "bldib.");
    op_list_wake(&list, 0);
    expect(&told, "clc.dld.");
    assert_int_equal(gate.inside, 0);
    buf_free(&told);
}

/* Enters a second time from the same step in which it left. */
static op_fn leave_and_return;

static void leave_and_return(struct op *op)
{
    struct story *s = container_of(op, struct story, op);

    tell(s, 'l');
    op_gate_leave(s->gate);
    op_gate_enter(s->gate, op);
    op_then(op, inside);
}

static void nobody_overtakes_at_a_gate(void **state)
{
    struct buf told = {0};
    struct op_list list;
    struct op_gate gate;
    struct story a = {.told = &told, .name = 'a', .gate = &gate};
    struct story b = a;
    struct story c = a;

    (void)state;
    b.name = 'b';
    c.name = 'c';
    a.list = &list;
    op_list_init(&list);
    op_gate_init(&gate, 1);
    op_start(&a.op, at_gate, end, NULL);
    op_start(&b.op, at_gate, end, NULL);
    op_start(&c.op, at_gate, end, NULL);
    expect(&told, "ai");
    a.list = NULL;
    op_then(&a.op, leave_and_return);
    op_list_wake(&list, 0);
    /* b and c were there first; a may only come in after both. */
    expect(&told, "albiblb.ciclc.aiala.");
    assert_int_equal(gate.inside, 0);
    buf_free(&told);
}

static void a_long_queue_at_a_gate_costs_no_stack(void **state)
{
    enum { QUEUE = 300000 };
    struct buf told = {0};
    struct op_list list;
    struct op_gate gate;
    struct story first = {
        .told = &told, .name = 'a', .list = &list, .gate = &gate};
    struct story *rest = xcalloc(QUEUE, sizeof(*rest));

    (void)state;
    op_list_init(&list);
    op_gate_init(&gate, 1);
    op_start(&first.op, at_gate, end, NULL);
    for (size_t i = 0; i < QUEUE; i++) {
        rest[i] = (struct story){.told = &told, .name = 'x', .gate = &gate};
        op_start(&rest[i].op, at_gate, end, NULL);
    }
    op_list_wake(&list, 0);
    assert_int_equal(told.len, 6 * (1 + QUEUE));
    assert_int_equal(gate.inside, 0);
    free(rest);
    buf_free(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_in_order),
        cmocka_unit_test(a_step_waits_for_all_it_started),
        cmocka_unit_test(the_first_error_is_kept),
        cmocka_unit_test(an_answer_may_come_before_the_step_returns),
        cmocka_unit_test(a_failed_operation_ends_after_what_it_started),
        cmocka_unit_test(no_next_step_ends_after_what_was_started),
        cmocka_unit_test(a_child_that_is_done_at_once),
        cmocka_unit_test(a_child_that_waits),
        cmocka_unit_test(a_childs_error_reaches_who_waits),
        cmocka_unit_test(answers_that_are_there_cost_no_stack),
        cmocka_unit_test(a_list_wakes_everybody_in_order),
        cmocka_unit_test(who_waits_again_waits_for_the_next_time),
        cmocka_unit_test(one_is_woken_at_a_time),
        cmocka_unit_test(a_gate_lets_in_so_many_and_the_rest_in_turn),
        cmocka_unit_test(nobody_overtakes_at_a_gate),
        cmocka_unit_test(a_long_queue_at_a_gate_costs_no_stack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
