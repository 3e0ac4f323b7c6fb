/* The way of one question:
 *
 *   enter the gate -> cool down -> token -> ask -> judge --> done
 *        ^                                           |
 *        +------- leave the gate, pause <------------+
 *
 * A pause does not occupy a place in the gate, so requests that wait for a
 * sick server do not keep those for a healthy one out. */
#include "hub/api.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "hub/hub.h"
#include "hub/url.h"

static op_fn enter, cool, take_token, ask, judge, end; /* in this order */

static int on_head(struct http_sink *sink, const struct http_request *r)
{
    struct api_call *c = container_of(sink, struct api_call, sink);

    return c->ops->head != NULL ? c->ops->head(c, r) : 0;
}

static int on_error_body(struct api_call *c, const uint8_t *p, size_t n)
{
    if (n > API_ERROR_BODY_MAX - c->error_body.len)
        return HTTP_ENOUGH;
    buf_add(&c->error_body, p, n);
    return 0;
}

static int on_data(struct http_sink *sink, const uint8_t *p, size_t n)
{
    struct api_call *c = container_of(sink, struct api_call, sink);
    int status = c->follow.req.status;

    if (status < 200 || status > 299)
        return on_error_body(c, p, n);
    if (c->ops->data != NULL)
        return c->ops->data(c, p, n);
    if (n > API_BODY_MAX - c->body.len) {
        c->fault = "it is too long";
        return -EMSGSIZE;
    }
    buf_add(&c->body, p, n);
    return 0;
}

static void leave(struct api_call *c)
{
    if (c->inside)
        op_gate_leave(&c->hub->gate[c->class]);
    c->inside = false;
}

static void enter(struct op *op)
{
    struct api_call *c = container_of(op, struct api_call, op);

    op_gate_enter(&c->hub->gate[c->class], op);
    c->inside = true;
    op_then(op, cool);
}

static void cool(struct op *op)
{
    struct api_call *c = container_of(op, struct api_call, op);
    char *origin;
    bool patient;

    follow_fini(&c->follow);
    c->follow = (struct follow){0};
    c->fault = NULL;
    buf_clear(&c->url);
    c->ops->ask(c);
    origin = url_origin(buf_str(&c->url));
    patient = origin == NULL || retry_cool(&c->retry, origin, op);
    free(origin);
    if (!patient) {
        hub_error_set(c->hub,
            "%s has asked for a long pause: try again in a few minutes",
            c->hub->endpoint);
        log_warn("hub: %s: %s", c->subject, c->hub->last_error);
        op_fail(op, c->hub->retries.stopped ? -ECANCELED : -EIO);
        return;
    }
    op_then(op, take_token);
}

static void take_token(struct op *op)
{
    struct api_call *c = container_of(op, struct api_call, op);

    token_ready(&c->hub->token, op);
    op_then(op, ask);
}

static void ask(struct op *op)
{
    struct api_call *c = container_of(op, struct api_call, op);
    const char *token = token_now(&c->hub->token);

    free(c->token);
    c->token = token != NULL ? xstrdup(token) : NULL;
    buf_clear(&c->body);
    buf_clear(&c->error_body);
    c->follow.http = c->hub->http;
    c->follow.home = c->hub->origin;
    c->follow.token = c->token;
    c->follow.sink = &c->sink;
    follow_send(&c->follow, buf_str(&c->url), op);
    op_then(op, judge);
}

static enum api_verdict status_verdict(struct api_call *c, int *err)
{
    int status = c->follow.req.status;

    *err = -EIO;
    if (status >= 200 && status <= 299) {
        *err = 0;
        return API_DONE;
    }
    if (status == 401 && !c->token_reread && token_refused(&c->hub->token)) {
        c->token_reread = true;
        return API_AGAIN_NOW;
    }
    if (status == 401 || status == 403) {
        *err = -EACCES;
        return API_FAILED;
    }
    if (api_says_absent(c)) {
        *err = -ENOENT;
        return API_FAILED;
    }
    return status == 404 || retry_status(status) ? API_AGAIN : API_FAILED;
}

enum api_verdict api_judge(struct api_call *c, int *err)
{
    switch (-*err) {
    case 0:
        return status_verdict(c, err);
    case ECANCELED:
        return API_FAILED;
    case ECONNREFUSED:
    case ENETUNREACH:
    case EHOSTUNREACH:
        return API_AGAIN; /* and remembered for what it is */
    case EMSGSIZE:
        *err = -EIO;
        return API_FAILED;
    default:
        *err = -EIO;
        return c->follow.req.permanent ? API_FAILED : API_AGAIN;
    }
}

/* A Hub that has never answered is more likely misspelt than sick, and nonsense
 * seldom turns into sense. */
static bool hopeless(const struct api_call *c)
{
    return (c->hasty && !c->hub->heard) || c->fault != NULL;
}

/* Sleeps before another attempt; false if there is to be none. */
static bool again(struct api_call *c)
{
    const struct http_request *req = &c->follow.req;
    const char *url = c->follow.url[c->follow.hops];
    char *origin = url_origin(url);
    bool patient;

    patient = retry_again(&c->retry, retry_status(req->status) ? req : NULL,
        origin != NULL ? origin : "", hopeless(c), &c->op);
    free(origin);
    if (patient && !c->warned) {
        c->warned = true;
        log_warn("hub: %.*s: %d %s; trying again", url_shown(url), url,
            req->status, c->fault != NULL ? c->fault : req->why);
    }
    return patient;
}

static void judge(struct op *op)
{
    struct api_call *c = container_of(op, struct api_call, op);
    int err = op_catch(op);
    enum api_verdict verdict;

    verdict =
        c->ops->judge != NULL ? c->ops->judge(c, &err) : api_judge(c, &err);
    leave(c);
    if (c->follow.req.status != 0 && c->follow.req.status != 404)
        c->hub->heard = true;
    if (verdict == API_DONE)
        return;
    if (verdict == API_AGAIN_NOW || (verdict == API_AGAIN && again(c))) {
        op_then(op, enter);
        return;
    }
    api_explain(c, err);
    op_fail(op, c->hub->retries.stopped ? -ECANCELED : err);
}

static void end(struct op *op)
{
    struct api_call *c = container_of(op, struct api_call, op);
    struct hub *h = c->hub;

    leave(c);
    retry_end(&c->retry);
    h->calls--;
    if (h->calls == 0)
        op_list_wake(&h->idle, 0);
}

void api_start(struct api_call *c, struct op *op)
{
    c->sink = (struct http_sink){.head = on_head, .data = on_data};
    c->hub->calls++;
    retry_begin(&c->retry, &c->hub->retries, c->class);
    op_start(&c->op, enter, end, op);
}

void api_fini(struct api_call *c)
{
    follow_fini(&c->follow);
    buf_free(&c->body);
    buf_free(&c->url);
    buf_free(&c->error_body);
    free(c->token);
    c->token = NULL;
}

int api_nonsense(struct hub *h, const char *subject, const char *what)
{
    hub_error_set(h, "%s sent an answer about %s that makes no sense: %s",
        h->endpoint, subject, what);
    log_warn("hub: %s", h->last_error);
    return -EIO;
}
