/* Redirects, by our own hand: libcurl would follow them too, but would show
 * neither the answers on the way, which carry the commit and the hash of a
 * file, nor the place where the way ended. */
#include "hub/http_follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "hub/url.h"

/* So much of a redirect's body is read for the sake of the connection. */
#define DROP_MAX ((size_t)64 << 10)

static op_fn visit, arrive, end; /* visit and arrive alternate */

bool follow_is_redirect(const struct http_request *r)
{
    switch (r->status) {
    case 301:
    case 302:
    case 307:
    case 308:
        return true;
    case 303: /* only makes sense where the body is not to be sent again */
        return r->method == HTTP_GET;
    default:
        return false;
    }
}

static int on_head(struct http_sink *sink, const struct http_request *r)
{
    struct follow *f = container_of(sink, struct follow, tap);

    f->dropped = 0;
    return f->sink->head(f->sink, r);
}

static int on_data(struct http_sink *sink, const uint8_t *p, size_t n)
{
    struct follow *f = container_of(sink, struct follow, tap);

    if (!follow_is_redirect(&f->req))
        return f->sink->data(f->sink, p, n);
    f->dropped += n;
    return f->dropped > DROP_MAX ? HTTP_ENOUGH : 0;
}

/* The next hop needs a request of its own, with the same wishes. */
static void renew(struct follow *f)
{
    struct http_request old = f->req;

    http_request_fini(&f->req);
    f->req = (struct http_request){
        .method = old.method,
        .form = old.form,
        .ranged = old.ranged,
        .first = old.first,
        .last = old.last,
        .bulk = old.bulk,
        .raw = old.raw,
        .fresh = old.fresh,
    };
}

static void visit(struct op *op)
{
    struct follow *f = container_of(op, struct follow, op);
    const char *url = f->url[f->hops];
    char *origin = url_origin(url);

    renew(f);
    f->at_home = f->at_home && origin != NULL && strcmp(origin, f->home) == 0;
    free(origin);
    f->req.url = url;
    f->req.token = f->at_home ? f->token : NULL;
    f->req.sink = &f->tap;
    http_send(f->http, &f->req, op);
    op_then(op, arrive);
}

static void refuse(struct follow *f, int err, const char *why)
{
    snprintf(f->req.why, sizeof(f->req.why), "%s", why);
    f->req.permanent = true;
    op_fail(&f->op, err);
}

static bool visited(const struct follow *f, const char *url)
{
    for (unsigned i = 0; i <= f->hops; i++) {
        if (strcmp(f->url[i], url) == 0)
            return true;
    }
    return false;
}

static void arrive(struct op *op)
{
    struct follow *f = container_of(op, struct follow, op);
    const char *location;
    char *url;

    if (op->err != 0 || !follow_is_redirect(&f->req))
        return;
    location = http_header(&f->req, "location", 0);
    url = location != NULL ? url_resolve(f->url[f->hops], location) : NULL;
    if (url == NULL)
        refuse(f, -EPROTO, "a redirect to nowhere");
    else if (strncasecmp(f->url[f->hops], "https:", 6) == 0 &&
        strncasecmp(url, "https:", 6) != 0)
        refuse(f, -EPROTO, "a redirect from https to http");
    else if (f->hops == FOLLOW_MAX || visited(f, url))
        refuse(f, -ELOOP, "redirects without end");
    if (op->err != 0) {
        free(url);
        return;
    }
    f->url[++f->hops] = url;
    op_then(op, visit);
}

static void end(struct op *op)
{
    (void)op; /* the caller looks at the answer, then calls follow_fini() */
}

void follow_send(struct follow *f, const char *url, struct op *op)
{
    f->tap = (struct http_sink){.head = on_head, .data = on_data};
    f->at_home = true;
    f->hops = 0;
    f->url[0] = xstrdup(url);
    op_start(&f->op, visit, end, op);
}

void follow_fini(struct follow *f)
{
    http_request_fini(&f->req);
    for (size_t i = 0; i < FOLLOW_MAX + 1; i++) {
        free(f->url[i]);
        f->url[i] = NULL;
    }
}
