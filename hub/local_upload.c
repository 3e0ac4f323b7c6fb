/* URLs for uploads. All that the URL says is signed, in one text whose fields
 * cannot run into each other. */
#include "hub/local_upload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/http_field.h"
#include "hub/local_call.h"
#include "hub/local_hub.h"
#include "hub/local_sign.h"
#include "hub/url.h"

#define PARTS_MAX 500
#define URL_TTL_S 3600
#define MIB ((uint64_t)1 << 20)

static const char *const purposes[] = {
    [UPLOAD_WHOLE] = "lfs-upload",
    [UPLOAD_PART] = "lfs-part",
    [UPLOAD_JOIN] = "lfs-join",
};

uint64_t upload_part_size(uint64_t size)
{
    uint64_t least = (size / PARTS_MAX + MIB) / MIB * MIB;

    return least > LFS_MULTIPART_MIN ? least : LFS_MULTIPART_MIN;
}

unsigned upload_parts(uint64_t size)
{
    uint64_t part = upload_part_size(size);

    return (unsigned)((size + part - 1) / part);
}

static char *subject(const struct upload *u, unsigned part)
{
    char hex[2 * SHA256_SIZE + 1];

    hex_format(u->sha256, SHA256_SIZE, hex);
    return xasprintf("%s %" PRIu64 " %" PRId64 " %u %s", hex, u->size, u->repo,
        part, u->user);
}

char *upload_url(
    struct call *c, const struct upload *u, enum upload_use use, unsigned part)
{
    unsigned ttl = c->hub->config.url_ttl_s;
    int64_t expires =
        c->x->began_ns / 1000000000 + (ttl != 0 ? ttl : URL_TTL_S);
    char *origin = exchange_origin(c->x);
    char *text = subject(u, part);
    char signature[SIGN_TEXT_MAX];
    struct buf url = {0};

    sign_text(c->hub->key, purposes[use], expires, text, signature);
    buf_addf(&url, "%s/_hffs/lfs/%.*s?size=%" PRIu64 "&repo=%" PRId64, origin,
        2 * SHA256_SIZE, text, u->size, u->repo);
    if (part != 0)
        buf_addf(&url, "&part=%u", part);
    buf_adds(&url, "&user=");
    url_add_segment(&url, u->user, strlen(u->user));
    buf_addf(&url, "&expires=%" PRId64 "&signature=%s", expires, signature);
    free(origin);
    free(text);
    return buf_take(&url);
}

static bool number(const struct form *query, const char *name, uint64_t *out)
{
    const char *text = form_get(query, name);

    return text != NULL && field_u64(text, out) && *out < INT64_MAX;
}

/* What the URL says, signed or not. */
static bool read_url(
    struct call *c, struct upload *u, unsigned *part, uint64_t *expires)
{
    const struct target *t = &c->x->target;
    const char *user = form_get(&t->query, "user");
    uint64_t repo;
    uint64_t n = 0;

    *u = (struct upload){0};
    if (c->at >= t->n_seg ||
        !hex_parse(t->seg[c->at], u->sha256, SHA256_SIZE) ||
        !number(&t->query, "size", &u->size) ||
        !number(&t->query, "repo", &repo) ||
        !number(&t->query, "expires", expires) || user == NULL ||
        strlen(user) >= sizeof(u->user))
        return false;
    if (form_get(&t->query, "part") != NULL &&
        (!number(&t->query, "part", &n) || n == 0 || n > PARTS_MAX))
        return false;
    u->repo = (int64_t)repo;
    memcpy(u->user, user, strlen(user) + 1);
    *part = (unsigned)n;
    return true;
}

bool upload_find(struct call *c, bool join, struct upload *out, unsigned *part)
{
    const char *signature = form_get(&c->x->target.query, "signature");
    enum upload_use use;
    uint64_t expires;
    char *text;
    bool right;

    if (signature == NULL || !read_url(c, out, part, &expires))
        return false;
    use = join ? UPLOAD_JOIN : *part != 0 ? UPLOAD_PART : UPLOAD_WHOLE;
    text = subject(out, *part);
    right = sign_check(
        c->hub->key, purposes[use], (int64_t)expires, text, signature);
    free(text);
    return right;
}
