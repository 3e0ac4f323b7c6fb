/* The client of one Hub: what its requests share, from birth to death. */
#include "hub/hub.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timer.h"
#include "base/work.h"
#include "hub/api.h"
#include "hub/url.h"

#define LISTINGS_MAX 4
#define TRANSFERS_MAX 16
#define STALL_MS 30000
#define BACKOFF_MS 200
#define PATIENCE_MS 60000

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value != 0 ? value : otherwise;
}

int hub_new(const struct hub_config *config, struct hub **out)
{
    size_t n = strlen(config->endpoint);
    char *origin = url_origin(config->endpoint);
    struct http_config http = {.loop = config->pool->loop,
        .user_agent = config->user_agent,
        .ca_file = config->ca_file,
        .stall_ms = or_default(config->stall_ms, STALL_MS)};
    struct hub *h;
    int err = 0;

    if (origin == NULL || strpbrk(config->endpoint, "?#") != NULL)
        err = -EINVAL;
    else if (config->token != NULL && !token_ok(config->token))
        err = -EBADMSG;
    if (err != 0) {
        free(origin);
        return err;
    }
    while (n > 0 && config->endpoint[n - 1] == '/')
        n--;
    h = xcalloc(1, sizeof(*h));
    h->pool = config->pool;
    h->endpoint = xstrndup(config->endpoint, n);
    h->origin = origin;
    h->http = http_new(&http);
    token_init(&h->token, h->pool, config->token, config->token_file);
    retry_table_init(&h->retries, h->pool->loop,
        or_default(config->backoff_ms, BACKOFF_MS),
        or_default(config->patience_ms, PATIENCE_MS));
    op_gate_init(&h->gate[HTTP_API], LISTINGS_MAX);
    op_gate_init(&h->gate[HTTP_FILES], TRANSFERS_MAX);
    targets_init(&h->targets);
    op_list_init(&h->idle);
    *out = h;
    return 0;
}

void hub_quit(struct hub *h)
{
    retry_table_stop(&h->retries);
    http_abort(h->http);
}

/* The end of a client, step by step. */
struct farewell {
    struct op op;
    struct hub *hub;
    struct timer timer;
};

static op_fn wait_idle, pass_turn, close_http, free_all; /* in this order */

static void wait_idle(struct op *op)
{
    struct farewell *f = container_of(op, struct farewell, op);

    if (f->hub->calls > 0)
        op_list_wait(&f->hub->idle, op);
    op_then(op, pass_turn);
}

/* Who waited for the last call may still be on the stack. */
static void pass_turn(struct op *op)
{
    struct farewell *f = container_of(op, struct farewell, op);

    timer_sleep(&f->timer, f->hub->pool->loop, 0, op);
    op_then(op, close_http);
}

static void close_http(struct op *op)
{
    struct farewell *f = container_of(op, struct farewell, op);

    if (f->hub->calls > 0) {
        op_then(op, wait_idle);
        return;
    }
    http_free(f->hub->http, op);
}

static void free_all(struct op *op)
{
    struct farewell *f = container_of(op, struct farewell, op);
    struct hub *h = f->hub;

    targets_fini(&h->targets);
    retry_table_fini(&h->retries);
    token_fini(&h->token);
    free(h->endpoint);
    free(h->origin);
    free(h);
    free(f);
}

void hub_free(struct hub *h, struct op *op)
{
    struct farewell *f;

    if (h == NULL)
        return;
    f = xcalloc(1, sizeof(*f));
    f->hub = h;
    hub_quit(h);
    op_start(&f->op, wait_idle, free_all, op);
}

struct hub_stats hub_stats(const struct hub *h)
{
    struct http_counts counts = http_counts(h->http);

    return (struct hub_stats){.requests = counts.requests,
        .retries = h->retries.retries,
        .body_bytes = counts.body_bytes};
}

const char *hub_last_error(const struct hub *h)
{
    return h->last_error;
}

void hub_error_set(struct hub *h, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(h->last_error, sizeof(h->last_error), fmt, ap);
    va_end(ap);
}

const char *hub_endpoint(const struct hub *h)
{
    return h->endpoint;
}
