/* What routes have in common. The errors are those of hub-api 1.5 and 1.6: who
 * may not see a repo gets the answer of one that does not exist. */
#include "hub/local_call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "hub/http_field.h"
#include "hub/local_hub.h"
#include "hub/url.h"

const struct kind_names kind_names[] = {
    [HUB_MODEL] = {"model", "models", ""},
    [HUB_DATASET] = {"dataset", "datasets", "datasets/"},
    [HUB_SPACE] = {"space", "spaces", "spaces/"},
};

bool kind_find(const char *many, enum hub_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (strcmp(kind_names[i].many, many) == 0) {
            *out = (enum hub_kind)i;
            return true;
        }
    }
    return false;
}

bool kind_named(const char *one, enum hub_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (strcmp(kind_names[i].one, one) == 0) {
            *out = (enum hub_kind)i;
            return true;
        }
    }
    return false;
}

int call_refuse(
    struct call *c, unsigned status, const char *code, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    answer_error(c->x, status, code, "%s", text);
    return ANSWERED;
}

/* Where the segments [from, to) of the target begin and end, as they came. */
static const char *raw_segments(
    const struct target *t, size_t from, size_t to, size_t *len)
{
    const char *end = t->raw + t->path_len;
    const char *p = t->raw + 1;
    const char *begin;

    for (; from > 0 && p < end; from--, to--)
        p += strcspn(p, "/") + 1;
    begin = p;
    for (; to > 0 && p < end; to--)
        p = memchr(p, '/', (size_t)(end - p)) != NULL ? strchr(p, '/') + 1
                                                      : end + 1;
    *len = (size_t)(p - 1 - begin);
    return begin;
}

/* The same request, of a repo that has another name now (hub-api 2.1). */
static int redirect(struct call *c, const struct repo *repo)
{
    const struct target *t = &c->x->target;
    size_t len;
    const char *old =
        raw_segments(t, c->name_at, c->name_at + c->name_len, &len);

    answer_error(c->x, 307, NULL, "This repository is now %s", repo->name);
    answer_header(c->x, "Location", "%.*s%s%s%s", (int)(old - t->raw), t->raw,
        repo->name, c->route->place == PLACE_GIT ? ".git" : "", old + len);
    return ANSWERED;
}

int call_repo(struct call *c, struct meta_db *db, struct repo *out)
{
    bool moved = false;
    int err = repo_name_ok(c->name) ? meta_repo_find(db, c->kind, c->name, out)
                                    : -ENOENT;

    if (err == -ENOENT && c->name_len > 0) {
        err = meta_repo_moved(db, c->kind, c->name, out);
        moved = true;
    }
    if (err == 0 && !auth_may(&c->auth, RIGHT_READ, out))
        err = -ENOENT;
    if (err == 0 && moved)
        return redirect(c, out);
    if (err != -ENOENT)
        return err;
    if (c->user == NULL)
        return call_refuse(
            c, 401, "RepoNotFound", "Invalid username or password.");
    return call_refuse(c, 404, "RepoNotFound", "Repository not found");
}

int call_take_rev(struct call *c, char **out)
{
    const struct target *t = &c->x->target;
    size_t n = 1;
    struct buf rev = {0};

    if (c->at >= t->n_seg || t->seg[c->at][0] == '\0')
        return call_refuse(c, 404, "RevisionNotFound", "Revision missing");
    /* JavaScript clients send it unescaped. */
    if (strcmp(t->seg[c->at], "refs") == 0 && c->at + 2 < t->n_seg)
        n = 3;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_addc(&rev, '/');
        buf_adds(&rev, t->seg[c->at++]);
    }
    *out = buf_take(&rev);
    return 0;
}

int call_commit(struct call *c, struct meta_db *db, const struct repo *repo,
    const char *rev, struct commit *out)
{
    char hex[2 * SHA1_SIZE + 1];
    int err = meta_rev_find(db, repo, rev, out);

    if (err == -ENOENT)
        return call_refuse(
            c, 404, "RevisionNotFound", "Invalid rev id: %s", rev);
    if (err != 0)
        return err;
    hex_format(out->oid, SHA1_SIZE, hex);
    answer_header(c->x, "X-Repo-Commit", "%s", hex);
    return 0;
}

int call_repo_commit(struct call *c, struct meta_db *db, struct repo *repo,
    struct commit *commit)
{
    char *rev = NULL;
    int err = call_repo(c, db, repo);

    if (err == 0)
        err = call_take_rev(c, &rev);
    if (err == 0)
        err = call_commit(c, db, repo, rev, commit);
    free(rev);
    return err;
}

int call_path(struct call *c, char **out)
{
    char *path = target_rest(&c->x->target, c->at);

    if (!path_ok(path, strlen(path))) {
        free(path);
        return call_refuse(c, 400, NULL, "Malformed path");
    }
    *out = path;
    return 0;
}

int call_entry(struct call *c, struct meta_db *db, const struct commit *commit,
    const char *path, struct entry *out)
{
    int err;

    *out = (struct entry){0};
    err = meta_path_find(db, commit, path, out);
    if (err == -ENOENT)
        return call_refuse(c, 404, "EntryNotFound",
            "%s does not exist in this revision", path);
    return err;
}

int call_limit(struct call *c, size_t usual, size_t max, size_t *out)
{
    const char *text = form_get(&c->x->target.query, "limit");
    uint64_t n = usual;

    if (text != NULL && (!field_u64(text, &n) || n == 0))
        return call_refuse(c, 400, NULL, "limit must be a number from 1");
    *out = (size_t)min_u64(n, max);
    return 0;
}

int call_cursor(struct call *c, char **out)
{
    const char *text = form_get(&c->x->target.query, "cursor");
    size_t n = text != NULL ? strlen(text) : 0;
    uint8_t *bytes;
    long len;

    *out = NULL;
    if (text == NULL)
        return 0;
    bytes = xmalloc(n / 4 * 3 + 4);
    len = base64_parse(text, n, bytes);
    if (len <= 0 || memchr(bytes, 0, (size_t)len) != NULL) {
        free(bytes);
        return call_refuse(c, 400, NULL, "Malformed cursor");
    }
    bytes[len] = '\0';
    *out = (char *)bytes;
    return 0;
}

/* The path as it came, without the bytes that would end a URL in a Link field,
 * or, as a comma, in the eyes of some clients (hub-api 0.3). */
static void add_path(struct buf *url, const struct target *t)
{
    for (size_t i = 0; i < t->path_len; i++) {
        unsigned char c = (unsigned char)t->raw[i];

        if (c > 0x7e || strchr(",;<>\"'|\\^`{}", c) != NULL)
            buf_addf(url, "%%%02X", c);
        else
            buf_addc(url, (char)c);
    }
}

static void link_next(struct call *c, const char *name, const char *value)
{
    const struct target *t = &c->x->target;
    char *origin = exchange_origin(c->x);
    struct buf url = {0};
    char mark = '?';

    buf_adds(&url, origin);
    add_path(&url, t);
    for (size_t i = 0; i < t->query.n; i++) {
        const struct form_field *f = &t->query.field[i];

        if (strcmp(f->name, name) == 0)
            continue;
        buf_addc(&url, mark);
        url_add_segment(&url, f->name, strlen(f->name));
        buf_addc(&url, '=');
        url_add_segment(&url, f->value, strlen(f->value));
        mark = '&';
    }
    buf_addf(&url, "%c%s=%s", mark, name, value);
    answer_header(c->x, "Link", "<%s>; rel=\"next\"", buf_str(&url));
    buf_free(&url);
    free(origin);
}

void call_link_next(struct call *c, const char *cursor)
{
    char *text = base64_format(cursor, strlen(cursor), true);

    link_next(c, "cursor", text);
    free(text);
}

void call_link_page(struct call *c, uint64_t page)
{
    char *text = xasprintf("%llu", (unsigned long long)page);

    link_next(c, "p", text);
    free(text);
}

void json_time(struct jsonw *w, const char *key, int64_t time_s)
{
    char text[32];

    time_format_rfc3339(time_s * 1000000000, text);
    jsonw_str(w, key, text);
}

void json_hex(struct jsonw *w, const char *key, const uint8_t *p, size_t n)
{
    char hex[2 * DIGEST_MAX + 1];

    hex_format(p, n, hex);
    jsonw_strn(w, key, hex, 2 * n);
}

const char *const gate_names[] = {
    [GATE_NONE] = "false", [GATE_AUTO] = "auto", [GATE_MANUAL] = "manual"};

void json_gate(struct jsonw *w, const char *key, enum repo_gate gate)
{
    if (gate == GATE_NONE)
        jsonw_bool(w, key, false);
    else
        jsonw_str(w, key, gate_names[gate]);
}
