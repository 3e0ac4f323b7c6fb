/* Tokens: "xet.r.{expires}.{repo}.{signature}.{user}", or "w" for writing. A
 * token says who it was given to and for which repo, and nothing of what they
 * may do: that is looked up with each request, as for any other. */
#include "hub/local_cas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "base/json.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_blobs.h"
#include "hub/local_call.h"
#include "hub/local_content.h"
#include "hub/local_hub.h"
#include "hub/local_may.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_meta_xet.h"

#define TOKEN_S 3600

static const char *purpose(bool write)
{
    return write ? "xet-write" : "xet-read";
}

/* Nobody has no name, and no name has a blank. */
static void sign_token(
    struct call *c, bool write, int64_t repo, int64_t expires, struct buf *out)
{
    const char *user = content_uploader(c);
    char *subject = xasprintf("%" PRId64 " %s", repo, user);
    char signature[SIGN_TEXT_MAX];

    sign_text(c->hub->key, purpose(write), expires, subject, signature);
    buf_addf(out, "xet.%c.%" PRId64 ".%" PRId64 ".%s.%s", write ? 'w' : 'r',
        expires, repo, signature, user);
    free(subject);
}

int64_t cas_token(
    struct call *c, const struct repo *repo, bool write, struct buf *out)
{
    int64_t expires = c->x->began_ns / 1000000000 + TOKEN_S;

    sign_token(c, write, repo->id, expires, out);
    return expires;
}

static void answer_token(struct call *c, const struct repo *repo, bool write)
{
    struct exchange *x = c->x;
    struct buf token = {0};
    int64_t expires = cas_token(c, repo, write, &token);
    char *origin = exchange_origin(x);
    struct jsonw w;

    answer_header(x, "X-Xet-Cas-Url", "%s/" CAS_PATH, origin);
    answer_header(x, "X-Xet-Access-Token", "%s", buf_str(&token));
    answer_header(x, "X-Xet-Token-Expiration", "%" PRId64, expires);
    w = answer_json(x, 200);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "casUrl", answer_header_get(x, "X-Xet-Cas-Url"));
    jsonw_str(&w, "accessToken", buf_str(&token));
    jsonw_i64(&w, "exp", expires);
    jsonw_object_end(&w);
    buf_free(&token);
    free(origin);
}

int api_xet_read_token(struct call *c, struct meta_db *db)
{
    struct repo repo;
    struct commit commit;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        answer_token(c, &repo, false);
    return err;
}

/* Whoever may open a pull request may bring something along for it; then the
 * revision may be anything (hub-api 5.1). */
int api_xet_write_token(struct call *c, struct meta_db *db)
{
    bool pr = form_flag(&c->x->target.query, "create_pr");
    struct repo repo;
    struct commit commit;
    char *rev = NULL;
    int err = call_repo(c, db, &repo);

    if (err == 0)
        err = call_take_rev(c, &rev);
    if (err == 0)
        err = call_may(c,
            pr || strncmp(rev, "refs/pr/", 8) == 0 ? RIGHT_DISCUSS
                                                   : RIGHT_WRITE,
            &repo);
    if (err == 0 && !pr)
        err = call_commit(c, db, &repo, rev, &commit);
    if (err == 0)
        answer_token(c, &repo, true);
    free(rev);
    return err;
}

/* ---- Coming in */

struct token {
    bool write;
    uint64_t expires;
    uint64_t repo;
    char signature[SIGN_TEXT_MAX];
    const char *user; /* "": nobody */
};

/* A number up to a dot, behind which *p moves. */
static bool number_to_dot(const char **p, uint64_t *out)
{
    size_t n = strcspn(*p, ".");
    char text[24];

    if (n >= sizeof(text) || (*p)[n] != '.')
        return false;
    memcpy(text, *p, n);
    text[n] = '\0';
    *p += n + 1;
    return field_u64(text, out) && *out < INT64_MAX;
}

static bool read_token(const char *p, struct token *out)
{
    if (p == NULL || strncasecmp(p, "Bearer ", 7) != 0)
        return false;
    p += 7;
    p += strspn(p, " ");
    if (strncmp(p, "xet.r.", 6) != 0 && strncmp(p, "xet.w.", 6) != 0)
        return false;
    *out = (struct token){.write = p[4] == 'w'};
    p += 6;
    if (!number_to_dot(&p, &out->expires) || !number_to_dot(&p, &out->repo) ||
        strcspn(p, ".") != SIGN_TEXT_MAX - 1 || p[SIGN_TEXT_MAX - 1] != '.')
        return false;
    memcpy(out->signature, p, SIGN_TEXT_MAX - 1);
    out->user = p + SIGN_TEXT_MAX;
    return true;
}

static bool token_good(struct call *c, const struct token *t)
{
    char *subject = xasprintf("%" PRIu64 " %s", t->repo, t->user);
    bool good = sign_check(c->hub->key, purpose(t->write), (int64_t)t->expires,
        subject, t->signature);

    free(subject);
    return good;
}

int cas_enter(struct call *c, struct meta_db *db, bool write, struct repo *repo)
{
    struct token t;
    int err;

    if (!read_token(c->x->field[FIELD_AUTHORIZATION], &t) || !token_good(c, &t))
        return call_refuse(c, 401, NULL, "This is no Xet token, or it is old");
    if (write && !t.write)
        return call_refuse(c, 403, NULL, "This Xet token may only read");
    err = auth_again(
        c->hub->users, db, *t.user != '\0' ? t.user : NULL, &c->auth);
    c->user = c->auth.user;
    if (err == 0)
        err = meta_repo_get(db, (int64_t)t.repo, repo);
    if (err == 0 &&
        !auth_may(&c->auth, write ? RIGHT_DISCUSS : RIGHT_READ, repo))
        err = -EACCES;
    if (err == -EACCES || err == -ENOENT)
        return call_refuse(
            c, 403, NULL, "What this Xet token was for has gone");
    return err;
}

int cas_take_hash(struct call *c, struct xet_hash *out)
{
    const struct target *t = &c->x->target;

    if (c->at + 1 == t->n_seg && xet_hash_parse(t->seg[c->at], out)) {
        c->at++;
        return 0;
    }
    return call_refuse(c, 400, NULL, "The path has to end with a hash");
}

int cas_take_prefixed_hash(struct call *c, struct xet_hash *out)
{
    const struct target *t = &c->x->target;
    const char *prefix = c->at < t->n_seg ? t->seg[c->at] : "";

    if (strcmp(prefix, "default") != 0 &&
        strcmp(prefix, "default-merkledb") != 0)
        return call_refuse(c, 400, NULL, "The prefix is none of this Hub");
    c->at++;
    return cas_take_hash(c, out);
}

/* ---- What may be read and used */

int cas_find_file(struct call *c, struct meta_db *db, const struct repo *repo,
    const struct xet_hash *hash, struct meta_file *out)
{
    uint64_t size;
    int err = call_may_open(c, repo);

    if (err != 0)
        return err;
    *out = (struct meta_file){.hash = *hash};
    if (xet_hash_is_zero(hash)) {
        digest_once(DIGEST_SHA256, "", 0, out->sha256);
        return 0;
    }
    err = meta_file_find(db, hash, out);
    if (err == 0)
        err = meta_lfs_find(db, repo, out->sha256, &size);
    if (err == -ENOENT && out->id != 0)
        err = meta_upload_find(db, repo, content_uploader(c), out->sha256);
    if (err == -ENOENT)
        return call_refuse(c, 404, NULL, "This repo has no such file");
    return err;
}

int cas_may_use(struct call *c, struct meta_db *db, int64_t xorb)
{
    struct content_search s = {.call = c};
    int err = meta_xorb_claimed(db, xorb, content_uploader(c));

    if (err != -ENOENT)
        return err;
    err = meta_xorb_holders(db, xorb, content_readable, &s);
    return err == 0 && !s.found ? -ENOENT : err;
}

/* ---- Others */

int cas_map(const struct blob_in *in, uint64_t size, struct cas_map *out)
{
    void *p;

    *out = (struct cas_map){.n = (size_t)size};
    if (size == 0)
        return 0;
    p = mmap(NULL, out->n, PROT_READ, MAP_PRIVATE, in->fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    out->p = p;
    return 0;
}

void cas_unmap(struct cas_map *m)
{
    if (m->p != NULL)
        munmap((void *)(uintptr_t)m->p, m->n);
    m->p = NULL;
}

void json_xet(struct jsonw *w, const char *key, const struct xet_hash *hash)
{
    char text[XET_HASH_TEXT];

    xet_hash_format(hash, text);
    jsonw_str(w, key, text);
}
