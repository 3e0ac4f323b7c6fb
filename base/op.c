/* The driver of operations. It is a loop, so an answer that is already there
 * costs no recursion: op_wake() of an operation whose step is still on the
 * stack only counts, and the loop below goes on when that step returns. */
#include "base/op.h"

#include <assert.h>
#include <stddef.h>

static void op_drive(struct op *op)
{
    struct op *up;
    int err;

    if (op->running)
        return;
    op->running = true;
    while (op->pending == 0 && op->next != NULL) {
        op_fn *step = op->next;

        op->next = NULL;
        step(op);
    }
    op->running = false;
    if (op->pending != 0)
        return;
    up = op->up;
    err = op->err;
    op->end(op); /* may free op */
    if (up != NULL)
        op_wake(up, err);
}

void op_start(struct op *op, op_fn *first, op_fn *end, struct op *up)
{
    *op = (struct op){.next = first, .end = end, .up = up};
    if (up != NULL)
        op_hold(up);
    op_drive(op);
}

void op_then(struct op *op, op_fn *next)
{
    op->next = next;
}

void op_fail(struct op *op, int err)
{
    assert(err < 0);
    if (op->err == 0)
        op->err = err;
    op->next = NULL;
}

int op_catch(struct op *op)
{
    int err = op->err;

    op->err = 0;
    return err;
}

void op_hold(struct op *op)
{
    op->pending++;
}

void op_wake(struct op *op, int err)
{
    assert(op->pending > 0 && err <= 0);
    if (err != 0 && op->err == 0)
        op->err = err;
    op->pending--;
    if (op->pending == 0)
        op_drive(op);
}

void op_list_init(struct op_list *l)
{
    TAILQ_INIT(&l->head);
}

void op_list_wait(struct op_list *l, struct op *op)
{
    assert(!op->listed);
    op->listed = true;
    op_hold(op);
    TAILQ_INSERT_TAIL(&l->head, op, link);
}

bool op_list_empty(const struct op_list *l)
{
    return TAILQ_EMPTY(&l->head);
}

bool op_list_wake_one(struct op_list *l, int err)
{
    struct op *op = TAILQ_FIRST(&l->head);

    if (op == NULL)
        return false;
    TAILQ_REMOVE(&l->head, op, link);
    op->listed = false;
    op_wake(op, err);
    return true;
}

void op_list_wake(struct op_list *l, int err)
{
    struct op_list now;

    op_list_init(&now);
    TAILQ_CONCAT(&now.head, &l->head, link);
    while (op_list_wake_one(&now, err)) {
    }
}

void op_gate_init(struct op_gate *g, unsigned limit)
{
    *g = (struct op_gate){.limit = limit};
    op_list_init(&g->waiting);
}

void op_gate_enter(struct op_gate *g, struct op *op)
{
    if (g->inside < g->limit && op_list_empty(&g->waiting)) {
        g->inside++;
        return;
    }
    op_list_wait(&g->waiting, op);
}

void op_gate_leave(struct op_gate *g)
{
    assert(g->inside > 0);
    g->inside--;
    /* Who is let in may leave at once: the loop below, further up the stack,
     * then lets in the next, so that a long queue costs no recursion. */
    if (g->letting_in)
        return;
    g->letting_in = true;
    while (g->inside < g->limit && !op_list_empty(&g->waiting)) {
        g->inside++;
        op_list_wake_one(&g->waiting, 0);
    }
    g->letting_in = false;
}
