/* libmicrohttpd on the loop. It calls us with a request's parts in the order
 * they arrive; an exchange collects them:
 *
 *     request line -> on_target    headers -> look -> service head()
 *     body pieces  -> collect      all of it -> the exchange's operation,
 *                                               connection suspended
 *     operation ended -> resumed -> queue the answer -> on_completed
 *
 * An answer that is known from the headers alone waits for the rest of the
 * request too, so that its client listens, and the connection can be used
 * again; unless the rest is too long. */
#include "hub/local_web.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <microhttpd.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/timer.h"
#include "base/work.h"
#include "hub/local_body.h"
#include "hub/local_exchange.h"
#include "hub/local_head.h"
#include "hub/local_listen.h"
#include "hub/local_poll.h"
#include "hub/local_stream.h"

#define CONNECTIONS_MAX 1000u
#define CONNECTION_MEMORY ((size_t)64 << 10) /* head of request and answer */
#define IDLE_MAX_S 120u                      /* no byte moves */
#define HEAD_MAX_MS 75000  /* between two requests, and for the head of one */
#define LEAST_BODY_RATE 16 /* bytes/ms of a request's body */
#define LEFT_MS 50         /* for what it had read of a client that left */
#define LOOK_EVERY_MS 250
#define GRACE_MS 5000

struct web {
    /* given */
    struct web_config config;
    char *url;
    /* state */
    struct MHD_Daemon *daemon;
    struct web_poll *poll;
    struct tick tick;
    bool quiet;   /* no new connections */
    bool closing; /* bodies end now */
    unsigned n_connections;
    unsigned n_started; /* exchanges whose answer is not out */
    struct body_room bodies;
    struct op_list idle;
    TAILQ_HEAD(, connection) connections;
    TAILQ_HEAD(, exchange) exchanges;
    struct op stop;
    struct timer grace;
};

/* What libmicrohttpd does not know of a connection. */
struct connection {
    struct web_peer peer;
    struct MHD_Connection *mhd;
    uint64_t since_ms; /* waiting for a whole request; 0: it is there */
    bool left;         /* no more requests, but those that were read already */
    TAILQ_ENTRY(connection) link;
};

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    struct web *w = cls;
    struct connection *c = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        c = xcalloc(1, sizeof(*c));
        c->mhd = mhd;
        c->since_ms = clock_mono_ms();
        listen_peer(
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
                ->client_addr,
            &c->peer);
        TAILQ_INSERT_TAIL(&w->connections, c, link);
        w->n_connections++;
        *context = c;
    } else if (c != NULL) {
        TAILQ_REMOVE(&w->connections, c, link);
        w->n_connections--;
        free(c);
        *context = NULL;
    }
}

/* libmicrohttpd sees it in its next round, and closes the connection. */
static void hang_up(struct connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    shutdown(info->connect_fd, SHUT_RDWR);
}

/* What libmicrohttpd does not notice: its time-out starts again with every
 * byte, and so lets a client send its head one byte a minute; and a client
 * that closed its side together with its last request was told of by the same
 * edge of epoll, and will not be told of again. */
static void look(struct tick *t)
{
    struct web *w = container_of(t, struct web, tick);
    uint64_t now = clock_mono_ms();
    struct connection *c;

    TAILQ_FOREACH (c, &w->connections, link) {
        uint64_t most = c->left ? LEFT_MS : HEAD_MAX_MS;

        if (c->since_ms != 0 && now - c->since_ms > most)
            hang_up(c);
    }
}

static void *on_target(void *cls, const char *text, struct MHD_Connection *mhd)
{
    struct web *w = cls;
    struct exchange *x = xcalloc(1, sizeof(*x));
    uint8_t id[16];

    random_bytes(id, sizeof(id));
    hex_format(id, sizeof(id), x->id);
    x->web = w;
    x->service = w->config.owner;
    x->peer = &connection_of(mhd)->peer;
    connection_of(mhd)->left = false;
    x->answer.fd = -1;
    fault_init(&x->fault);
    x->began_ns = clock_wall_ns();
    x->began_ms = clock_mono_ms();
    if (target_parse(text != NULL ? text : "", &x->target) != 0)
        answer_error(x, 400, NULL, "Malformed request target");
    TAILQ_INSERT_TAIL(&w->exchanges, x, link);
    return x;
}

static void add_headers(struct MHD_Response *response, struct exchange *x)
{
    const struct answer_header *h =
        (const struct answer_header *)(void *)x->answer.headers.data;
    size_t n = x->answer.headers.len / sizeof(*h);

    for (size_t i = 0; i < n; i++)
        MHD_add_response_header(response, h[i].name, h[i].value);
}

static enum MHD_Result queue(struct exchange *x)
{
    struct MHD_Response *response;
    struct buf *body = &x->answer.body;
    enum MHD_Result done;

    if (x->fault.drop)
        return MHD_NO; /* closes the connection */
    if (x->answer.fd >= 0 || fault_in_body(&x->fault)) {
        response = stream_response(x);
    } else {
        x->answer_bytes = body->len;
        response = MHD_create_response_from_buffer(
            body->len, body->data, MHD_RESPMEM_PERSISTENT);
    }
    if (response == NULL)
        return MHD_NO;
    add_headers(response, x);
    MHD_add_response_header(response, "X-Request-Id", x->id);
    if (x->web->quiet)
        MHD_add_response_header(response, "Connection", "close");
    done = MHD_queue_response(x->mhd, x->answer.status, response);
    MHD_destroy_response(response);
    return done;
}

/* Ends the exchange's operation: the answer is there. */
static void answered(struct op *op)
{
    struct exchange *x = container_of(op, struct exchange, op);

    x->running = false;
    if (op->err != 0)
        answer_error(x, 503, NULL, "%s", strerror(-op->err));
    if (x->suspended)
        web_resume(x);
}

/* Nothing is under way. */
static bool at_rest(const struct web *w)
{
    return w->n_started == 0 && w->bodies.writing == 0;
}

static enum MHD_Result start(struct web *w, struct exchange *x)
{
    x->started = true;
    x->running = true;
    w->n_started++;
    connection_of(x->mhd)->since_ms = 0;
    if (x->answer.status != 0) {
        x->running = false; /* head() knew it */
        return queue(x);
    }
    op_start(&x->op, w->config.service->serve, answered, NULL);
    if (!x->running)
        return queue(x);
    x->suspended = true;
    MHD_suspend_connection(x->mhd);
    return MHD_YES;
}

/* A piece of the body. */
static enum MHD_Result collect(struct exchange *x, const char *p, size_t *n)
{
    struct connection *c = connection_of(x->mhd);
    size_t before = *n;
    enum body_next next = body_add(x, p, n);
    uint64_t now = clock_mono_ms();

    if (c->since_ms != 0)
        now = min_u64(now, c->since_ms + (before - *n) / LEAST_BODY_RATE);
    c->since_ms = now;
    if (next == BODY_WAIT) {
        c->since_ms = 0; /* not for the client */
        MHD_suspend_connection(x->mhd);
    }
    return next != BODY_CLOSE ? MHD_YES : MHD_NO;
}

/* All of the request is here. */
static enum MHD_Result complete(struct web *w, struct exchange *x)
{
    if (x->started)
        return queue(x);
    if (body_complete(x))
        return start(w, x);
    connection_of(x->mhd)->since_ms = 0;
    MHD_suspend_connection(x->mhd);
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_size, void **context)
{
    struct web *w = cls;
    struct exchange *x = *context;

    (void)url;
    if (!x->begun) {
        x->begun = true;
        x->mhd = mhd;
        x->method = xstrdup(method);
        head_read(x, version);
        if (x->answer.status == 0)
            w->config.service->head(x);
        head_check_length(x);
        return x->answer.status != 0 && head_answers_first(x) ? start(w, x)
                                                              : MHD_YES;
    }
    return *upload_size > 0 ? collect(x, upload, upload_size) : complete(w, x);
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode how)
{
    struct web *w = cls;
    struct exchange *x = *context;

    if (x == NULL)
        return;
    *context = NULL;
    assert(!x->running);
    connection_of(mhd)->since_ms = clock_mono_ms();
    connection_of(mhd)->left = web_peer_left(mhd);
    x->aborted = how != MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (x->started && !x->aborted && !exchange_is(x, "HEAD"))
        x->sent_bytes = x->answer_bytes;
    body_drop(x);
    TAILQ_REMOVE(&w->exchanges, x, link);
    if (x->started) {
        w->n_started--;
        w->config.service->done(x);
    }
    w->config.service->forget(x);
    exchange_free(x);
    web_settled(w);
}

void web_settled(struct web *w)
{
    if (!at_rest(w))
        return;
    timer_cut(&w->grace);
    op_list_wake(&w->idle, 0);
}

static struct MHD_Daemon *start_daemon(struct web *w)
{
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, w->config.listen_fd, NULL},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_MAX_S, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, w},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, w},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, w},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(web_poll_flags | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
        NULL, on_request, w, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

int web_start(const struct web_config *config, struct web **out)
{
    struct web *w = xcalloc(1, sizeof(*w));

    w->config = *config;
    w->url = xstrdup(config->url);
    TAILQ_INIT(&w->connections);
    TAILQ_INIT(&w->exchanges);
    op_list_init(&w->idle);
    w->daemon = start_daemon(w);
    if (w->daemon == NULL)
        goto fail;
    w->poll = web_poll_start(config->loop, w->daemon);
    if (w->poll == NULL)
        goto fail_daemon;
    tick_start(&w->tick, config->loop, LOOK_EVERY_MS, look);
    *out = w;
    return 0;
fail_daemon:
    MHD_stop_daemon(w->daemon);
fail:
    free(w->url);
    free(w);
    return -ENOMEM;
}

static op_fn quiesce, hurry, stop_watching, stop_daemon;

static void quiesce(struct op *op)
{
    struct web *w = container_of(op, struct web, stop);
    int fd = MHD_quiesce_daemon(w->daemon);

    if (fd >= 0)
        close(fd);
    w->quiet = true;
    if (!at_rest(w))
        timer_sleep(&w->grace, w->config.loop, GRACE_MS, op);
    op_then(op, hurry);
}

static void hurry(struct op *op)
{
    struct web *w = container_of(op, struct web, stop);
    struct exchange *x;
    struct connection *c;

    w->closing = true;
    if (!at_rest(w))
        op_list_wait(&w->idle, op);
    TAILQ_FOREACH (x, &w->exchanges, link)
        timer_cut(&x->nap);
    /* A client that does not read would never let its answer end. */
    TAILQ_FOREACH (c, &w->connections, link)
        hang_up(c);
    op_then(op, stop_watching);
}

static void stop_watching(struct op *op)
{
    struct web *w = container_of(op, struct web, stop);

    web_poll_stop(w->poll, op);
    tick_stop(&w->tick, op);
    op_then(op, stop_daemon);
}

static void stop_daemon(struct op *op)
{
    MHD_stop_daemon(container_of(op, struct web, stop)->daemon);
}

static void stopped(struct op *op)
{
    struct web *w = container_of(op, struct web, stop);

    free(w->url);
    free(w);
}

void web_stop(struct web *w, struct op *op)
{
    op_start(&w->stop, quiesce, stopped, op);
}

const char *web_url(const struct web *w)
{
    return w->url;
}

unsigned web_connections(const struct web *w)
{
    return w->n_connections;
}

bool web_peer_left(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;

    return recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void web_resume(struct exchange *x)
{
    MHD_resume_connection(x->mhd);
    web_poll_soon(x->web->poll);
}

const struct web_config *web_config(const struct web *w)
{
    return &w->config;
}

struct body_room *web_bodies(struct web *w)
{
    return &w->bodies;
}

bool web_closing(const struct web *w)
{
    return w->closing;
}
