/* Time: clocks, sleeping and ticking as waits of operations, closing handles.
 * The only place that asks what time it is, so that a simulation can answer. */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct op;

/* Wall clock, nanoseconds since 1970; and one that never steps back. */
int64_t clock_wall_ns(void);
uint64_t clock_mono_ms(void);

/* A sleep; embedded where the waiting operation lives. */
struct timer {
    uv_timer_t uv;
    struct op *op;
    bool closing;
};

/* Wakes op after ms. timer_cut() ends the sleep early (no-op when none is
 * running): op wakes as if the time were up. */
void timer_sleep(struct timer *t, uv_loop_t *loop, uint64_t ms, struct op *op);
void timer_cut(struct timer *t);

/* Calls fn every ms until tick_stop(), which is a wait like any other. */
struct tick {
    uv_timer_t uv;
    void (*fn)(struct tick *t);
    struct op *op;
};

void tick_start(
    struct tick *t, uv_loop_t *loop, uint64_t ms, void (*fn)(struct tick *t));
void tick_stop(struct tick *t, struct op *op);

/* Closes any libuv handle; op wakes when it may be freed. The handle's `data`
 * is used for that. */
void handle_close(uv_handle_t *handle, struct op *op);

/* "2026-09-01T10:00:00.123Z" (RFC 3339; offsets are understood) to
 * nanoseconds; -EBADMSG for anything else. And back, with milliseconds. */
int time_parse_rfc3339(const char *text, int64_t *ns);
void time_format_rfc3339(int64_t ns, char text[static 32]);

#endif
