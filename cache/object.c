/* One content's life in memory: opening what is on disk, the bitmaps of its
 * blocks, and forgetting it all when it turns out wrong. */
#include "cache/object.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct disk *disk_get(struct disk *d)
{
    d->refs++;
    return d;
}

void disk_put(struct disk *d)
{
    if (d == NULL || --d->refs > 0)
        return;
    entry_close(&d->entry);
    free(d);
}

struct cache_file *object_get(struct cache_file *o)
{
    o->refs++;
    return o;
}

static void object_free(struct cache_file *o)
{
    struct slab *s;

    while ((s = TAILQ_FIRST(&o->slabs)) != NULL)
        slab_drop(s);
    assert(TAILQ_EMPTY(&o->flights) && op_list_empty(&o->opened));
    HASH_DEL(o->cache->objects, o);
    verifier_reset(o);
    disk_put(o->disk);
    origin_put(o->origin);
    free(o->path);
    free(o->present);
    free(o->checked);
    free(o->held);
    free(o->flying);
    free(o);
}

void object_put(struct cache_file *o)
{
    assert(o->refs > 0);
    if (--o->refs == 0)
        object_free(o);
}

void object_busy(struct cache_file *o)
{
    object_get(o);
    cache_busy(o->cache);
}

void object_idle(struct cache_file *o)
{
    struct cache *c = o->cache;

    object_put(o);
    cache_idle(c);
}

/* ---- Opening: one job for however many wait. */

struct opening {
    struct op op;
    struct work work;
    struct cache_file *object;
    struct disk *disk;
    uint32_t *record; /* as read by the job */
};

static op_fn open_look, open_take, open_end; /* in this order */

/* On the pool: opens the entry and reads all of its checksums. */
static int open_on_pool(struct work *w)
{
    struct opening *a = container_of(w, struct opening, work);
    const struct cache_file *o = a->object;
    int err = entry_open(o->path, &o->id, o->size, &a->disk->entry);

    if (err != 0)
        return err;
    a->record = xmalloc(4 * (size_t)o->n_blocks);
    err = entry_records(&a->disk->entry, 0, (size_t)o->n_blocks, a->record);
    if (err != 0)
        entry_close(&a->disk->entry);
    return err;
}

static void open_look(struct op *op)
{
    struct opening *a = container_of(op, struct opening, op);

    a->disk = xcalloc(1, sizeof(*a->disk));
    a->disk->refs = 1;
    a->disk->entry.fd = -1;
    work_disk(a->object->cache->pool, &a->work, open_on_pool, op);
    op_then(op, open_take);
}

/* No entry, or one that cannot be read, is an empty cache, not an error. */
static void open_take(struct op *op)
{
    struct opening *a = container_of(op, struct opening, op);
    struct cache_file *o = a->object;
    int err = op_catch(op);

    if (err != 0) {
        if (err != -ENOENT)
            log_warn("cache: open %s: %s", o->path, uv_strerror(err));
        return;
    }
    o->disk = disk_get(a->disk);
    o->verified = o->verified || a->disk->entry.verified;
    for (uint64_t i = 0; i < o->n_blocks; i++) {
        if (a->record[i] != 0)
            object_set_present(o, i, 1);
    }
}

static void open_end(struct op *op)
{
    struct opening *a = container_of(op, struct opening, op);
    struct cache_file *o = a->object;

    disk_put(a->disk);
    free(a->record);
    free(a);
    o->state = OBJECT_READY;
    op_list_wake(&o->opened, 0);
    verifier_kick(o);
    object_idle(o);
}

void object_open(struct cache_file *o, struct op *op)
{
    struct opening *a;

    if (o->state == OBJECT_READY)
        return;
    op_list_wait(&o->opened, op);
    if (o->state == OBJECT_OPENING)
        return;
    if (o->path == NULL) {
        o->state = OBJECT_READY;
        op_list_wake(&o->opened, 0);
        return;
    }
    o->state = OBJECT_OPENING;
    a = xcalloc(1, sizeof(*a));
    a->object = o;
    object_busy(o);
    op_start(&a->op, open_look, open_end, NULL);
}

/* ---- Bitmaps */

static bool bit(const uint64_t *map, uint64_t i)
{
    return (map[i / 64] >> (i % 64) & 1) != 0;
}

bool object_present(const struct cache_file *o, uint64_t block)
{
    return bit(o->present, block);
}

bool object_checked(const struct cache_file *o, uint64_t block)
{
    return bit(o->checked, block);
}

void object_set_present(struct cache_file *o, uint64_t first, uint64_t n)
{
    for (uint64_t i = first; i < first + n; i++) {
        if (!bit(o->present, i))
            o->n_present++;
        o->present[i / 64] |= (uint64_t)1 << (i % 64);
    }
}

void object_set_checked(struct cache_file *o, uint64_t first, uint64_t n)
{
    for (uint64_t i = first; i < first + n; i++)
        o->checked[i / 64] |= (uint64_t)1 << (i % 64);
}

void object_mark(uint64_t *map, uint64_t start, uint64_t end, bool on)
{
    uint64_t stop = (end + ENTRY_BLOCK - 1) / ENTRY_BLOCK;

    for (uint64_t i = start / ENTRY_BLOCK; i < stop; i++) {
        if (on)
            map[i / 64] |= (uint64_t)1 << (i % 64);
        else
            map[i / 64] &= ~((uint64_t)1 << (i % 64));
    }
}

bool object_missing(const struct cache_file *o, uint64_t block)
{
    uint64_t any =
        o->present[block / 64] | o->held[block / 64] | o->flying[block / 64];

    return (any >> (block % 64) & 1) == 0;
}

void object_set_absent(struct cache_file *o, uint64_t block)
{
    uint64_t mask = ~((uint64_t)1 << (block % 64));

    if (bit(o->present, block))
        o->n_present--;
    o->present[block / 64] &= mask;
    o->checked[block / 64] &= mask;
}

void object_fault(struct cache_file *o)
{
    struct slab *s;
    struct slab *next;

    o->faults++;
    o->cache->stats.damaged++;
    for (s = TAILQ_FIRST(&o->slabs); s != NULL; s = next) {
        next = TAILQ_NEXT(s, link);
        if (slab_droppable(s))
            slab_drop(s);
        else if (s->state != SLAB_FILLING)
            slab_hide(s);
    }
    for (uint64_t i = 0; i < o->n_blocks; i++)
        object_set_absent(o, i);
    if (o->disk != NULL) {
        /* Jobs that still use the file keep it open, without its name. */
        unlink(o->path);
        disk_put(o->disk);
        o->disk = NULL;
    }
    o->verified = false;
    verifier_reset(o);
}
