/* What the CAS has: chunks that need not be sent again, xorbs, files. Nothing
 * that the caller may not use is there for them. */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/local_api.h"
#include "hub/local_blobs.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_hub.h"
#include "hub/local_meta_xet.h"
#include "hub/xet_shard.h"

#define TELL_S 86400 /* how long an answer is good for */

struct lookup {
    struct call *call;
    struct meta_db *db;
    const struct xet_hash *chunk;
    struct xet_xorb found;
    int err; /* -ENOENT: not yet found */
};

static bool look_into(void *ctx, int64_t id)
{
    struct lookup *l = ctx;

    l->err = cas_may_use(l->call, l->db, id);
    if (l->err == 0)
        l->err = meta_xorb_chunks(l->db, id, &l->found);
    for (size_t i = 0; i < l->found.n && l->err == 0; i++) {
        if (xet_hash_equal(&l->found.chunk[i].hash, l->chunk))
            return false;
    }
    xet_xorb_fini(&l->found);
    if (l->err == 0)
        l->err = -ENOENT;
    return l->err == -ENOENT;
}

/* A shard of one xorb, with its chunks under a key of this answer: who does
 * not have a chunk does not learn its hash. */
static void answer_shard(struct call *c, const struct xet_xorb *x)
{
    int64_t now_s = c->x->began_ns / 1000000000;
    struct xet_shard s = {
        .has_footer = true,
        .footer = {.created = (uint64_t)now_s,
            .expiry = (uint64_t)(now_s + TELL_S)},
    };

    random_bytes(s.footer.key.b, XET_HASH_SIZE);
    xet_shard_add_xorb(&s, x, 0);
    answer_clear(c->x);
    c->x->answer.status = 200;
    answer_header(c->x, "Content-Type", "application/octet-stream");
    xet_shard_write(&s, false, &c->x->answer.body);
    xet_shard_fini(&s);
}

int cas_chunk(struct call *c, struct meta_db *db)
{
    struct xet_hash chunk;
    struct lookup l = {.call = c, .db = db, .chunk = &chunk, .err = -ENOENT};
    struct repo repo;
    int err = cas_enter(c, db, false, &repo);

    if (err == 0)
        err = cas_take_prefixed_hash(c, &chunk);
    if (err == 0)
        err = meta_chunk_each(db, &chunk, look_into, &l);
    if (err == 0)
        err = l.err;
    if (err == 0)
        answer_shard(c, &l.found);
    xet_xorb_fini(&l.found);
    return err == -ENOENT ? call_refuse(c, 404, NULL, "Not known") : err;
}

/* Its length, for HEAD. */
static int answer_length(struct call *c, const uint8_t *sha256, uint64_t size)
{
    struct answer *a = &c->x->answer;
    int fd = blobs_open(c->hub->blobs, sha256);

    if (fd < 0)
        return fd == -ENOENT ? call_refuse(c, 404, NULL, "Not found") : fd;
    answer_header(c->x, "Content-Type", "application/octet-stream");
    a->status = 200;
    a->fd = fd;
    a->len = size;
    return 0;
}

int cas_has_xorb(struct call *c, struct meta_db *db)
{
    struct meta_xorb xorb;
    struct xet_hash hash;
    struct repo repo;
    int err = cas_enter(c, db, false, &repo);

    if (err == 0)
        err = cas_take_prefixed_hash(c, &hash);
    if (err != 0)
        return err;
    err = meta_xorb_find(db, &hash, &xorb);
    if (err == 0)
        err = cas_may_use(c, db, xorb.id);
    if (err == -ENOENT)
        return call_refuse(c, 404, NULL, "Not found");
    return err == 0 ? answer_length(c, xorb.sha256, xorb.size) : err;
}

int cas_has_file(struct call *c, struct meta_db *db)
{
    struct meta_file file;
    struct xet_hash hash;
    struct repo repo;
    int err = cas_enter(c, db, false, &repo);

    if (err == 0)
        err = cas_take_hash(c, &hash);
    if (err == 0)
        err = cas_find_file(c, db, &repo, &hash, &file);
    if (err != 0)
        return err;
    if (file.size > 0)
        return answer_length(c, file.sha256, file.size);
    c->x->answer.status = 200;
    return 0;
}

/* Heard, and forgotten. */
int cas_telemetry(struct call *c, struct meta_db *db)
{
    struct jsonw w;

    (void)db;
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_object_end(&w);
    return 0;
}
