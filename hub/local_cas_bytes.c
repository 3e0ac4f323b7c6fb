/* Parts of xorbs, at signed URLs: one range as it lies in the blob; several as
 * multipart/byteranges, put together aside first, so that no more of them than
 * of any other body is in memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_blobs.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_hub.h"
#include "hub/local_meta_xet.h"

#define URL_TTL_S 3600
#define PIECE ((size_t)256 << 10)

static bool take_number(const char **p, uint64_t *out)
{
    const char *start = *p;
    uint64_t v = 0;

    for (; **p >= '0' && **p <= '9'; (*p)++) {
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(**p - '0'), &v))
            return false;
    }
    *out = v;
    return *p > start;
}

size_t cas_ranges_parse(
    const char *text, struct cas_range out[static CAS_RANGES])
{
    const char *p = text;

    for (size_t n = 0; n < CAS_RANGES; n++) {
        p += strspn(p, " ");
        if (!take_number(&p, &out[n].first) || *p++ != '-' ||
            !take_number(&p, &out[n].last) || out[n].last < out[n].first ||
            (n > 0 && out[n].first <= out[n - 1].last))
            return 0;
        if (*p == '\0')
            return n + 1;
        if (*p++ != ',')
            return 0;
    }
    return 0;
}

static char *subject(const struct xet_hash *xorb, const char *ranges)
{
    char name[XET_HASH_TEXT];

    xet_hash_format(xorb, name);
    return xasprintf("%s %s", name, ranges);
}

void cas_sign(struct call *c, const struct xet_hash *xorb, const char *ranges,
    struct buf *url)
{
    unsigned ttl = c->hub->config.url_ttl_s;
    int64_t expires =
        c->x->began_ns / 1000000000 + (ttl != 0 ? ttl : URL_TTL_S);
    char *origin = exchange_origin(c->x);
    char *text = subject(xorb, ranges);
    char signature[SIGN_TEXT_MAX];

    sign_text(c->hub->key, "xorb", expires, text, signature);
    buf_addf(url,
        "%s/_hffs/xorb/%.*s?ranges=%s&expires=%" PRId64 "&signature=%s", origin,
        XET_HASH_TEXT - 1, text, ranges, expires, signature);
    free(text);
    free(origin);
}

size_t cas_signed(struct call *c, const struct xet_hash *xorb,
    struct cas_range out[static CAS_RANGES])
{
    const struct form *query = &c->x->target.query;
    const char *ranges = form_get(query, "ranges");
    const char *expires = form_get(query, "expires");
    const char *signature = form_get(query, "signature");
    uint64_t when;
    bool right;
    char *text;

    if (ranges == NULL || expires == NULL || signature == NULL ||
        !field_u64(expires, &when) || when >= INT64_MAX)
        return 0;
    text = subject(xorb, ranges);
    right = sign_check(c->hub->key, "xorb", (int64_t)when, text, signature);
    free(text);
    return right ? cas_ranges_parse(ranges, out) : 0;
}

/* Each of them lies in one of the signed ones. */
static bool covered(const struct cas_range *signed_, size_t n_signed,
    const struct cas_range *r, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        while (at < n_signed && signed_[at].last < r[i].last)
            at++;
        if (at == n_signed || r[i].first < signed_[at].first)
            return false;
    }
    return true;
}

static int copy(int from, int to, struct cas_range r, uint64_t *at)
{
    uint8_t *piece = xmalloc(PIECE);
    int err = 0;

    for (uint64_t pos = r.first; pos <= r.last && err == 0;) {
        size_t n = (size_t)min_u64(PIECE, r.last - pos + 1);

        err = file_pread(from, piece, n, pos);
        if (err == 0)
            err = file_pwrite(to, piece, n, *at);
        pos += n;
        *at += n;
    }
    free(piece);
    return err;
}

static int write_text(int to, struct buf *text, uint64_t *at)
{
    int err = file_pwrite(to, text->data, text->len, *at);

    *at += text->len;
    buf_clear(text);
    return err;
}

/* All parts in a file that has no name any more; the answer's, open. */
static int join(struct call *c, const struct meta_xorb *xorb, int from,
    const struct cas_range *r, size_t n)
{
    struct answer *a = &c->x->answer;
    struct blob_in *in = NULL;
    struct buf text = {0};
    uint64_t at = 0;
    int err = blob_begin(c->hub->blobs, &in);

    for (size_t i = 0; i < n && err == 0; i++) {
        buf_addf(&text,
            "\r\n--%s\r\nContent-Type: application/octet-stream\r\n"
            "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n\r\n",
            c->x->id, r[i].first, r[i].last, xorb->size);
        err = write_text(in->fd, &text, &at);
        if (err == 0)
            err = copy(from, in->fd, r[i], &at);
    }
    buf_addf(&text, "\r\n--%s--\r\n", c->x->id);
    if (err == 0)
        err = write_text(in->fd, &text, &at);
    if (err == 0) {
        a->fd = dup(in->fd);
        err = a->fd < 0 ? -errno : 0;
    }
    a->len = at;
    buf_free(&text);
    blob_drop(in);
    return err;
}

static int send_parts(struct call *c, const struct meta_xorb *xorb,
    const struct cas_range *r, size_t n)
{
    struct answer *a = &c->x->answer;
    int fd = blobs_open(c->hub->blobs, xorb->sha256);
    int err = fd < 0 ? fd : 0;

    if (err != 0)
        return err == -ENOENT ? -EIO : err;
    a->status = 206;
    if (n > 1) {
        err = join(c, xorb, fd, r, n);
        close(fd);
        answer_header(c->x, "Content-Type", "multipart/byteranges; boundary=%s",
            c->x->id);
        return err;
    }
    a->fd = fd;
    a->offset = r->first;
    a->len = r->last - r->first + 1;
    answer_header(c->x, "Content-Type", "application/octet-stream");
    answer_header(c->x, "Content-Range",
        "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, r->first, r->last,
        xorb->size);
    return 0;
}

/* Bytes by signed URL; who holds it needs no token. */
int cas_bytes(struct call *c, struct meta_db *db)
{
    const char *field = c->x->field[FIELD_RANGE];
    struct cas_range signed_[CAS_RANGES];
    struct cas_range want[CAS_RANGES];
    struct meta_xorb xorb;
    struct xet_hash hash;
    size_t n_signed;
    size_t n = 0;
    int err = cas_take_hash(c, &hash);

    if (err != 0)
        return err;
    n_signed = cas_signed(c, &hash, signed_);
    if (n_signed == 0)
        return call_refuse(c, 403, NULL, "The URL has expired, or was changed");
    if (field != NULL && strncasecmp(field, "bytes=", 6) == 0)
        n = cas_ranges_parse(field + 6, want);
    if (n == 0 || !covered(signed_, n_signed, want, n))
        return call_refuse(c, 403, NULL, "The URL is for these bytes alone: %s",
            form_get(&c->x->target.query, "ranges"));
    err = meta_xorb_find(db, &hash, &xorb);
    if (err == -ENOENT)
        return call_refuse(c, 404, NULL, "The xorb has gone");
    return err == 0 ? send_parts(c, &xorb, want, n) : err;
}
