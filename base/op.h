/* Operations: the one asynchronous pattern of the program.
 *
 * Anything that waits is a struct with an embedded `struct op`, run as a list
 * of steps. A step starts what it needs, names the next step with op_then(),
 * and returns; the next step runs once everything it started has finished. A
 * step that names no next step ends the operation: `end` runs once, last, on
 * every path, and may free the struct.
 *
 * An asynchronous function returns void, takes the waiting operation last,
 * holds it, and wakes it exactly once, possibly before it returns. Results go
 * through out-pointers into the waiting operation's own struct and are
 * untouched on failure.
 *
 * Everything here belongs to the loop thread. */
#ifndef BASE_OP_H
#define BASE_OP_H

#include <stdbool.h>
#include <sys/queue.h>

struct op;
typedef void op_fn(struct op *op);

struct op {
    op_fn *next;      /* runs when nothing is pending; NULL: the end */
    op_fn *end;       /* destructor; runs once, last */
    struct op *up;    /* woken after end; may be NULL */
    unsigned pending; /* what was started and has not finished */
    int err;          /* first error since the last op_catch, or 0 */
    bool running;     /* a step is on the stack */
    bool listed;      /* waits in an op_list or op_gate */
    TAILQ_ENTRY(op) link;
};

/* Zero-initialise with OP_LIST_INIT(list) or op_list_init(). */
struct op_list {
    TAILQ_HEAD(, op) head;
};

/* At most `limit` operations at once between enter and leave. */
struct op_gate {
    unsigned limit;
    unsigned inside;
    bool letting_in; /* op_gate_leave() is on the stack */
    struct op_list waiting;
};

/* Runs `first` at once. `up`, if any, is held until after `end`, and then
 * receives the operation's error. */
void op_start(struct op *op, op_fn *first, op_fn *end, struct op *up);

/* Names the step that runs when nothing is pending. */
void op_then(struct op *op, op_fn *next);

/* Ends the operation with err (negative errno) once nothing is pending. */
void op_fail(struct op *op, int err);

/* Takes the error: 0 or -errno; the operation is without error afterwards. */
int op_catch(struct op *op);

/* For leaves only: something has started, and has finished. */
void op_hold(struct op *op);
void op_wake(struct op *op, int err);

/* Waits until the next op_list_wake(). An operation waits in one list at a
 * time. */
void op_list_init(struct op_list *l);
void op_list_wait(struct op_list *l, struct op *op);
bool op_list_empty(const struct op_list *l);

/* Wakes everybody who waits now; who waits again from there waits for the
 * next time. op_list_wake_one() wakes the one who waited longest, and says
 * whether there was one. */
void op_list_wake(struct op_list *l, int err);
bool op_list_wake_one(struct op_list *l, int err);

/* Who came first enters first. The gate must outlive each call, in which
 * operations that waited may run to their end. */
void op_gate_init(struct op_gate *g, unsigned limit);
void op_gate_enter(struct op_gate *g, struct op *op);
void op_gate_leave(struct op_gate *g);

#endif
