/* The scripted server: one struct per connection, one answer at a time. */
#include "test/lib/httpd.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/timer.h"

struct rule {
    char *line;
    struct httpd_reply reply;
    unsigned left;
    TAILQ_ENTRY(rule) link;
};

struct conn {
    uv_tcp_t tcp;
    uv_timer_t timer; /* of a dripping body */
    struct httpd *h;
    struct buf in;
    bool answering;
    bool closing;
    unsigned handles;
    const char *drip;
    size_t drip_left;
    TAILQ_ENTRY(conn) link;
};

/* What is on its way out; `close` ends the connection behind it. */
struct answer {
    uv_write_t req;
    struct conn *c;
    struct buf head;
    bool close;
    bool hold; /* never finished */
};

/* A request that came. */
struct seen {
    char *text;
    uint64_t at_ms;
};

struct httpd {
    uv_loop_t *loop;
    uv_tcp_t tcp;
    char *url;
    TAILQ_HEAD(, rule) rules;
    TAILQ_HEAD(, conn) conns;
    struct seen *seen;
    size_t n_seen;
    size_t n_conns;
    size_t accepted;
    bool listening;
};

static void serve(struct conn *c);

static void conn_gone(uv_handle_t *handle)
{
    struct conn *c = handle->data;

    if (--c->handles > 0)
        return;
    TAILQ_REMOVE(&c->h->conns, c, link);
    c->h->n_conns--;
    buf_free(&c->in);
    free(c);
}

static void conn_close(struct conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, conn_gone);
    uv_close((uv_handle_t *)&c->timer, conn_gone);
}

static void on_written(uv_write_t *req, int status)
{
    struct answer *a = container_of(req, struct answer, req);
    struct conn *c = a->c;
    bool more = !a->hold;

    if (a->close || status != 0)
        conn_close(c);
    buf_free(&a->head);
    free(a);
    if (!c->closing && more) {
        c->answering = false;
        serve(c);
    }
}

static void send_answer(struct answer *a, const void *body, size_t n)
{
    uv_buf_t bufs[2] = {
        uv_buf_init((char *)a->head.data, (unsigned)a->head.len),
        uv_buf_init((char *)(uintptr_t)body, (unsigned)n)};
    int err = uv_write(&a->req, (uv_stream_t *)&a->c->tcp, bufs, 2, on_written);

    assert(err == 0);
    (void)err;
}

static void on_drip_written(uv_write_t *req, int status)
{
    (void)status;
    free(req);
}

static void on_drip(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    uv_write_t *req;
    uv_buf_t one = uv_buf_init((char *)(uintptr_t)c->drip, 1);

    if (c->drip_left == 0) {
        uv_timer_stop(timer);
        c->answering = false;
        serve(c);
        return;
    }
    req = xmalloc(sizeof(*req));
    if (uv_write(req, (uv_stream_t *)&c->tcp, &one, 1, on_drip_written) != 0)
        free(req);
    c->drip++;
    c->drip_left--;
}

/* The value of a header line of the request, or NULL. */
static const char *field(const char *request, const char *name)
{
    const char *p = strstr(request, "\r\n");

    for (; p != NULL; p = strstr(p + 2, "\r\n")) {
        if (strncasecmp(p + 2, name, strlen(name)) == 0)
            return p + 2 + strlen(name);
    }
    return NULL;
}

struct span {
    size_t first;
    size_t n;
    bool part;
    bool outside;
};

static struct span wanted(const struct httpd_reply *r, const char *request)
{
    const char *range = field(request, "Range: bytes=");
    struct span s = {.n = r->len};
    char *dash;
    size_t first;
    size_t last;

    if (!r->ranges || range == NULL)
        return s;
    first = strtoul(range, &dash, 10);
    last = strtoul(dash + 1, NULL, 10);
    s.part = true;
    s.outside = first >= r->len;
    if (s.outside)
        return s;
    s.first = first;
    s.n = min_size(last, r->len - 1) - first + 1;
    return s;
}

static int status_of(const struct httpd_reply *r, const struct span *s)
{
    if (s->outside)
        return 416;
    if (r->status != 0)
        return r->status;
    return s->part ? 206 : 200;
}

static void add_range_line(
    struct buf *head, const struct httpd_reply *r, const struct span *s)
{
    if (r->range != NULL && r->range[0] != '\0')
        buf_addf(head, "Content-Range: %s\r\n", r->range);
    else if (r->range == NULL && s->outside)
        buf_addf(head, "Content-Range: bytes */%zu\r\n", r->len);
    else if (r->range == NULL && s->part)
        buf_addf(head, "Content-Range: bytes %zu-%zu/%zu\r\n", s->first,
            s->first + s->n - 1, r->len);
}

static void add_head(
    struct buf *head, const struct httpd_reply *r, const struct span *s)
{
    buf_addf(head, "HTTP/1.1 %d Scripted\r\n", status_of(r, s));
    add_range_line(head, r, s);
    if (r->chunked)
        buf_adds(head, "Transfer-Encoding: chunked\r\n");
    else if (r->length == NULL)
        buf_addf(head, "Content-Length: %zu\r\n", s->outside ? 0 : s->n);
    else if (r->length[0] != '\0')
        buf_addf(head, "Content-Length: %s\r\n", r->length);
    if (r->headers != NULL)
        buf_adds(head, r->headers);
    buf_adds(head, "\r\n");
}

/* The body in chunks of 1000 bytes, all in the head's buffer. */
static void add_chunks(struct buf *head, const char *body, size_t n)
{
    while (n > 0) {
        size_t take = min_size(n, 1000);

        buf_addf(head, "%zx\r\n", take);
        buf_add(head, body, take);
        buf_adds(head, "\r\n");
        body += take;
        n -= take;
    }
    buf_adds(head, "0\r\n\r\n");
}

static void drip(
    struct conn *c, const struct httpd_reply *r, const char *body, size_t n)
{
    c->drip = body;
    c->drip_left = n;
    uv_timer_start(&c->timer, on_drip, r->drip_ms, r->drip_ms);
}

static void reply(
    struct conn *c, const struct httpd_reply *r, const char *request)
{
    struct span s = wanted(r, request);
    struct answer *a = xcalloc(1, sizeof(*a));
    const char *body = (const char *)r->body + s.first;
    size_t n = s.outside ? 0 : s.n;

    a->c = c;
    if (r->raw != NULL) {
        buf_adds(&a->head, r->raw);
        a->close = true;
        send_answer(a, "", 0);
        return;
    }
    add_head(&a->head, r, &s);
    if (r->limited) {
        n = min_size(n, r->after);
        a->hold = r->stall;
        a->close = !r->stall;
    }
    if (r->length != NULL && r->length[0] == '\0')
        a->close = true;
    if (r->chunked) {
        add_chunks(&a->head, body, n);
        n = 0;
    }
    if (r->drip_ms != 0) {
        a->hold = true;
        send_answer(a, "", 0);
        drip(c, r, body, n);
        return;
    }
    send_answer(a, n > 0 ? body : "", n);
}

static const struct httpd_reply *rule_for(struct httpd *h, const char *request)
{
    static const struct httpd_reply none = {.status = 501};
    struct rule *r;

    TAILQ_FOREACH (r, &h->rules, link) {
        if (r->left == 0 || strncmp(request, r->line, strlen(r->line)) != 0)
            continue;
        if (r->left != HTTPD_ALWAYS)
            r->left--;
        return &r->reply;
    }
    return &none;
}

/* The length of the request at the front of c->in; 0 if it is not whole. */
static size_t request_length(struct conn *c)
{
    const char *text = buf_str(&c->in);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length;
    size_t n;

    if (end == NULL)
        return 0;
    n = (size_t)(end - text) + 4;
    length = field(text, "Content-Length: ");
    if (length != NULL)
        n += strtoul(length, NULL, 10);
    return n <= c->in.len ? n : 0;
}

static void serve(struct conn *c)
{
    struct httpd *h = c->h;
    const struct httpd_reply *r;
    size_t n = c->answering ? 0 : request_length(c);
    char *text;

    if (n == 0)
        return;
    text = xstrndup((const char *)c->in.data, n);
    buf_skip(&c->in, n);
    h->seen = xrealloc(h->seen, (h->n_seen + 1) * sizeof(*h->seen));
    h->seen[h->n_seen++] =
        (struct seen){.text = text, .at_ms = clock_mono_ms()};
    r = rule_for(h, text);
    c->answering = true;
    if (r->drop)
        conn_close(c);
    else if (!r->mute)
        reply(c, r, text);
}

static void on_alloc(uv_handle_t *handle, size_t n, uv_buf_t *out)
{
    struct conn *c = handle->data;

    (void)n;
    *out = uv_buf_init((char *)buf_reserve(&c->in, 4096), 4096);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = stream->data;

    (void)b;
    if (n < 0) {
        conn_close(c);
        return;
    }
    c->in.len += (size_t)n;
    serve(c);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct httpd *h = server->data;
    struct conn *c = xcalloc(1, sizeof(*c));

    assert(status == 0);
    c->h = h;
    uv_tcp_init(h->loop, &c->tcp);
    uv_timer_init(h->loop, &c->timer);
    c->tcp.data = c;
    c->timer.data = c;
    c->handles = 2;
    h->n_conns++;
    h->accepted++;
    TAILQ_INSERT_TAIL(&h->conns, c, link);
    if (uv_accept(server, (uv_stream_t *)&c->tcp) != 0)
        conn_close(c);
    else
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

struct httpd *httpd_new(uv_loop_t *loop)
{
    struct httpd *h = xcalloc(1, sizeof(*h));
    struct sockaddr_in addr;
    int len = sizeof(addr);
    int err;

    h->loop = loop;
    TAILQ_INIT(&h->rules);
    TAILQ_INIT(&h->conns);
    uv_tcp_init(loop, &h->tcp);
    h->tcp.data = h;
    h->listening = true;
    uv_ip4_addr("127.0.0.1", 0, &addr);
    err = uv_tcp_bind(&h->tcp, (struct sockaddr *)&addr, 0);
    assert(err == 0);
    err = uv_listen((uv_stream_t *)&h->tcp, 128, on_connection);
    assert(err == 0);
    err = uv_tcp_getsockname(&h->tcp, (struct sockaddr *)&addr, &len);
    assert(err == 0);
    (void)err;
    h->url = xasprintf("http://127.0.0.1:%d", ntohs(addr.sin_port));
    return h;
}

void httpd_hang_up(struct httpd *h)
{
    struct conn *c;

    TAILQ_FOREACH (c, &h->conns, link)
        conn_close(c);
}

static void on_server_closed(uv_handle_t *handle)
{
    ((struct httpd *)handle->data)->listening = false;
}

void httpd_clear(struct httpd *h)
{
    struct rule *r;

    while ((r = TAILQ_FIRST(&h->rules)) != NULL) {
        TAILQ_REMOVE(&h->rules, r, link);
        free(r->line);
        free(r);
    }
    for (size_t i = 0; i < h->n_seen; i++)
        free(h->seen[i].text);
    h->n_seen = 0;
}

void httpd_close(struct httpd *h)
{
    if (h == NULL)
        return;
    httpd_hang_up(h);
    uv_close((uv_handle_t *)&h->tcp, on_server_closed);
    while (h->listening || h->n_conns > 0)
        uv_run(h->loop, UV_RUN_ONCE);
    httpd_clear(h);
    free(h->seen);
    free(h->url);
    free(h);
}

const char *httpd_url(const struct httpd *h)
{
    return h->url;
}

void httpd_on(
    struct httpd *h, const char *line, const struct httpd_reply *reply)
{
    struct rule *r = xcalloc(1, sizeof(*r));

    r->line = xstrdup(line);
    r->reply = *reply;
    r->left = reply->times != 0 ? reply->times : 1;
    TAILQ_INSERT_TAIL(&h->rules, r, link);
}

size_t httpd_count(const struct httpd *h, const char *line)
{
    size_t n = 0;

    for (size_t i = 0; i < h->n_seen; i++)
        n += strncmp(h->seen[i].text, line, strlen(line)) == 0;
    return n;
}

const char *httpd_request(const struct httpd *h, const char *line, size_t nth)
{
    for (size_t i = 0; i < h->n_seen; i++) {
        if (strncmp(h->seen[i].text, line, strlen(line)) == 0 && nth-- == 0)
            return h->seen[i].text;
    }
    return NULL;
}

size_t httpd_count_within(const struct httpd *h, uint64_t ms)
{
    size_t n = 0;

    while (n < h->n_seen && h->seen[n].at_ms - h->seen[0].at_ms < ms)
        n++;
    return n;
}

size_t httpd_connections(const struct httpd *h)
{
    return h->accepted;
}
