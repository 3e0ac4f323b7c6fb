/* Content of LFS files on its way in: PUT of a whole or a part, and POST to put
 * the parts together, at URLs that local_upload.h signs.
 *
 *     body -> aside, hashed as it comes -> size and hash are right -> blob
 *     parts -> aside, each -> copied in a row and hashed -> the same
 *
 * Only what is complete and right gets a name; the rest is dropped, or, as
 * parts of an upload that nobody finishes, is left for gc. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_blobs.h"
#include "hub/local_body.h"
#include "hub/local_call_json.h"
#include "hub/local_hub.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_part.h"
#include "hub/local_spool.h"
#include "hub/local_upload.h"

struct receipt {
    struct upload upload;
    unsigned part;     /* 0: all of it */
    uint64_t expected; /* bytes of the body */
    bool complete;     /* the content is a blob now */
};

/* What the URL is for, if it is good. */
static int open_receipt(struct call *c, bool join)
{
    struct receipt *r = xcalloc(1, sizeof(*r));

    c->state = r;
    c->state_free = free;
    if (upload_find(c, join, &r->upload, &r->part))
        return 0;
    return call_refuse(c, 403, NULL, "The URL has expired, or was changed");
}

int api_upload_head(struct call *c)
{
    const char *length = c->x->field[FIELD_CONTENT_LENGTH];
    int err = open_receipt(c, false);
    struct receipt *r = c->state;
    uint64_t each;
    uint64_t n;

    if (err != 0)
        return err;
    r->expected = r->upload.size;
    if (r->part > upload_parts(r->upload.size))
        return call_refuse(c, 400, NULL, "There is no part %u", r->part);
    if (r->part != 0) {
        each = upload_part_size(r->upload.size);
        r->expected = min_u64(each, r->upload.size - (r->part - 1) * each);
    }
    if (length != NULL && field_u64(length, &n) && n != r->expected)
        return call_refuse(c, 400, NULL,
            "%" PRIu64 " bytes expected, and not %" PRIu64, r->expected, n);
    c->x->body_max = r->expected;
    body_to_disk(c->x, c->hub->blobs, r->part == 0);
    return 0;
}

int api_complete_head(struct call *c)
{
    return open_receipt(c, true);
}

static char *parts_dir(const struct call *c)
{
    return xasprintf("%s/parts", c->hub->root);
}

static int keep_part(struct call *c, struct receipt *r, struct blob_in *in)
{
    struct part part = {.number = r->part};
    char *dir = parts_dir(c);
    int err = part_keep(dir, &r->upload, in, &part);

    free(dir);
    if (err == 0)
        answer_header(c->x, "ETag", "\"%s\"", part.tag);
    return err;
}

static int refuse_content(struct call *c)
{
    return call_refuse(c, 422, NULL,
        "What was sent has not the SHA-256 and the size that were announced");
}

int api_upload_store(struct call *c)
{
    struct receipt *r = c->state;
    struct blob_in *in = NULL;
    uint8_t sha256[SHA256_SIZE];
    int err;

    if (spool_size(c->x->spool) != r->expected)
        return call_refuse(c, 400, NULL,
            "%" PRIu64 " bytes expected, and not %" PRIu64, r->expected,
            spool_size(c->x->spool));
    err = spool_end(c->x->spool, sha256, &in);
    if (err == 0 && r->part != 0) {
        err = keep_part(c, r, in);
    } else if (err == 0 && memcmp(sha256, r->upload.sha256, SHA256_SIZE) != 0) {
        err = refuse_content(c);
    } else if (err == 0) {
        memcpy(in->sha256, sha256, SHA256_SIZE);
        err = blobs_publish(c->hub->blobs, &in, 1);
        r->complete = err == 0;
    }
    blob_drop(in);
    return err;
}

/* ---- Putting parts together */

/* Clients send the ETag back as it came, with its quotes, or without. */
static bool read_part(const struct json *v, struct part *out)
{
    const char *etag = json_str(v, "etag");
    size_t n = etag != NULL ? strlen(etag) : 0;
    uint8_t tag[(PART_TAG_MAX - 1) / 2];
    uint64_t number;

    if (n > 1 && etag[0] == '"' && etag[n - 1] == '"') {
        etag++;
        n -= 2;
    }
    if (n != PART_TAG_MAX - 1 || !json_u64(v, "partNumber", &number) ||
        number == 0 || number > UINT32_MAX)
        return false;
    memcpy(out->tag, etag, n);
    out->tag[n] = '\0';
    out->number = (unsigned)number;
    return hex_parse(out->tag, tag, sizeof(tag));
}

/* The parts by their numbers; NULL, and *wrong says why. */
static struct part *read_parts(
    const struct json *root, unsigned n, const char **wrong)
{
    struct part *part = xcalloc(n, sizeof(*part));
    const struct json *v;
    struct part p;
    unsigned got = 0;

    *wrong = json_is_array(json_get(root, "parts")) ? NULL : "parts missing";
    json_each (v, json_get(root, "parts")) {
        if (!read_part(v, &p) || p.number > n) {
            *wrong = "a part that is none";
        } else if (part[p.number - 1].number == 0) {
            part[p.number - 1] = p;
            got++;
        } else if (strcmp(part[p.number - 1].tag, p.tag) != 0) {
            *wrong = "a part with two ETags";
        }
    }
    if (*wrong == NULL && got != n)
        *wrong = "not all parts are there";
    if (*wrong == NULL)
        return part;
    free(part);
    return NULL;
}

static int join(struct call *c, struct receipt *r, const struct part *part)
{
    char *dir = parts_dir(c);
    struct blob_in *in = NULL;
    int err = blob_begin(c->hub->blobs, &in);

    if (err == 0)
        err = part_join(dir, &r->upload, part, in);
    if (err == 0)
        err = blobs_publish(c->hub->blobs, &in, 1);
    r->complete = err == 0;
    blob_drop(in);
    if (err == 0)
        err = part_remove(dir, &r->upload);
    free(dir);
    if (err == -ENOENT)
        return call_refuse(c, 400, NULL, "not all parts are there");
    return err == -EBADMSG ? refuse_content(c) : err;
}

int api_complete_store(struct call *c)
{
    struct receipt *r = c->state;
    struct json *root = NULL;
    struct part *part = NULL;
    const char *wrong = "another oid";
    const char *oid;
    uint8_t sha256[SHA256_SIZE];
    int err = call_body(c, &root);

    if (err != 0)
        return err;
    oid = json_str(root, "oid");
    if (oid == NULL ||
        (hex_parse(oid, sha256, SHA256_SIZE) &&
            memcmp(sha256, r->upload.sha256, SHA256_SIZE) == 0))
        part = read_parts(root, upload_parts(r->upload.size), &wrong);
    json_free(root);
    err = part != NULL ? join(c, r, part)
                       : call_refuse(c, 400, NULL, "%s", wrong);
    free(part);
    return err;
}

/* Notes who has the content; nothing for a part. */
int api_upload(struct call *c, struct meta_db *db)
{
    const struct receipt *r = c->state;
    struct lfs lfs = {
        .size = r->upload.size, .pushed_s = c->x->began_ns / 1000000000};
    int err = 0;

    memcpy(lfs.sha256, r->upload.sha256, SHA256_SIZE);
    if (r->complete)
        err = meta_upload_put(db, r->upload.repo, r->upload.user, &lfs);
    return err == 0 ? call_done(c) : err;
}
