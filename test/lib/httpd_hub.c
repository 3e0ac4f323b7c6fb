/* The stage of the Hub client's tests. */
#include "test/lib/httpd_hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "hub/repo.h"

#define DEADLINE_MS 60000
#define THREADS 4

void stage_open(struct stage *s, const struct hub_config *config)
{
    struct hub_config c = {.stall_ms = 400, .patience_ms = 1500};

    *s = (struct stage){0};
    setenv("no_proxy", "127.0.0.1", 1); /* whatever the caller's says */
    if (config != NULL)
        c = *config;
    uv_loop_init(&s->loop);
    pool_init(&s->pool, &s->loop, THREADS);
    s->http = httpd_new(&s->loop);
    s->cdn = httpd_new(&s->loop);
    c.pool = &s->pool;
    c.user_agent = "hffs/test; fs/none";
    if (c.backoff_ms == 0)
        c.backoff_ms = 5;
    if (c.endpoint == NULL)
        c.endpoint = httpd_url(s->http);
    assert_int_equal(hub_new(&c, &s->hub), 0);
}

void stage_close(struct stage *s)
{
    struct waiting w;

    waiting_begin(&w);
    hub_free(s->hub, &w.op);
    assert_int_equal(waiting_end(&w, &s->loop), 0);
    httpd_close(s->http);
    httpd_close(s->cdn);
    while (uv_run(&s->loop, UV_RUN_DEFAULT) != 0) {
    }
    assert_int_equal(uv_loop_close(&s->loop), 0);
}

static void nothing(struct op *op)
{
    (void)op;
}

static void ended(struct op *op)
{
    struct waiting *w = container_of(op, struct waiting, op);

    w->err = op->err;
    w->done = true;
}

void waiting_begin(struct waiting *w)
{
    *w = (struct waiting){0};
    w->op = (struct op){.next = nothing, .end = ended, .pending = 1};
}

static void too_late(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void on_closed(uv_handle_t *handle)
{
    *(bool *)handle->data = true;
}

int waiting_end(struct waiting *w, uv_loop_t *loop)
{
    uv_timer_t timer;
    bool late = false;
    bool closed = false;

    op_wake(&w->op, 0);
    uv_timer_init(loop, &timer);
    timer.data = &late;
    uv_timer_start(&timer, too_late, DEADLINE_MS, 0);
    while (!late && !w->done)
        uv_run(loop, UV_RUN_ONCE);
    timer.data = &closed;
    uv_close((uv_handle_t *)&timer, on_closed);
    while (!closed)
        uv_run(loop, UV_RUN_NOWAIT);
    assert_false(late);
    return w->err;
}

void always(struct httpd *h, const char *line, struct httpd_reply r)
{
    r.times = HTTPD_ALWAYS;
    httpd_on(h, line, &r);
}

int stage_ask(struct stage *s)
{
    struct hub_info found = {0};
    struct hub_repo repo;
    struct waiting w;
    const char *why;
    int err;

    assert_int_equal(hub_repo_parse("a/b", NULL, &repo, &why), 0);
    waiting_begin(&w);
    hub_repo_info(s->hub, &repo, &found, &w.op);
    err = waiting_end(&w, &s->loop);
    if (err == 0)
        assert_string_equal(found.sha, SHA);
    buf_free(&found.id);
    hub_repo_fini(&repo);
    return err;
}

void stage_use_endpoint(
    struct stage *s, const char *endpoint, unsigned patience_ms)
{
    const struct hub_config config = {.pool = &s->pool,
        .endpoint = endpoint,
        .user_agent = "hffs/test",
        .stall_ms = 400,
        .backoff_ms = 5,
        .patience_ms = patience_ms};
    struct waiting w;

    waiting_begin(&w);
    hub_free(s->hub, &w.op);
    assert_int_equal(waiting_end(&w, &s->loop), 0);
    assert_int_equal(hub_new(&config, &s->hub), 0);
}

static int collect(struct hub_sink *sink, const uint8_t *p, size_t n)
{
    struct collector *c = container_of(sink, struct collector, sink);

    buf_add(&c->got, p, n);
    return c->refuse_at != 0 && c->got.len >= c->refuse_at ? c->refuse_err : 0;
}

void collector_init(struct collector *c)
{
    *c = (struct collector){.sink.data = collect};
}

uint8_t *pattern_new(size_t n)
{
    uint8_t *p = xmalloc(n);

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
    return p;
}
