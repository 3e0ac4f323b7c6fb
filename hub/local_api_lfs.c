/* The LFS batch API: where content may be sent to, and fetched from. Content
 * that the client has not shown and may not read is asked for again, whether
 * it is here or not. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call_json.h"
#include "hub/local_cas.h"
#include "hub/local_content.h"
#include "hub/local_hub.h"
#include "hub/local_may.h"
#include "hub/local_sign.h"
#include "hub/local_upload.h"
#include "hub/url.h"

#define OBJECTS_MAX 1000
#define URL_TTL_S 3600

struct batch {
    struct call *call;
    struct meta_db *db;
    struct repo repo;
    bool upload;
    bool multipart; /* the client can */
    bool parts;     /* some object goes in parts */
    bool xet;       /* the client can; then all go so */
    const char *rev;
    struct jsonw w;
};

/* One object, as it was asked for. */
struct object {
    const char *oid; /* as it came; NULL: none */
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
    const char *wrong; /* NULL: it can be one */
};

static struct object read_object(const struct json *v)
{
    struct object o = {.oid = json_str(v, "oid")};

    if (o.oid == NULL || !hex_parse(o.oid, o.sha256, SHA256_SIZE))
        o.wrong = "oid is no SHA-256";
    else if (!json_u64(v, "size", &o.size))
        o.wrong = "size is no number";
    else if (o.size > LFS_OBJECT_MAX)
        o.wrong = "larger than any file may be";
    return o;
}

static void write_error(struct batch *b, unsigned code, const char *message)
{
    jsonw_object(&b->w, "error");
    jsonw_u64(&b->w, "code", code);
    jsonw_str(&b->w, "message", message);
    jsonw_object_end(&b->w);
}

static void write_parts(struct batch *b, const struct upload *u)
{
    char number[16];
    char *url;

    jsonw_object(&b->w, "header");
    snprintf(number, sizeof(number), "%" PRIu64, upload_part_size(u->size));
    jsonw_str(&b->w, "chunk_size", number);
    for (unsigned i = 1; i <= upload_parts(u->size); i++) {
        snprintf(number, sizeof(number), "%05u", i);
        url = upload_url(b->call, u, UPLOAD_PART, i);
        jsonw_str(&b->w, number, url);
        free(url);
    }
    jsonw_object_end(&b->w);
    b->parts = true;
}

static void write_upload(struct batch *b, const struct object *o)
{
    struct upload u = {.size = o->size, .repo = b->repo.id};
    bool parts = b->multipart && o->size >= LFS_MULTIPART_MIN;
    const char *user = content_uploader(b->call);
    char *url;
    char *origin = exchange_origin(b->call->x);
    char *verify = xasprintf("%s/%s%s.git/info/lfs/verify", origin,
        kind_names[b->repo.kind].prefix, b->repo.name);

    memcpy(u.sha256, o->sha256, SHA256_SIZE);
    snprintf(u.user, sizeof(u.user), "%s", user);
    url = upload_url(b->call, &u, parts ? UPLOAD_JOIN : UPLOAD_WHOLE, 0);
    jsonw_bool(&b->w, "authenticated", true);
    jsonw_object(&b->w, "actions");
    jsonw_object(&b->w, "upload");
    jsonw_str(&b->w, "href", url);
    if (parts)
        write_parts(b, &u);
    jsonw_object_end(&b->w);
    jsonw_object(&b->w, "verify");
    jsonw_str(&b->w, "href", verify);
    jsonw_object_end(&b->w);
    jsonw_object_end(&b->w);
    free(url);
    free(verify);
    free(origin);
}

static void write_download(struct batch *b, const struct object *o)
{
    struct call *c = b->call;
    unsigned ttl = c->hub->config.url_ttl_s;
    int64_t expires =
        c->x->began_ns / 1000000000 + (ttl != 0 ? ttl : URL_TTL_S);
    char *origin = exchange_origin(c->x);
    char hex[2 * SHA256_SIZE + 1];
    char signature[SIGN_TEXT_MAX];
    char *url;

    hex_format(o->sha256, SHA256_SIZE, hex);
    sign_text(c->hub->key, "lfs", expires, hex, signature);
    url = xasprintf("%s/_hffs/lfs/%s?expires=%" PRId64 "&signature=%s", origin,
        hex, expires, signature);
    jsonw_bool(&b->w, "authenticated", true);
    jsonw_object(&b->w, "actions");
    jsonw_object(&b->w, "download");
    jsonw_str(&b->w, "href", url);
    jsonw_object_end(&b->w);
    jsonw_object_end(&b->w);
    free(url);
    free(origin);
}

/* Where the CAS is, and a token for it; href is where there are more. */
static void write_xet(struct batch *b)
{
    char *origin = exchange_origin(b->call->x);
    char *cas = xasprintf("%s/" CAS_PATH, origin);
    struct buf token = {0};
    struct buf url = {0};
    char expires[24];

    snprintf(expires, sizeof(expires), "%" PRId64,
        cas_token(b->call, &b->repo, true, &token));
    buf_addf(&url, "%s/api/%s/%s/xet-write-token/", origin,
        kind_names[b->repo.kind].many, b->repo.name);
    url_add_segment(&url, b->rev, strlen(b->rev));
    jsonw_bool(&b->w, "authenticated", true);
    jsonw_object(&b->w, "actions");
    jsonw_object(&b->w, "upload");
    jsonw_str(&b->w, "href", buf_str(&url));
    jsonw_object(&b->w, "header");
    jsonw_str(&b->w, "X-Xet-Cas-Url", cas);
    jsonw_str(&b->w, "X-Xet-Access-Token", buf_str(&token));
    jsonw_str(&b->w, "X-Xet-Token-Expiration", expires);
    jsonw_str(&b->w, "X-Xet-Session-Id", b->call->x->id);
    jsonw_object_end(&b->w);
    jsonw_object_end(&b->w);
    jsonw_object_end(&b->w);
    buf_free(&token);
    buf_free(&url);
    free(cas);
    free(origin);
}

static int answer_upload(struct batch *b, const struct object *o)
{
    uint64_t size = 0;
    int err = content_usable(b->call, b->db, &b->repo, o->sha256, &size);

    if (err == -ENOENT && b->xet)
        write_xet(b);
    else if (err == -ENOENT)
        write_upload(b, o);
    else if (err == 0 && size != o->size)
        write_error(b, 422, "The content with this oid has another size");
    return err == -ENOENT ? 0 : err;
}

static int answer_download(struct batch *b, const struct object *o)
{
    uint64_t size = 0;
    int err = meta_lfs_find(b->db, &b->repo, o->sha256, &size);

    if (err == -ENOENT)
        write_error(b, 404, "This repo has no such object");
    else if (err == 0 && size != o->size)
        write_error(b, 422, "The object has another size");
    else if (err == 0)
        write_download(b, o);
    return err == -ENOENT ? 0 : err;
}

static int answer_object(struct batch *b, const struct json *v)
{
    struct object o = read_object(v);
    int err = 0;

    jsonw_object(&b->w, NULL);
    jsonw_str(&b->w, "oid", o.oid != NULL ? o.oid : "");
    jsonw_u64(&b->w, "size", o.size);
    if (o.wrong != NULL)
        write_error(b, 422, o.wrong);
    else if (b->upload)
        err = answer_upload(b, &o);
    else
        err = answer_download(b, &o);
    jsonw_object_end(&b->w);
    return err;
}

/* What the batch as a whole asks for; ANSWERED when that cannot be. */
static int read_batch(struct batch *b, const struct json *root)
{
    const char *operation = json_str(root, "operation");
    const char *algo = json_str(root, "hash_algo");
    const struct json *list = json_get(root, "transfers");
    const struct json *v;
    bool basic = json_count(list) == 0; /* what it means not to say */

    if (operation == NULL ||
        (strcmp(operation, "upload") != 0 &&
            strcmp(operation, "download") != 0))
        return call_refuse(
            b->call, 422, NULL, "operation is neither upload nor download");
    b->upload = strcmp(operation, "upload") == 0;
    if (algo != NULL && strcmp(algo, "sha256") != 0 &&
        strcmp(algo, "sha_256") != 0)
        return call_refuse(b->call, 409, NULL, "hash_algo is not sha256");
    json_each (v, list) {
        const char *name = json_as_str(v);

        basic = basic || (name != NULL && strcmp(name, "basic") == 0);
        b->multipart =
            b->multipart || (name != NULL && strcmp(name, "multipart") == 0);
        b->xet =
            b->xet || (b->upload && name != NULL && strcmp(name, "xet") == 0);
    }
    b->rev = json_str(json_get(root, "ref"), "name");
    if (b->rev == NULL)
        b->rev = DEFAULT_BRANCH;
    if (!basic && !b->multipart && !b->xet)
        return call_refuse(b->call, 422, NULL,
            "transfers offers none of basic, multipart and xet");
    list = json_get(root, "objects");
    if (!json_is_array(list) || json_count(list) == 0)
        return call_refuse(b->call, 422, NULL, "objects missing");
    if (json_count(list) > OBJECTS_MAX)
        return call_refuse(
            b->call, 413, NULL, "More than %u objects", OBJECTS_MAX);
    return 0;
}

static int answer_batch(struct batch *b, const struct json *root)
{
    const struct json *v;
    int err = 0;

    b->w = answer_json(b->call->x, 200);
    answer_header(b->call->x, "Content-Type", "application/vnd.git-lfs+json");
    jsonw_object(&b->w, NULL);
    jsonw_array(&b->w, "objects");
    json_each (v, json_get(root, "objects")) {
        if (err == 0)
            err = answer_object(b, v);
    }
    jsonw_array_end(&b->w);
    jsonw_str(&b->w, "transfer",
        b->xet         ? "xet"
            : b->parts ? "multipart"
                       : "basic");
    jsonw_str(&b->w, "hash_algo", "sha256");
    jsonw_object_end(&b->w);
    return err;
}

int api_lfs_batch(struct call *c, struct meta_db *db)
{
    struct batch b = {.call = c, .db = db};
    struct json *root = NULL;
    int err = call_repo(c, db, &b.repo);

    if (err == 0)
        err = call_body(c, &root);
    if (err == 0)
        err = read_batch(&b, root);
    /* Whoever may open a pull request may bring something along. */
    if (err == 0)
        err = b.upload ? call_may(c, RIGHT_DISCUSS, &b.repo)
                       : call_may_open(c, &b.repo);
    if (err == 0)
        err = answer_batch(&b, root);
    json_free(root);
    return err;
}

/* Whether an upload has arrived. */
int api_lfs_verify(struct call *c, struct meta_db *db)
{
    struct json *root = NULL;
    struct object o;
    struct repo repo;
    struct jsonw w;
    uint64_t size = 0;
    int err = call_repo_for(c, db, RIGHT_DISCUSS, &repo);

    if (err == 0)
        err = call_body(c, &root);
    if (err != 0) {
        json_free(root);
        return err;
    }
    o = read_object(root);
    json_free(root);
    if (o.wrong != NULL)
        return call_refuse(c, 422, NULL, "%s", o.wrong);
    err = content_usable(c, db, &repo, o.sha256, &size);
    if (err == -ENOENT || (err == 0 && size != o.size))
        return call_refuse(
            c, err == 0 ? 422 : 404, NULL, "There is no such object");
    if (err != 0)
        return err;
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_object_end(&w);
    return 0;
}
