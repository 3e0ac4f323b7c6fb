/* libcurl's multi interface driven by the loop: curl says which sockets to
 * watch and when to call it again, and reports transfers that have ended.
 *
 * curl must not be entered from one of its own callbacks, yet a sink may well
 * wake an operation that sends the next request. So requests first go to a
 * list, and the list is handed to curl whenever control is back here. */
#include "hub/http.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/op.h"
#include "hub/http_easy.h"
#include "hub/url.h"

#define IDLE_CONNECTIONS 64L
#define MOVED_BYTES 1024 /* so much per stall_ms counts as moving */
#define STALL_TICK_MAX_MS 1000

TAILQ_HEAD(request_list, http_request);

struct http {
    /* given at creation */
    uv_loop_t *loop;
    struct http_easy_config easy;
    char *user_agent;
    char *ca_file;
    unsigned stall_ms;
    /* state */
    CURLM *multi;
    uv_timer_t curl_timer;       /* curl wants to be called then */
    uv_timer_t stall_timer;      /* runs while anything is under way */
    struct request_list waiting; /* to be handed to curl */
    struct request_list running;
    bool inside; /* curl is on the stack */
    bool aborted;
    struct http_counts counts;
    /* end of life */
    unsigned handles; /* open or closing */
    struct op *freeing;
};

/* One socket of curl's. */
struct sock {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t fd;
};

static void pump(struct http *h);

static void handle_gone(struct http *h)
{
    struct op *op = h->freeing;

    if (--h->handles > 0 || op == NULL)
        return;
    free(h->user_agent);
    free(h->ca_file);
    free(h);
    op_wake(op, 0);
}

static void on_sock_closed(uv_handle_t *handle)
{
    struct sock *s = container_of((uv_poll_t *)handle, struct sock, poll);
    struct http *h = s->http;

    free(s);
    handle_gone(h);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_gone(handle->data);
}

/* Enters curl for one socket, or (CURL_SOCKET_TIMEOUT) for its timer. */
static void act(struct http *h, curl_socket_t fd, int events)
{
    int running;

    h->inside = true;
    curl_multi_socket_action(h->multi, fd, events, &running);
    h->inside = false;
    pump(h);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct sock *s = container_of(poll, struct sock, poll);
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    act(s->http, s->fd, flags);
}

static void on_curl_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static struct sock *sock_open(struct http *h, curl_socket_t fd)
{
    struct sock *s = xcalloc(1, sizeof(*s));

    s->http = h;
    s->fd = fd;
    if (uv_poll_init_socket(h->loop, &s->poll, fd) != 0) {
        free(s);
        return NULL;
    }
    h->handles++;
    curl_multi_assign(h->multi, fd, s);
    return s;
}

/* curl's CURLMOPT_SOCKETFUNCTION. */
static int on_socket(CURL *e, curl_socket_t fd, int what, void *ctx, void *mine)
{
    struct http *h = ctx;
    struct sock *s = mine;
    int events = 0;

    (void)e;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL) {
            curl_multi_assign(h->multi, fd, NULL);
            uv_close((uv_handle_t *)&s->poll, on_sock_closed);
        }
        return 0;
    }
    if (s == NULL)
        s = sock_open(h, fd);
    if (s == NULL)
        return -1;
    events |= (what & CURL_POLL_IN) != 0 ? UV_READABLE : 0;
    events |= (what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0;
    return uv_poll_start(&s->poll, events, on_poll) == 0 ? 0 : -1;
}

/* curl's CURLMOPT_TIMERFUNCTION. */
static int on_timeout(CURLM *multi, long ms, void *ctx)
{
    struct http *h = ctx;

    (void)multi;
    if (ms < 0)
        uv_timer_stop(&h->curl_timer);
    else
        uv_timer_start(&h->curl_timer, on_curl_timer, (uint64_t)ms, 0);
    return 0;
}

static void trace(const struct http_request *r, int err)
{
    const char *id = http_header(r, "x-request-id", 0);
    uint64_t ms = uv_now(r->http->loop) - r->started_ms;

    log_debug("http: %s %.*s: %d%s%s, %llu ms, request id %s",
        r->method == HTTP_POST ? "POST" : "GET", url_shown(r->url), r->url,
        r->status, err != 0 ? " " : "", err != 0 ? r->why : "",
        (unsigned long long)ms, id != NULL ? id : "-");
}

static void finish(struct http_request *r, int err)
{
    struct http *h = r->http;
    struct op *op = r->op;

    TAILQ_REMOVE(&h->running, r, link);
    curl_multi_remove_handle(h->multi, (CURL *)r->easy);
    if (TAILQ_EMPTY(&h->running) && TAILQ_EMPTY(&h->waiting))
        uv_timer_stop(&h->stall_timer);
    r->op = NULL;
    if (log_debugging)
        trace(r, err);
    op_wake(op, err);
}

/* Takes one transfer that curl says has ended. */
static bool reap_one(struct http *h)
{
    struct http_request *r = NULL;
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
        CURLcode code = msg->data.result;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        finish(r, http_easy_result(r, (int)code));
        return true;
    }
    return false;
}

static bool begin_one(struct http *h)
{
    struct http_request *r = TAILQ_FIRST(&h->waiting);
    CURLMcode code;

    if (r == NULL)
        return false;
    TAILQ_REMOVE(&h->waiting, r, link);
    TAILQ_INSERT_TAIL(&h->running, r, link);
    r->started_ms = r->moved_ms = uv_now(h->loop);
    code = curl_multi_add_handle(h->multi, (CURL *)r->easy);
    assert(code == CURLM_OK);
    (void)code;
    return true;
}

static bool drop_one(struct http *h)
{
    struct http_request *r = TAILQ_FIRST(&h->running);

    if (!h->aborted || r == NULL)
        return false;
    finish(r, -ECANCELED);
    return true;
}

/* Hands over what waits, collects what has ended, until neither is left: each
 * may bring about the other. Not re-entered: an operation woken from here that
 * sends a request only adds to the list. */
static void pump(struct http *h)
{
    if (h->inside)
        return;
    h->inside = true;
    while (begin_one(h) || reap_one(h) || drop_one(h)) {
    }
    h->inside = false;
}

void http_moved(struct http_request *r, size_t n)
{
    r->http->counts.body_bytes += n;
    r->moved_bytes += n;
    if (n == 0 || r->moved_bytes >= MOVED_BYTES) {
        r->moved_bytes = 0;
        r->moved_ms = uv_now(r->http->loop);
    }
}

static struct http_request *stalled(struct http *h)
{
    struct http_request *r;

    TAILQ_FOREACH (r, &h->running, link) {
        if (uv_now(h->loop) - r->moved_ms >= h->stall_ms)
            return r;
    }
    return NULL;
}

static void on_stall_timer(uv_timer_t *timer)
{
    struct http *h = timer->data;
    struct http_request *r;

    h->inside = true;
    while ((r = stalled(h)) != NULL) {
        snprintf(
            r->why, sizeof(r->why), "nothing moved for %u ms", h->stall_ms);
        finish(r, -ETIMEDOUT);
    }
    h->inside = false;
    pump(h);
}

static void start_stall_timer(struct http *h)
{
    uint64_t every = h->stall_ms / 4 + 1;

    if (every > STALL_TICK_MAX_MS)
        every = STALL_TICK_MAX_MS;
    if (!uv_is_active((uv_handle_t *)&h->stall_timer))
        uv_timer_start(&h->stall_timer, on_stall_timer, every, every);
}

void http_send(struct http *h, struct http_request *r, struct op *op)
{
    op_hold(op);
    if (h->aborted) {
        op_wake(op, -ECANCELED);
        return;
    }
    r->http = h;
    r->op = op;
    h->counts.requests++;
    http_easy_open(r, &h->easy);
    TAILQ_INSERT_TAIL(&h->waiting, r, link);
    start_stall_timer(h);
    pump(h);
}

void http_abort(struct http *h)
{
    h->aborted = true;
    pump(h);
}

struct http_counts http_counts(const struct http *h)
{
    return h->counts;
}

static void init_timer(struct http *h, uv_timer_t *timer)
{
    uv_timer_init(h->loop, timer);
    timer->data = h;
    h->handles++;
}

struct http *http_new(const struct http_config *config)
{
    struct http *h = xcalloc(1, sizeof(*h));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    h->loop = config->loop;
    h->user_agent = xstrdup(config->user_agent);
    h->ca_file = config->ca_file != NULL ? xstrdup(config->ca_file) : NULL;
    h->easy = (struct http_easy_config){
        .user_agent = h->user_agent, .ca_file = h->ca_file};
    h->stall_ms = config->stall_ms;
    TAILQ_INIT(&h->waiting);
    TAILQ_INIT(&h->running);
    init_timer(h, &h->curl_timer);
    init_timer(h, &h->stall_timer);
    h->multi = curl_multi_init();
    if (h->multi == NULL)
        abort();
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
    return h;
}

void http_free(struct http *h, struct op *op)
{
    assert(TAILQ_EMPTY(&h->running) && TAILQ_EMPTY(&h->waiting));
    op_hold(op);
    h->freeing = op;
    h->inside = true;
    curl_multi_cleanup(h->multi);
    uv_close((uv_handle_t *)&h->curl_timer, on_timer_closed);
    uv_close((uv_handle_t *)&h->stall_timer, on_timer_closed);
    curl_global_cleanup();
}
