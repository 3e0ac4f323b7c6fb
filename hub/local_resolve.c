/* The bytes of files: resolve, raw, and the two places where --redirect sends
 * clients for them.
 *
 *     plain files: 307 to /api/resolve-cache/..., on this server
 *     LFS files:   302 to a signed URL on the server for content
 *
 * Without --redirect the bytes come at once. Headers of HEAD and GET are the
 * same (hub-api 4.3). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_blobs.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_hub.h"
#include "hub/local_may.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_meta_xet.h"
#include "hub/local_range.h"
#include "hub/local_web.h"
#include "hub/url.h"

#define URL_TTL_S 3600
#define ETAG_MAX (2 * DIGEST_MAX + 3)

/* What is to be sent, and what it is called. */
struct file {
    struct entry entry;
    const char *path;
    char etag[ETAG_MAX]; /* with its quotes */
    int64_t time_s;      /* of its last change; 0: unknown */
};

static void set_etag(struct file *f, const uint8_t *hash, size_t n)
{
    f->etag[0] = '"';
    hex_format(hash, n, f->etag + 1);
    f->etag[2 * n + 1] = '"';
    f->etag[2 * n + 2] = '\0';
}

/* inline; filename*=UTF-8''a%20b.txt; filename="a b.txt"; */
static void content_disposition(struct exchange *x, const char *path)
{
    const struct form *query = &x->target.query;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    struct buf encoded = {0};
    struct buf plain = {0};

    if (form_flag(query, "noContentDisposition"))
        return;
    url_add_segment(&encoded, name, strlen(name));
    for (const char *p = name; *p != '\0'; p++)
        buf_addc(&plain,
            *p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\' ? *p : '_');
    answer_header(x, "Content-Disposition",
        "%s; filename*=UTF-8''%s; filename=\"%s\";",
        form_flag(query, "download") ? "attachment" : "inline",
        buf_str(&encoded), buf_str(&plain));
    buf_free(&encoded);
    buf_free(&plain);
}

static void describe(struct call *c, const struct file *f)
{
    struct exchange *x = c->x;

    answer_header(x, "ETag", "%s", f->etag);
    answer_header(x, "Accept-Ranges", "bytes");
    answer_header(x, "X-Linked-ETag", "%s", f->etag);
    answer_header(
        x, "X-Linked-Size", "%llu", (unsigned long long)f->entry.size);
    if (f->time_s != 0) {
        char date[HTTP_DATE_MAX];

        http_date(f->time_s, date);
        answer_header(x, "Last-Modified", "%s", date);
    }
    content_disposition(x, f->path);
}

/* Where the same bytes are to be had by Xet, if they are (hub-api 4.4). */
static int describe_xet(struct call *c, struct meta_db *db,
    const struct repo *repo, const struct commit *commit, const struct file *f)
{
    char sha[2 * SHA1_SIZE + 1];
    char name[XET_HASH_TEXT];
    struct xet_hash hash;
    char *origin;
    int err = f->entry.lfs ? meta_file_of(db, f->entry.sha256, &hash) : -ENOENT;

    if (err != 0)
        return err == -ENOENT ? 0 : err;
    origin = exchange_origin(c->x);
    hex_format(commit->oid, SHA1_SIZE, sha);
    xet_hash_format(&hash, name);
    answer_header(c->x, "X-Xet-Hash", "%s", name);
    answer_header(c->x, "Link",
        "<%s/api/%s/%s/xet-read-token/%s>; rel=\"xet-auth\", "
        "<%s/" CAS_PATH "/v1/reconstructions/%s>; "
        "rel=\"xet-reconstruction-info\"",
        origin, kind_names[repo->kind].many, repo->name, sha, origin, name);
    free(origin);
    return 0;
}

static struct condition condition(const struct call *c, const struct file *f)
{
    char *const *field = c->x->field;

    return (struct condition){
        .etag = f->etag,
        .mtime_s = f->time_s,
        .if_match = field[FIELD_IF_MATCH],
        .if_none_match = field[FIELD_IF_NONE_MATCH],
        .if_modified_since =
            f->time_s != 0 ? field[FIELD_IF_MODIFIED_SINCE] : NULL,
        .if_unmodified_since =
            f->time_s != 0 ? field[FIELD_IF_UNMODIFIED_SINCE] : NULL,
        .if_range = field[FIELD_IF_RANGE],
    };
}

/* 304 or 412, if the request says so. */
static bool settled(struct call *c, const struct file *f)
{
    struct condition cond = condition(c, f);

    switch (condition_check(&cond)) {
    case VERDICT_SEND:
        break;
    case VERDICT_UNCHANGED:
        answer_clear(c->x);
        c->x->answer.status = 304;
        return true;
    case VERDICT_REFUSED:
        answer_error(c->x, 412, NULL, "Precondition failed");
        return true;
    }
    return false;
}

/* Status and place of the bytes, of which there are `size`. */
static void apply_range(struct call *c, const struct file *f, uint64_t size)
{
    struct answer *a = &c->x->answer;
    struct condition cond = condition(c, f);
    struct range r = {.kind = RANGE_WHOLE};

    /* Range is defined for GET alone (RFC 9110 14.2). */
    if (exchange_is(c->x, "GET") && condition_range(&cond))
        r = range_parse(c->x->field[FIELD_RANGE], size);
    switch (r.kind) {
    case RANGE_WHOLE:
        a->status = 200;
        a->len = size;
        break;
    case RANGE_PART:
        a->status = 206;
        a->offset = r.first;
        a->len = r.last - r.first + 1;
        answer_header(c->x, "Content-Range", "bytes %llu-%llu/%llu",
            (unsigned long long)r.first, (unsigned long long)r.last,
            (unsigned long long)size);
        break;
    case RANGE_NONE:
        answer_error(c->x, 416, NULL, "Range not satisfiable");
        answer_header(
            c->x, "Content-Range", "bytes */%llu", (unsigned long long)size);
        break;
    }
}

static int send_blob(struct call *c, const struct file *f)
{
    struct answer *a = &c->x->answer;
    int fd = blobs_open(c->hub->blobs, f->entry.sha256);

    if (fd < 0) {
        log_error("hub: open the blob of %s: %s", f->path, strerror(-fd));
        return -EIO;
    }
    answer_header(c->x, "Content-Type", "application/octet-stream");
    a->fd = fd;
    apply_range(c, f, f->entry.size);
    return 0;
}

static void send_text(struct call *c, const struct file *f, const char *text)
{
    struct answer *a = &c->x->answer;

    answer_clear(c->x);
    answer_header(c->x, "Content-Type", "text/plain; charset=utf-8");
    apply_range(c, f, f->entry.size);
    if (a->status == 416)
        return;
    buf_add(&a->body, text + a->offset, a->len);
}

/* The entry at {rev}/{path}, as a file. f->path is the caller's to free. */
static int find_file(struct call *c, struct meta_db *db, struct repo *repo,
    struct commit *commit, struct file *f)
{
    struct commit last;
    uint64_t size;
    char *path = NULL;
    int err = call_repo_commit(c, db, repo, commit);

    if (err == 0)
        err = call_may_open(c, repo);
    if (err == 0)
        err = call_path(c, &path);
    if (err != 0)
        return err;
    f->path = path;
    err = call_entry(c, db, commit, path, &f->entry);
    if (err == 0 && entry_is_folder(&f->entry))
        return call_refuse(
            c, 404, "EntryNotFound", "%s is a folder, not a file", path);
    /* What was removed for good is gone, however long others have it. */
    if (err == 0 && f->entry.lfs) {
        err = meta_lfs_find(db, repo, f->entry.sha256, &size);
        if (err == -ENOENT)
            return call_refuse(
                c, 404, "EntryNotFound", "The content of %s was removed", path);
    }
    if (err == 0) {
        err = meta_commit_get(db, f->entry.last, &last);
        f->time_s = err == 0 ? last.time_s : commit->time_s;
        err = err == -ENOENT ? 0 : err;
    }
    if (f->entry.lfs)
        set_etag(f, f->entry.sha256, SHA256_SIZE);
    else
        set_etag(f, f->entry.oid, SHA1_SIZE);
    return err;
}

static void redirect(struct call *c, unsigned status, const char *location)
{
    answer_clear(c->x);
    c->x->answer.status = status;
    answer_header(c->x, "Location", "%s", location);
    answer_header(c->x, "Content-Type", "text/plain; charset=utf-8");
    answer_header(c->x, "Cache-Control", "no-cache, no-store");
    buf_addf(&c->x->answer.body, "Redirecting to %s", location);
}

/* The host that the client reached us by, with another server's port. */
static void add_content_origin(struct buf *url, struct call *c)
{
    char *origin = exchange_origin(c->x);
    const char *port = strrchr(web_url(c->hub->content), ':');
    const char *own = strrchr(origin, ':');
    size_t n = strlen(origin);

    /* Not the colon of "http:", nor one inside "[::1]". */
    if (own[1] != '/' && strchr(own, ']') == NULL)
        n = (size_t)(own - origin);
    buf_add(url, origin, n);
    buf_adds(url, port);
    free(origin);
}

static void redirect_to_content(struct call *c, const struct file *f)
{
    unsigned ttl = c->hub->config.url_ttl_s;
    int64_t expires =
        c->x->began_ns / 1000000000 + (ttl != 0 ? ttl : URL_TTL_S);
    char sha256[2 * SHA256_SIZE + 1];
    char signature[SIGN_TEXT_MAX];
    struct buf url = {0};

    hex_format(f->entry.sha256, SHA256_SIZE, sha256);
    sign_text(c->hub->key, "lfs", expires, sha256, signature);
    add_content_origin(&url, c);
    buf_addf(&url, "/lfs/%s?expires=%lld&signature=%s&name=", sha256,
        (long long)expires, signature);
    url_add_segment(&url, f->path, strlen(f->path));
    redirect(c, 302, buf_str(&url));
    buf_free(&url);
}

static void redirect_to_cache(struct call *c, const struct repo *repo,
    const struct commit *commit, const struct file *f)
{
    const char *query = target_query(&c->x->target);
    char sha[2 * SHA1_SIZE + 1];
    struct buf url = {0};

    hex_format(commit->oid, SHA1_SIZE, sha);
    buf_addf(&url, "/api/resolve-cache/%s/%s/%s/", kind_names[repo->kind].many,
        repo->name, sha);
    url_add_path(&url, f->path);
    buf_addf(&url, "?%s%setag=", query, *query != '\0' ? "&" : "");
    url_add_segment(&url, f->etag, strlen(f->etag));
    redirect(c, 307, buf_str(&url));
    buf_free(&url);
}

static int resolve(struct call *c, struct meta_db *db, bool may_redirect)
{
    struct file f = {0};
    struct repo repo;
    struct commit commit;
    int err = find_file(c, db, &repo, &commit, &f);

    if (err == 0)
        err = describe_xet(c, db, &repo, &commit, &f);
    if (err == 0) {
        describe(c, &f);
        if (settled(c, &f)) {
            /* the answer is there */
        } else if (may_redirect && f.entry.lfs) {
            redirect_to_content(c, &f);
        } else if (may_redirect) {
            redirect_to_cache(c, &repo, &commit, &f);
        } else {
            err = send_blob(c, &f);
        }
    }
    free((char *)(uintptr_t)f.path);
    return err;
}

int api_resolve(struct call *c, struct meta_db *db)
{
    return resolve(c, db, c->hub->config.redirect);
}

int api_resolve_cache(struct call *c, struct meta_db *db)
{
    return resolve(c, db, false);
}

/* What git would store: for an LFS file its pointer. */
int api_raw(struct call *c, struct meta_db *db)
{
    char pointer[LFS_POINTER_MAX];
    struct file f = {0};
    struct repo repo;
    struct commit commit;
    size_t n;
    int err = find_file(c, db, &repo, &commit, &f);

    if (err == 0 && !f.entry.lfs) {
        describe(c, &f);
        err = settled(c, &f) ? 0 : send_blob(c, &f);
    } else if (err == 0) {
        n = lfs_pointer(f.entry.sha256, f.entry.size, pointer);
        f.entry.size = n;
        set_etag(&f, f.entry.oid, SHA1_SIZE);
        describe(c, &f);
        if (!settled(c, &f))
            send_text(c, &f, pointer);
    }
    free((char *)(uintptr_t)f.path);
    return err;
}

static bool signature_ok(struct call *c, const char *sha256)
{
    const struct form *query = &c->x->target.query;
    const char *expires = form_get(query, "expires");
    const char *signature = form_get(query, "signature");
    uint64_t when;

    return expires != NULL && signature != NULL && field_u64(expires, &when) &&
        when < INT64_MAX &&
        sign_check(c->hub->key, "lfs", (int64_t)when, sha256, signature);
}

/* Bytes by signed URL; who holds it needs no token. */
int api_content(struct call *c, struct meta_db *db)
{
    const struct target *t = &c->x->target;
    const char *sha256 = c->at < t->n_seg ? t->seg[c->at] : "";
    struct file f = {.path = form_get(&t->query, "name")};
    int err;

    (void)db;
    if (!hex_parse(sha256, f.entry.sha256, SHA256_SIZE) ||
        !signature_ok(c, sha256))
        return call_refuse(c, 403, NULL, "The URL has expired, or was changed");
    if (f.path == NULL)
        f.path = sha256;
    err = blobs_size(c->hub->blobs, f.entry.sha256, &f.entry.size);
    if (err != 0)
        return err == -ENOENT ? call_refuse(c, 404, NULL, "Not found") : err;
    set_etag(&f, f.entry.sha256, SHA256_SIZE);
    answer_header(c->x, "ETag", "%s", f.etag);
    answer_header(c->x, "Accept-Ranges", "bytes");
    content_disposition(c->x, f.path);
    return settled(c, &f) ? 0 : send_blob(c, &f);
}
