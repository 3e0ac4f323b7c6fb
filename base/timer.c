/* Clocks and timers. A libuv handle must be closed before its memory goes, so
 * a sleep closes its handle before it wakes: the operation that embeds it can
 * end right away. */
#include "base/timer.h"

#include "base/mem.h"
#include "base/op.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_wall_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

uint64_t clock_mono_ms(void)
{
    return uv_hrtime() / 1000000;
}

static void sleep_closed(uv_handle_t *handle)
{
    struct timer *t = container_of((uv_timer_t *)handle, struct timer, uv);
    struct op *op = t->op;

    t->op = NULL;
    op_wake(op, 0);
}

static void sleep_over(uv_timer_t *uv)
{
    timer_cut(container_of(uv, struct timer, uv));
}

void timer_sleep(struct timer *t, uv_loop_t *loop, uint64_t ms, struct op *op)
{
    *t = (struct timer){.op = op};
    op_hold(op);
    uv_timer_init(loop, &t->uv);
    uv_timer_start(&t->uv, sleep_over, ms, 0);
}

void timer_cut(struct timer *t)
{
    if (t->op == NULL || t->closing)
        return;
    t->closing = true;
    uv_close((uv_handle_t *)&t->uv, sleep_closed);
}

static void tick_fire(uv_timer_t *uv)
{
    struct tick *t = container_of(uv, struct tick, uv);

    t->fn(t);
}

void tick_start(
    struct tick *t, uv_loop_t *loop, uint64_t ms, void (*fn)(struct tick *t))
{
    *t = (struct tick){.fn = fn};
    uv_timer_init(loop, &t->uv);
    uv_timer_start(&t->uv, tick_fire, ms, ms);
}

void tick_stop(struct tick *t, struct op *op)
{
    handle_close((uv_handle_t *)&t->uv, op);
}

static void handle_closed(uv_handle_t *handle)
{
    op_wake(handle->data, 0);
}

void handle_close(uv_handle_t *handle, struct op *op)
{
    assert(!uv_is_closing(handle));
    op_hold(op);
    handle->data = op;
    uv_close(handle, handle_closed);
}

/* ---- Dates: a scanner that fails for good at the first wrong character. */

struct scan {
    const char *p;
    bool bad;
};

/* The number of exactly n digits, between least and most. */
static int scan_number(struct scan *s, int n, int least, int most)
{
    int v = 0;

    for (int i = 0; i < n && !s->bad; i++) {
        s->bad = *s->p < '0' || *s->p > '9';
        if (!s->bad)
            v = v * 10 + (*s->p++ - '0');
    }
    s->bad = s->bad || v < least || v > most;
    return v;
}

/* One character of the set, or 0. */
static char scan_char(struct scan *s, const char *set)
{
    s->bad = s->bad || *s->p == '\0' || strchr(set, *s->p) == NULL;
    return s->bad ? '\0' : *s->p++;
}

/* ".123" or nothing; digits beyond nanoseconds are dropped. */
static int64_t scan_fraction(struct scan *s)
{
    int64_t unit = 100000000;
    int64_t ns = 0;

    if (s->bad || *s->p != '.')
        return 0;
    s->p++;
    s->bad = *s->p < '0' || *s->p > '9';
    for (; *s->p >= '0' && *s->p <= '9'; s->p++, unit /= 10)
        ns += (*s->p - '0') * unit;
    return ns;
}

/* Days since 1970 as seconds; the calendar refuses the 30th of February. */
static int64_t scan_date(struct scan *s)
{
    struct tm tm = {0};
    struct tm given;
    time_t seconds;

    tm.tm_year = scan_number(s, 4, 1970, 2250) - 1900;
    scan_char(s, "-");
    tm.tm_mon = scan_number(s, 2, 1, 12) - 1;
    scan_char(s, "-");
    tm.tm_mday = scan_number(s, 2, 1, 31);
    if (s->bad)
        return 0;
    given = tm;
    seconds = timegm(&tm);
    s->bad = tm.tm_mday != given.tm_mday;
    return (int64_t)seconds;
}

/* Seconds to subtract: "Z", "+01:00". */
static int64_t scan_zone(struct scan *s)
{
    char sign = scan_char(s, "Zz+-");
    int hours;

    if (sign != '+' && sign != '-')
        return 0;
    hours = scan_number(s, 2, 0, 23);
    scan_char(s, ":");
    return (sign == '+' ? 60 : -60) *
        (int64_t)(hours * 60 + scan_number(s, 2, 0, 59));
}

int time_parse_rfc3339(const char *text, int64_t *ns)
{
    struct scan s = {.p = text};
    int64_t seconds = scan_date(&s);
    int64_t fraction;

    scan_char(&s, "Tt ");
    seconds += (int64_t)scan_number(&s, 2, 0, 23) * 3600;
    scan_char(&s, ":");
    seconds += (int64_t)scan_number(&s, 2, 0, 59) * 60;
    scan_char(&s, ":");
    seconds += scan_number(&s, 2, 0, 60); /* 60: a leap second */
    fraction = scan_fraction(&s);
    seconds -= scan_zone(&s);
    if (s.bad || *s.p != '\0')
        return -EBADMSG;
    *ns = seconds * 1000000000 + fraction;
    return 0;
}

void time_format_rfc3339(int64_t ns, char text[static 32])
{
    time_t seconds = (time_t)(ns / 1000000000);
    int64_t within = ns % 1000000000;
    struct tm tm;

    if (within < 0) {
        within += 1000000000;
        seconds--;
    }
    gmtime_r(&seconds, &tm);
    snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
        (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100, tm.tm_mday % 100,
        tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100,
        (int)(within / 1000000) % 1000);
}
