/* Reading a file over its resolve URL. The Hub answers with the bytes, or with
 * the place where they are: a signed URL, which is remembered and asked
 * directly from then on, until it stops working.
 *
 * Every attempt asks for what is still missing, so that what has arrived stays
 * delivered. */
#include "hub/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "hub/api.h"
#include "hub/http_field.h"
#include "hub/resolve_check.h"
#include "hub/url.h"

#define BULK_MIN ((uint64_t)1 << 20)
#define GAIN_ENOUGH ((uint64_t)64 << 10) /* to go on without a pause */

struct file_read {
    struct op op;
    struct api_call call;
    /* given */
    const struct hub_file *file;
    uint64_t offset;
    uint64_t len;
    struct hub_sink *sink;
    char *subject;
    char *url; /* the resolve URL; key of the remembered target */
    /* state */
    uint64_t done;
    uint64_t before; /* `done` when the attempt began */
    int sink_err;
    bool at_target;  /* this attempt went to a remembered place */
    bool retargeted; /* since the last progress */
    bool fresh;      /* ask past all caches */
    bool stale_once;
    struct resolve_want want;
    struct resolve_body body; /* of the answer that is coming in */
};

static op_fn begin, end; /* in this order */

/* Asks for what is missing: a range, unless that is the whole file. */
static void want_rest(struct file_read *r, struct http_request *req)
{
    const struct hub_file *f = r->file;

    r->want = (struct resolve_want){.commit = f->at.sha,
        .hash_kind = f->hash_kind,
        .hash = f->hash,
        .size_bytes = f->size_bytes,
        .first = r->offset + r->done,
        .last = r->offset + r->len - 1};
    r->want.ranged = r->want.first != 0 || r->want.last != f->size_bytes - 1;
    req->ranged = r->want.ranged;
    req->first = r->want.first;
    req->last = r->want.last;
    req->bulk = r->len - r->done >= BULK_MIN;
    req->raw = true;
    req->fresh = r->fresh;
}

static void ask(struct api_call *c)
{
    struct file_read *r = container_of(c, struct file_read, call);
    const char *target = targets_find(&c->hub->targets, r->url);

    r->before = r->done;
    r->at_target = target != NULL;
    buf_adds(&c->url, target != NULL ? target : r->url);
    want_rest(r, &c->follow.req);
}

/* The way ended elsewhere than it began. A place on the Hub itself that a
 * foreign server has pointed to is not kept: it would get the token. */
static void remember_target(struct file_read *r)
{
    const struct follow *f = &r->call.follow;
    const char *last = f->url[f->hops];
    char *origin;

    if (f->hops == 0)
        return;
    origin = url_origin(last);
    if (origin != NULL && (f->at_home || strcmp(origin, f->home) != 0))
        targets_set(&r->call.hub->targets, r->url, last);
    free(origin);
}

static int take_head(struct api_call *c, const struct http_request *req)
{
    struct file_read *r = container_of(c, struct file_read, call);
    struct resolve_head head = {
        .status = req->status,
        .own = c->follow.at_home,
        .redirect = follow_is_redirect(req),
        .repo_commit = http_header(req, "x-repo-commit", 0),
        .etag = http_header(req, "etag", 0),
        .linked_etag = http_header(req, "x-linked-etag", 0),
        .linked_size = http_header(req, "x-linked-size", 0),
        .xet_hash = http_header(req, "x-xet-hash", 0),
        .content_range = http_header(req, "content-range", 0),
        .content_length = http_header(req, "content-length", 0),
        .content_encoding = http_header(req, "content-encoding", 0),
    };
    int err = resolve_check(&r->want, &head, &r->body, &c->fault);

    if (err == 0 && (req->status == 200 || req->status == 206))
        remember_target(r);
    return err;
}

/* Passes on what is wanted of n bytes. More than that, now or announced, ends
 * the exchange: the connection would only carry what nobody asked for. */
static int take_data(struct api_call *c, const uint8_t *p, size_t n)
{
    struct file_read *r = container_of(c, struct file_read, call);
    uint64_t left = r->len - r->done;
    size_t drop = min_size(n, r->body.skip);
    size_t take;

    r->body.skip -= drop;
    if (r->body.length != UINT64_MAX)
        r->body.length -= n < r->body.length ? n : r->body.length;
    p += drop;
    n -= drop;
    take = n < left ? n : (size_t)left;
    if (take > 0)
        r->sink_err = r->sink->data(r->sink, p, take);
    if (r->sink_err != 0)
        return r->sink_err;
    r->done += take;
    if (r->done == r->len && (n > take || r->body.length != 0))
        return HTTP_ENOUGH;
    return 0;
}

/* The Hub has the file, but not the one that was listed. A cache in between
 * may be to blame, so it is asked once more, past it. */
static enum api_verdict judge_stale(struct file_read *r, int *err)
{
    *err = -ESTALE;
    if (r->stale_once)
        return API_FAILED;
    r->stale_once = true;
    r->fresh = true;
    return API_AGAIN_NOW;
}

/* The range was outside of the file that is there. */
static bool size_changed(const struct file_read *r)
{
    const struct http_request *req = &r->call.follow.req;
    const char *range = http_header(req, "content-range", 0);
    uint64_t total;

    return req->status == 416 && range != NULL &&
        field_range_total(range, &total) && total != r->file->size_bytes;
}

/* An attempt that has ended early, or was refused after its head. */
static enum api_verdict judge_rest(struct file_read *r, int *err)
{
    int status = r->call.follow.req.status;

    if (*err == -EBADMSG || (*err == 0 && status == 416)) {
        r->fresh = true;
        *err = -EIO;
        return API_AGAIN;
    }
    if (*err == -ENOTSUP) {
        *err = -EIO;
        return API_FAILED;
    }
    if (*err == 0 && status >= 200 && status <= 299) {
        snprintf(r->call.follow.req.why, HTTP_WHY_MAX, "the body ended early");
        *err = -EIO;
        return API_AGAIN;
    }
    /* Only the Hub itself knows who may read what. */
    if (*err == 0 && !r->call.follow.at_home) {
        *err = -EIO;
        return API_AGAIN;
    }
    return api_judge(&r->call, err);
}

static enum api_verdict judge(struct api_call *c, int *err)
{
    struct file_read *r = container_of(c, struct file_read, call);
    uint64_t gained = r->done - r->before;
    enum api_verdict verdict;

    if (r->sink_err != 0) {
        *err = r->sink_err;
        return API_FAILED;
    }
    if (r->done == r->len)
        return API_DONE;
    retry_gain(&c->retry, gained);
    r->retargeted = r->retargeted && gained == 0;
    if (*err == -ECANCELED)
        return API_FAILED;
    if (gained == 0)
        targets_forget(&c->hub->targets, r->url, c->follow.url[c->follow.hops]);
    if (*err == -ESTALE || size_changed(r))
        return judge_stale(r, err);
    if (r->at_target && gained == 0 && !r->retargeted) {
        r->retargeted = true;
        return API_AGAIN_NOW;
    }
    verdict = judge_rest(r, err);
    return verdict == API_AGAIN && gained >= GAIN_ENOUGH ? API_AGAIN_NOW
                                                         : verdict;
}

static const struct api_ops read_ops = {
    .ask = ask,
    .head = take_head,
    .data = take_data,
    .judge = judge,
};

static void begin(struct op *op)
{
    struct file_read *r = container_of(op, struct file_read, op);

    r->call = (struct api_call){.hub = r->file->hub,
        .ops = &read_ops,
        .class = HTTP_FILES,
        .subject = r->subject,
        .path = r->file->path};
    api_start(&r->call, op);
}

static void end(struct op *op)
{
    struct file_read *r = container_of(op, struct file_read, op);

    api_fini(&r->call);
    free(r->subject);
    free(r->url);
    free(r);
}

static char *resolve_url(const struct hub_file *f, const char *web_name)
{
    struct buf url = {0};

    buf_addf(&url, "%s/", f->hub->endpoint);
    url_add_path(&url, web_name);
    buf_addf(&url, "/resolve/%s/", f->at.sha);
    url_add_path(&url, f->path);
    return buf_take(&url);
}

void hub_file_read(const struct hub_file *file, uint64_t offset, uint64_t len,
    struct hub_sink *sink, struct op *op)
{
    struct file_read *r;

    if (offset > file->size_bytes || len > file->size_bytes - offset) {
        op_hold(op);
        op_wake(op, -EINVAL);
        return;
    }
    if (len == 0)
        return;
    r = xcalloc(1, sizeof(*r));
    r->file = file;
    r->offset = offset;
    r->len = len;
    r->sink = sink;
    r->subject = hub_web_name(file->at.kind, file->at.id);
    r->url = resolve_url(file, r->subject);
    op_start(&r->op, begin, end, op);
}
