/* One request: find its route and its caller as soon as the headers are there,
 * meet the faults, run the route, and count it.
 *
 * A route runs on the pool, in one transaction over the database; the exchange
 * is its alone meanwhile. One that stores what it is sent does so between two
 * transactions, so that nobody waits for its disk. */
#include "hub/local_service.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "hub/local_call.h"
#include "hub/local_fault.h"
#include "hub/local_hub.h"
#include "hub/local_log.h"
#include "hub/local_route.h"

static struct call *call_of(struct op *op)
{
    return container_of(op, struct exchange, op)->call;
}

/* The routes of --admin are for whoever has this machine anyway. */
static bool hidden(const struct call *c)
{
    return c->route->run == RUN_ADMIN &&
        (!c->hub->config.admin || !c->x->peer->loopback);
}

/* Whether a name in Host is one that nobody far away could have given us: an
 * address, one of our own network, or localhost. */
static bool is_local_name(const char *host)
{
    static const char local[] = "localhost";
    size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    size_t len = sizeof(local) - 1;

    if (host[0] == '[' || strspn(host, "0123456789.") >= n ||
        memchr(host, '.', n) == NULL)
        return true;
    return n > len && host[n - len - 1] == '.' &&
        strncasecmp(host + n - len, local, len) == 0;
}

/* What an open Hub must not believe: that a page from elsewhere, in a browser
 * on this machine, speaks for whoever sits there. Such a page has an origin of
 * its own, or has given our address a name of its own. */
static bool from_a_page(const struct exchange *x)
{
    const char *origin = x->field[FIELD_ORIGIN];
    const char *host = x->field[FIELD_HOST];

    if (host == NULL)
        return false;
    if (!is_local_name(host))
        return true;
    return origin != NULL &&
        (strncasecmp(origin, "http://", 7) != 0 ||
            strcasecmp(origin + 7, host) != 0);
}

/* Nobody changes anything on a Hub with users; so much is known before a body
 * is taken in. Signed URLs say by themselves who may. */
static int refuse_nobody(struct call *c)
{
    if (users_are_open(c->hub->users) || c->route->run != RUN_WRITE ||
        c->route->place == PLACE_LFS ||
        c->x->field[FIELD_AUTHORIZATION] != NULL)
        return 0;
    return call_refuse(c, 401, "RepoNotFound", "Invalid username or password.");
}

static void head(struct exchange *x)
{
    struct local_hub *hub = x->service;
    struct call *c = xcalloc(1, sizeof(*c));

    *c = (struct call){.x = x, .hub = hub};
    x->call = c;
    if (users_are_open(hub->users) && from_a_page(x)) {
        answer_error(x, 403, NULL,
            "This Hub has no users, and serves programs of its machine alone");
        return;
    }
    if (!route_find(c, hub->content != NULL && x->web == hub->content))
        return;
    if (hidden(c)) {
        c->route = NULL;
        answer_error(x, 404, NULL, "Not found");
        return;
    }
    x->body_max = c->route->body_max;
    if (refuse_nobody(c) != 0 ||
        (c->route->head != NULL && c->route->head(c) != 0))
        x->body_max = 0;
}

static op_fn meet_faults, first, store, run, finish;

static void meet_faults(struct op *op)
{
    struct exchange *x = container_of(op, struct exchange, op);
    struct call *c = x->call;
    char *path = xstrndup(x->target.raw, x->target.path_len);

    c->auth.open = users_are_open(c->hub->users);
    if (c->route->run != RUN_ADMIN)
        faults_meet(c->hub->faults, x->method, path, &x->fault);
    free(path);
    if (x->fault.delay_ms != 0)
        timer_sleep(&x->nap, c->hub->config.loop, x->fault.delay_ms, op);
    op_then(op, first);
}

/* A fault that stands in for the answer. */
static bool answered_by_fault(struct exchange *x)
{
    const struct fault *f = &x->fault;

    if (f->status != 0) {
        answer_error(x, f->status, NULL, "Injected fault");
        if (f->retry_after != NULL)
            answer_header(x, "Retry-After", "%s", f->retry_after);
    } else if (f->redirect != NULL) {
        x->answer.status = 302;
        answer_header(x, "Location", "%s", f->redirect);
    }
    return x->answer.status != 0 || f->drop;
}

/* Who asks. A signed URL says all by itself; the CAS has its own tokens. */
static int greet(struct call *c, struct meta_db *db)
{
    int err;

    if (c->route->place == PLACE_CONTENT || c->route->place == PLACE_LFS ||
        c->route->place == PLACE_CAS || c->route->place == PLACE_XORB)
        return 0;
    err = auth_find(
        c->hub->users, db, c->x->field[FIELD_AUTHORIZATION], &c->auth);
    c->user = c->auth.user;
    if (err == -EACCES)
        return call_refuse(
            c, 401, NULL, "Invalid credentials in Authorization header");
    return err;
}

/* Not an error of ours, but nothing of it may be kept. */
static int not_kept(int err)
{
    return err == ANSWERED ? -ECANCELED : err;
}

static int first_on_pool(struct meta_db *db, struct meta_job *job)
{
    struct call *c = container_of(job, struct call, job);
    int err = greet(c, db);

    return not_kept(err == 0 ? c->route->first(c, db) : err);
}

static void first(struct op *op)
{
    struct call *c = call_of(op);

    if (answered_by_fault(c->x)) {
        op_then(op, finish);
        return;
    }
    op_then(op, c->route->store != NULL ? store : run);
    if (c->route->first == NULL)
        return;
    c->job = (struct meta_job){.fn = first_on_pool};
    meta_run(c->hub->meta, &c->job, op);
}

static int store_on_pool(struct work *w)
{
    struct call *c = container_of(w, struct call, work);

    return not_kept(c->route->store(c));
}

static void store(struct op *op)
{
    struct call *c = call_of(op);

    if (op->err == 0)
        work_disk(c->hub->config.pool, &c->work, store_on_pool, op);
    op_then(op, run);
}

static int run_on_pool(struct meta_db *db, struct meta_job *job)
{
    struct call *c = container_of(job, struct call, job);
    int err = c->route->first == NULL ? greet(c, db) : 0;

    return not_kept(err == 0 ? c->route->fn(c, db) : err);
}

static void run(struct op *op)
{
    struct call *c = call_of(op);

    op_then(op, finish);
    if (op->err != 0)
        return;
    if (c->route->run == RUN_ADMIN) {
        c->route->fn(c, NULL);
        return;
    }
    c->job = (struct meta_job){
        .fn = run_on_pool, .write = c->route->run == RUN_WRITE};
    meta_run(c->hub->meta, &c->job, op);
}

static void apply_header_faults(struct exchange *x)
{
    const struct fault *f = &x->fault;

    if (f->etag != NULL) {
        answer_header(x, "ETag", "%s", f->etag);
        if (answer_header_get(x, "X-Linked-ETag") != NULL)
            answer_header(x, "X-Linked-ETag", "%s", f->etag);
    }
    for (unsigned i = 0; i < f->n_headers; i++) {
        char *name = xstrdup(f->header[i]);
        char *value = strchr(name, '=');

        *value++ = '\0';
        answer_header(x, name, "%s", value);
        free(name);
    }
}

static void finish(struct op *op)
{
    struct call *c = call_of(op);
    int err = op_catch(op);

    if (!c->auth.open)
        users_open(c->hub->users, false);
    if (err != 0 && err != -ECANCELED) {
        log_error(
            "hub: %s %s: %s", c->x->method, c->x->target.raw, strerror(-err));
        answer_error(c->x, err == -ENOSPC ? 507 : 500, NULL,
            "This Hub failed: %s", strerror(-err));
    }
    apply_header_faults(c->x);
    assert(c->x->answer.status != 0 || c->x->fault.drop);
}

static void done(struct exchange *x)
{
    struct local_hub *hub = x->service;

    metrics_count(hub, x);
    if (hub->log != NULL)
        request_log_write(hub->log, x, x->call);
}

static void forget(struct exchange *x)
{
    struct call *c = x->call;

    if (c == NULL)
        return;
    auth_fini(&c->auth);
    if (c->state_free != NULL)
        c->state_free(c->state);
    free(c);
}

const struct web_service local_service = {
    .head = head,
    .serve = meet_faults,
    .done = done,
    .forget = forget,
};
