/* Shards on their way in:
 *
 *     parsed, and held against the chunks of xorbs   in a transaction that
 * reads files put together, SHA-256 compared           on the pool, in none
 *     recorded                                   in one that writes
 *
 * A term has to prove that its sender knows the chunks (xet_hash_term), and its
 * xorb must be one that the sender may use. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_blobs_care.h"
#include "hub/local_body.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_cas_file.h"
#include "hub/local_content.h"
#include "hub/local_hub.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_spool.h"
#include "hub/local_upload.h"

#define CHUNKS_MAX ((size_t)4 << 20) /* of all xorbs of a shard */

int cas_shard_head(struct call *c)
{
    body_to_disk(c->x, c->hub->blobs, false);
    return 0;
}

static int refuse(struct call *c, const struct xet_fault *f)
{
    return call_refuse(c, 400, NULL, "The shard is wrong at %llu: %s",
        (unsigned long long)f->at, f->text);
}

static int parse(struct call *c, struct cas_shard *s)
{
    uint64_t size = spool_size(c->x->spool);
    uint8_t unused[SHA256_SIZE];
    struct xet_fault fault = {0};
    struct blob_in *in = NULL;
    struct cas_map map = {0};
    int err = spool_end(c->x->spool, unused, &in);

    if (err == 0)
        err = cas_map(in, size, &map);
    if (err == 0)
        err = xet_shard_parse(map.p, map.n, &s->shard, &fault);
    cas_unmap(&map);
    blob_drop(in);
    if (err == -EBADMSG)
        return refuse(c, &fault);
    if (err == 0 && s->shard.terms.len > 0 && !s->shard.has_proofs)
        return call_refuse(c, 400, NULL, "The shard proves nothing");
    return err;
}

/* ---- Xorbs */

static int unknown(struct call *c, const struct xet_hash *hash)
{
    char name[XET_HASH_TEXT];

    xet_hash_format(hash, name);
    return call_refuse(c, 400, NULL, "There is no xorb %s", name);
}

static int load(struct call *c, struct meta_db *db, struct cas_shard *s,
    const struct xet_hash *hash)
{
    struct cas_part *part = cas_part_find(s, hash);
    int err;

    if (part != NULL)
        return 0;
    part = xcalloc(1, sizeof(*part));
    err = meta_xorb_find(db, hash, &part->row);
    if (err == 0)
        err = cas_may_use(c, db, part->row.id);
    if (err == 0)
        err = meta_xorb_chunks(db, part->row.id, &part->x);
    if (err != 0) {
        xet_xorb_fini(&part->x);
        free(part);
        return err == -ENOENT ? unknown(c, hash) : err;
    }
    cas_part_add(s, part);
    return s->n_chunks <= CHUNKS_MAX
        ? 0
        : call_refuse(c, 413, NULL, "The shard names too many chunks");
}

/* What it says of a xorb is what that is. */
static bool told_right(
    const struct cas_shard *s, const struct xet_shard_xorb *x)
{
    const struct cas_part *part = cas_part_find(s, &x->hash);

    if (x->n != part->x.n)
        return false;
    for (size_t i = 0; i < x->n; i++) {
        if (!xet_hash_equal(&xet_shard_chunk(&s->shard, x->first + i)->hash,
                &part->x.chunk[i].hash))
            return false;
    }
    return true;
}

static int load_all(struct call *c, struct meta_db *db, struct cas_shard *s)
{
    size_t n_terms = s->shard.terms.len / sizeof(struct xet_term);
    int err = 0;

    for (size_t i = 0; i < n_terms && err == 0; i++)
        err = load(c, db, s, &xet_shard_term(&s->shard, i)->xorb);
    for (size_t i = 0; i < xet_shard_n_xorbs(&s->shard) && err == 0; i++) {
        const struct xet_shard_xorb *x = xet_shard_xorb(&s->shard, i);

        err = load(c, db, s, &x->hash);
        if (err == 0 && !told_right(s, x))
            err = call_refuse(
                c, 400, NULL, "The shard lists other chunks of a xorb");
    }
    return err;
}

static const struct xet_xorb *find_xorb(void *ctx, const struct xet_hash *hash)
{
    const struct cas_part *part = cas_part_find(ctx, hash);

    return part != NULL ? &part->x : NULL;
}

/* A short shard can name a file that no disk holds: the same chunks for ever.
 */
static int check_sizes(struct call *c, const struct cas_shard *s)
{
    uint64_t all = 0;

    for (size_t i = 0; i < xet_shard_n_files(&s->shard); i++) {
        uint64_t size = xet_shard_file(&s->shard, i)->size;

        if (size > LFS_OBJECT_MAX || __builtin_add_overflow(all, size, &all))
            return call_refuse(
                c, 413, NULL, "The shard names a file that is too large");
    }
    return 0;
}

/* Files whose bytes need not be put together again. */
static int find_there(struct call *c, struct meta_db *db, struct cas_shard *s)
{
    size_t n = xet_shard_n_files(&s->shard);
    struct meta_file file;
    uint64_t size;
    int err = 0;

    s->content = xcalloc(n + 1, sizeof(*s->content));
    for (size_t i = 0; i < n && err == 0; i++) {
        err = meta_file_find(db, &xet_shard_file(&s->shard, i)->hash, &file);
        if (err == 0)
            err = blobs_keep(c->hub->blobs, file.sha256, &size);
        if (err == 0) {
            s->content[i].there = true;
            memcpy(s->content[i].sha256, file.sha256, SHA256_SIZE);
        }
        err = err == -ENOENT ? 0 : err;
    }
    return err;
}

int cas_shard_first(struct call *c, struct meta_db *db)
{
    struct cas_shard *s = xcalloc(1, sizeof(*s));
    struct xet_fault fault = {0};
    int err;

    c->state = s;
    c->state_free = cas_shard_free;
    err = cas_enter(c, db, true, &s->repo);
    if (err == 0)
        err = parse(c, s);
    if (err == 0)
        err = check_sizes(c, s);
    if (err == 0)
        err = load_all(c, db, s);
    if (err == 0)
        err = xet_shard_verify(&s->shard, find_xorb, s, &fault);
    if (err == -EBADMSG)
        return refuse(c, &fault);
    return err == 0 ? find_there(c, db, s) : err;
}

int cas_shard_store(struct call *c)
{
    struct buf why = {0};
    int err = cas_assemble(c->hub->blobs, c->state, &why);

    if (err == -EBADMSG)
        err =
            call_refuse(c, 400, NULL, "The shard is wrong: %s", buf_str(&why));
    buf_free(&why);
    return err;
}

/* ---- Recording */

static int gone(struct call *c)
{
    return call_refuse(
        c, 503, NULL, "What the shard names was just removed; try again");
}

static int keep_xorbs(
    struct call *c, struct meta_db *db, const struct cas_shard *s)
{
    struct meta_xorb row;
    uint64_t size;
    size_t n;
    struct cas_part *const *part = cas_shard_parts(s, &n);
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++) {
        err = meta_xorb_get(db, part[i]->row.id, &row);
        if (err == 0)
            err = blobs_keep(c->hub->blobs, row.sha256, &size);
        if (err == 0)
            err = meta_xorb_touch(db, row.id, c->x->began_ns / 1000000000);
    }
    return err == -ENOENT ? gone(c) : err;
}

static int put_file(struct call *c, struct meta_db *db,
    const struct cas_shard *s, const struct xet_shard_file *f,
    const uint8_t *sha256)
{
    struct meta_term *term = xcalloc(f->n + 1, sizeof(*term));
    struct meta_file file = {.hash = f->hash, .size = f->size};
    uint64_t at = 0;
    int err;

    memcpy(file.sha256, sha256, SHA256_SIZE);
    for (size_t i = 0; i < f->n; i++) {
        const struct xet_term *t = xet_shard_term(&s->shard, f->first + i);

        term[i] = (struct meta_term){
            .at = at,
            .xorb = cas_part_find(s, &t->xorb)->row.id,
            .first = t->start,
            .past = t->end,
            .raw = t->raw,
        };
        at += t->raw;
    }
    err = meta_file_put(db, &file, term, f->n, c->x->began_ns / 1000000000);
    free(term);
    return err;
}

/* The first chunk of a file may be asked for. */
static int index_file(struct meta_db *db, const struct cas_shard *s,
    const struct xet_shard_file *f)
{
    const struct xet_term *t;
    const struct cas_part *part;

    if (f->n == 0)
        return 0;
    t = xet_shard_term(&s->shard, f->first);
    part = cas_part_find(s, &t->xorb);
    return meta_chunk_put(db, &part->x.chunk[t->start].hash, part->row.id);
}

static int record(struct call *c, struct meta_db *db, const struct cas_shard *s,
    size_t i, bool *is_new)
{
    const struct xet_shard_file *f = xet_shard_file(&s->shard, i);
    struct lfs lfs = {.size = f->size, .pushed_s = c->x->began_ns / 1000000000};
    struct meta_file there;
    uint64_t size;
    int err = blobs_keep(c->hub->blobs, s->content[i].sha256, &size);

    if (err == -ENOENT)
        return gone(c);
    memcpy(lfs.sha256, s->content[i].sha256, SHA256_SIZE);
    if (err == 0)
        err = meta_file_find(db, &f->hash, &there);
    if (err == -ENOENT) {
        *is_new = true;
        err = put_file(c, db, s, f, lfs.sha256);
        if (err == 0)
            err = index_file(db, s, f);
    }
    if (err == 0)
        err = meta_upload_put(db, s->repo.id, content_uploader(c), &lfs);
    return err;
}

static void answer(struct call *c, bool is_new)
{
    struct jsonw w = answer_json(c->x, 200);
    bool events = c->route->verb[1] == '2';

    jsonw_object(&w, NULL);
    if (events)
        jsonw_str(&w, "type", "result");
    jsonw_u64(&w, "result", is_new ? 1 : 0);
    jsonw_object_end(&w);
    if (events) {
        answer_header(c->x, "Content-Type", "application/x-ndjson");
        buf_addc(&c->x->answer.body, '\n');
    }
}

int cas_shard(struct call *c, struct meta_db *db)
{
    const struct cas_shard *s = c->state;
    bool is_new = false;
    int err = keep_xorbs(c, db, s);

    for (size_t i = 0; i < xet_shard_n_files(&s->shard) && err == 0; i++)
        err = record(c, db, s, i, &is_new);
    if (err == 0)
        answer(c, is_new);
    return err;
}
