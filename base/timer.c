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

/* The part after the seconds: ".123", then "Z" or "+01:00". */
static int parse_fraction_and_zone(const char *p, int64_t *ns)
{
    int64_t fraction = 0;
    int64_t unit = 100000000;
    int hours = 0;
    int minutes = 0;
    int used = 0;
    int sign;

    if (*p == '.') {
        for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
            fraction += (*p - '0') * unit;
    }
    *ns += fraction;
    if (strcmp(p, "Z") == 0 || strcmp(p, "z") == 0)
        return 0;
    if (*p != '+' && *p != '-')
        return -EBADMSG;
    sign = *p == '+' ? -1 : 1;
    if (sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
        p[1 + used] != '\0')
        return -EBADMSG;
    *ns += (int64_t)sign * (hours * 60 + minutes) * 60 * 1000000000;
    return 0;
}

int time_parse_rfc3339(const char *text, int64_t *ns)
{
    struct tm tm = {0};
    int64_t value;
    int used = 0;

    if (sscanf(text, "%4d-%2d-%2d%*[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
            &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6)
        return -EBADMSG;
    if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
        tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 ||
        tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
        tm.tm_sec > 60 || tm.tm_year > 2250)
        return -EBADMSG;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    value = (int64_t)timegm(&tm) * 1000000000;
    if (parse_fraction_and_zone(text + used, &value) != 0)
        return -EBADMSG;
    *ns = value;
    return 0;
}

void time_format_rfc3339(int64_t ns, char text[static 32])
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
        (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100, tm.tm_mday % 100,
        tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100,
        (int)(ns / 1000000 % 1000) % 1000);
}
