/* The verifier of an object: hashes the content in the order of offsets, slabs
 * from memory as they come, the rest from the disk once all is there. The read
 * that completes a content waits for the verdict (read.c), so a whole file
 * never reaches a reader with wrong bytes and no error. */
#include "cache/object.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static op_fn hash_next, hash_done, verdict, mark_done, hash_end; /* in order */

static struct verifier *verifier_of(struct op *op)
{
    return container_of(op, struct verifier, op);
}

static struct cache_file *object_of(struct verifier *v)
{
    return container_of(v, struct cache_file, verifier);
}

static bool all_on_disk(const struct cache_file *o)
{
    return o->disk != NULL && o->n_present == o->n_blocks;
}

bool verifier_due(const struct cache_file *o)
{
    return !o->verified &&
        (o->n_present + o->n_unsaved == o->n_blocks ||
            o->verifier.at == o->size);
}

void verifier_reset(struct cache_file *o)
{
    struct verifier *v = &o->verifier;

    digest_free(v->digest);
    v->digest = NULL;
    v->at = 0;
}

/* On the pool, as the next: they see their own fields only. */
static int hash_disk(struct verifier *v)
{
    int err = 0;

    for (size_t done = 0; err == 0 && done < v->len; done += SLAB_MAX) {
        size_t n = min_size(SLAB_MAX, v->len - done);

        err = file_pread(v->disk->entry.fd, v->bytes->p, n, v->at + done);
        if (err == 0)
            digest_add(v->digest, v->bytes->p, n);
    }
    return err;
}

static int hash_on_pool(struct work *w)
{
    struct verifier *v = container_of(w, struct verifier, work);

    for (size_t i = 0; i < v->n_parts; i++)
        digest_add(v->digest, v->part[i].p, v->part[i].len);
    return v->n_parts == 0 ? hash_disk(v) : 0;
}

/* How much can be hashed from the disk at pos. */
static size_t on_disk_at(const struct cache_file *o, uint64_t pos)
{
    uint64_t most = VERIFY_BATCH * SLAB_MAX;
    uint64_t end = pos;

    if (o->disk == NULL)
        return 0;
    while (end < o->size && end - pos < most &&
        object_present(o, end / ENTRY_BLOCK))
        end += entry_block_size(o->size, end / ENTRY_BLOCK);
    return (size_t)min_u64(end - pos, most);
}

/* The slabs in a row from where the hash is. */
static void choose_slabs(struct cache_file *o)
{
    struct verifier *v = &o->verifier;
    struct slab *s;

    v->len = v->n_parts = 0;
    while (v->n_parts < VERIFY_BATCH &&
        (s = slab_find(o, v->at + v->len)) != NULL &&
        s->state != SLAB_FILLING) {
        size_t skip = (size_t)(v->at + v->len - s->offset);
        struct verify_part *p = &v->part[v->n_parts++];

        p->bytes = bytes_get(s->bytes);
        p->p = s->bytes->p + skip;
        p->len = s->filled - skip;
        v->len += p->len;
        if (v->at + v->len == o->size)
            break;
    }
}

/* What to hash now: false if nothing is at hand. One job takes as much as there
 * is: the way there and back is as long as the hash of a slab. */
static bool choose(struct cache_file *o)
{
    struct verifier *v = &o->verifier;

    v->disk = NULL;
    choose_slabs(o);
    if (v->n_parts != 0)
        return true;
    v->len = slab_find(o, v->at) == NULL ? on_disk_at(o, v->at) : 0;
    if (v->len == 0)
        return false;
    v->disk = disk_get(o->disk);
    v->bytes = bytes_new(&o->cache->bytes, SLAB_MAX);
    return true;
}

static void spare_hashed_slabs(struct cache_file *o)
{
    struct slab *s;
    struct slab *next;

    for (s = TAILQ_FIRST(&o->slabs); s != NULL; s = next) {
        next = TAILQ_NEXT(s, link);
        slab_hashed(s);
    }
}

static void hash_next(struct op *op)
{
    struct verifier *v = verifier_of(op);
    struct cache_file *o = object_of(v);

    if (v->digest == NULL)
        v->digest = content_digest_new(&o->id, o->size);
    if (v->at == o->size || !choose(o))
        return;
    work_cpu(o->cache->pool, &v->work, hash_on_pool, op);
    op_then(op, hash_done);
}

static void hash_done(struct op *op)
{
    struct verifier *v = verifier_of(op);
    struct cache_file *o = object_of(v);
    int err = op_catch(op);

    for (size_t i = 0; i < v->n_parts; i++)
        bytes_put(v->part[i].bytes);
    bytes_put(v->bytes);
    v->bytes = NULL;
    disk_put(v->disk);
    v->disk = NULL;
    if (err != 0) {
        log_warn("cache: read %s: %s", o->path, uv_strerror(err));
        v->wrong = true;
        return;
    }
    v->at += v->len;
    spare_hashed_slabs(o);
    op_then(op, v->at == o->size ? verdict : hash_next);
    room_check(o->cache);
}

static void verdict(struct op *op)
{
    struct verifier *v = verifier_of(op);
    struct cache_file *o = object_of(v);
    uint8_t sum[DIGEST_MAX] = {0};
    char text[CONTENT_TEXT_MAX];

    digest_end(v->digest, sum);
    v->digest = NULL;
    if (memcmp(sum, o->id.hash, content_hash_size(o->id.kind)) != 0) {
        content_text(&o->id, text);
        log_error("cache: %s: the bytes received do not have this hash; "
                  "dropped",
            text);
        v->wrong = true;
        return;
    }
    o->verified = true;
    op_then(op, mark_done);
}

static int mark_on_pool(struct work *w)
{
    struct verifier *v = container_of(w, struct verifier, work);

    return entry_set_verified(&v->disk->entry);
}

/* Remembers the verdict on disk, if the content is there in full. */
static void mark_done(struct op *op)
{
    struct verifier *v = verifier_of(op);
    struct cache_file *o = object_of(v);

    op_list_wake(&o->proven, 0);
    if (all_on_disk(o) && !o->disk->entry.verified) {
        v->disk = disk_get(o->disk);
        work_disk(o->cache->pool, &v->work, mark_on_pool, op);
    }
}

static void hash_end(struct op *op)
{
    struct verifier *v = verifier_of(op);
    struct cache_file *o = object_of(v);
    disk_put(v->disk);
    v->disk = NULL;
    v->running = false;
    if (v->wrong)
        object_fault(o);
    op_list_wake(&o->proven, v->wrong ? -EIO : 0);
    object_idle(o);
}

void verifier_kick(struct cache_file *o)
{
    struct verifier *v = &o->verifier;

    if (v->running)
        return;
    if (o->verified) {
        /* The verdict came before the last slab was saved. */
        if (!all_on_disk(o) || o->disk->entry.verified ||
            o->id.kind == CONTENT_PATH || o->id.kind == CONTENT_NONE)
            return;
    } else {
        struct slab *s = slab_find(o, v->at);

        if (s != NULL ? s->state == SLAB_FILLING : on_disk_at(o, v->at) == 0)
            return;
    }
    v->running = true;
    v->wrong = false;
    object_busy(o);
    op_start(&v->op, o->verified ? mark_done : hash_next, hash_end, NULL);
}
