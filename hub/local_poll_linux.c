/* libmicrohttpd's epoll descriptor in one uv_poll_t, and its time-outs in one
 * timer. Twin: local_poll_darwin.c. */
#include "hub/local_poll.h"

#include <stdlib.h>
#include <microhttpd.h>

#include "base/mem.h"
#include "base/op.h"
#include "base/timer.h"

/* One wake serves so many rounds while there is more to send: a round sends a
 * piece to every connection that takes one. */
#define ROUNDS 8

const unsigned web_poll_flags = MHD_USE_EPOLL;

struct web_poll {
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    struct op op; /* of closing */
};

static void run_daemon(struct web_poll *p);

static void on_timer(uv_timer_t *timer)
{
    run_daemon(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_daemon(poll->data);
}

static void run_daemon(struct web_poll *p)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    enum MHD_Result timed = MHD_NO;

    for (int i = 0; i < ROUNDS; i++) {
        MHD_run(p->daemon);
        timed = MHD_get_timeout(p->daemon, &ms);
        if (timed == MHD_NO || ms > 0)
            break;
    }
    if (timed == MHD_YES)
        uv_timer_start(&p->timer, on_timer, ms, 0);
    else
        uv_timer_stop(&p->timer);
}

void web_poll_soon(struct web_poll *p)
{
    uv_timer_start(&p->timer, on_timer, 0, 0);
}

struct web_poll *web_poll_start(uv_loop_t *loop, struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct web_poll *p;

    if (info == NULL || info->epoll_fd < 0)
        return NULL;
    p = xcalloc(1, sizeof(*p));
    p->daemon = daemon;
    uv_timer_init(loop, &p->timer);
    uv_poll_init(loop, &p->poll, info->epoll_fd);
    p->timer.data = p;
    p->poll.data = p;
    uv_poll_start(&p->poll, UV_READABLE, on_poll);
    run_daemon(p);
    return p;
}

static void close_handles(struct op *op)
{
    struct web_poll *p = container_of(op, struct web_poll, op);

    handle_close((uv_handle_t *)&p->poll, op);
    handle_close((uv_handle_t *)&p->timer, op);
}

static void closed(struct op *op)
{
    free(container_of(op, struct web_poll, op));
}

void web_poll_stop(struct web_poll *p, struct op *op)
{
    op_start(&p->op, close_handles, closed, op);
}
