/* Where libmicrohttpd has no epoll, it names its descriptors in fd_sets; one
 * uv_poll_t watches each of them. Twin: local_poll_linux.c.
 *
 * All watches are stopped before each run: libmicrohttpd may close a descriptor
 * there, and accept another with the same number. A libuv handle can be freed
 * only a turn of the loop after it was closed, so a stopped watch is kept for
 * the next connection with that number. */
#include "hub/local_poll.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/select.h>
#include <microhttpd.h>

#include "base/mem.h"
#include "base/op.h"
#include "base/timer.h"

const unsigned web_poll_flags = 0;

struct watch {
    uv_poll_t poll;
    struct web_poll *owner;
    bool active;
};

struct web_poll {
    struct MHD_Daemon *daemon;
    uv_loop_t *loop;
    uv_timer_t timer;
    struct watch *watch[FD_SETSIZE];
    struct op op; /* of closing */
};

static void run_daemon(struct web_poll *p);

static void on_timer(uv_timer_t *timer)
{
    run_daemon(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = container_of(poll, struct watch, poll);

    (void)status;
    (void)events;
    run_daemon(w->owner);
}

static struct watch *watch_new(struct web_poll *p, int fd)
{
    struct watch *w = xcalloc(1, sizeof(*w));

    w->owner = p;
    if (uv_poll_init(p->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

static void watch_for(struct web_poll *p, int fd, int events)
{
    if (p->watch[fd] == NULL)
        p->watch[fd] = watch_new(p, fd);
    if (p->watch[fd] == NULL)
        return;
    p->watch[fd]->active = true;
    uv_poll_start(&p->watch[fd]->poll, events, on_poll);
}

static void unwatch_all(struct web_poll *p)
{
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        struct watch *w = p->watch[fd];

        if (w == NULL || !w->active)
            continue;
        w->active = false;
        uv_poll_stop(&w->poll);
    }
}

static void watch_all(struct web_poll *p)
{
    fd_set in;
    fd_set out;
    fd_set except;
    MHD_socket max = -1;

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    if (MHD_get_fdset(p->daemon, &in, &out, &except, &max) != MHD_YES)
        return;
    for (int fd = 0; fd <= max && fd < FD_SETSIZE; fd++) {
        int events = 0;

        if (FD_ISSET(fd, &in))
            events |= UV_READABLE;
        if (FD_ISSET(fd, &out))
            events |= UV_WRITABLE;
        if (events != 0)
            watch_for(p, fd, events);
    }
}

static void run_daemon(struct web_poll *p)
{
    MHD_UNSIGNED_LONG_LONG ms;

    unwatch_all(p);
    MHD_run(p->daemon);
    watch_all(p);
    if (MHD_get_timeout(p->daemon, &ms) == MHD_YES)
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
    struct web_poll *p = xcalloc(1, sizeof(*p));

    p->daemon = daemon;
    p->loop = loop;
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    run_daemon(p);
    return p;
}

static void close_handles(struct op *op)
{
    struct web_poll *p = container_of(op, struct web_poll, op);

    handle_close((uv_handle_t *)&p->timer, op);
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        if (p->watch[fd] != NULL)
            handle_close((uv_handle_t *)&p->watch[fd]->poll, op);
    }
}

static void closed(struct op *op)
{
    struct web_poll *p = container_of(op, struct web_poll, op);

    for (int fd = 0; fd < FD_SETSIZE; fd++)
        free(p->watch[fd]);
    free(p);
}

void web_poll_stop(struct web_poll *p, struct op *op)
{
    op_start(&p->op, close_handles, closed, op);
}
