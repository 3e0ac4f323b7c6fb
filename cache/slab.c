/* Slabs: fetched bytes in memory, until they are on disk and hashed. What
 * cannot be saved, or not fast enough, stays as long as memory allows: a full
 * or slow disk makes a mount stream, and bounds nothing but its own speed. */
#include "cache/object.h"

#include "base/mem.h"

#include <stdlib.h>

#define WANTED_AHEAD (32 * SLAB_MAX)

struct slab *slab_new(struct cache_file *o, uint64_t offset, size_t len)
{
    struct slab *s = xcalloc(1, sizeof(*s));

    slabs_trim(o->cache);
    s->state = SLAB_FILLING;
    s->object = o;
    s->bytes = bytes_new(&o->cache->bytes, len);
    s->offset = offset;
    s->len = len;
    TAILQ_INSERT_TAIL(&o->slabs, s, link);
    object_mark(o->held, offset, offset + len, true);
    return s;
}

struct slab *slab_find(struct cache_file *o, uint64_t pos)
{
    struct slab *s;

    if ((o->held[pos / ENTRY_BLOCK / 64] >> (pos / ENTRY_BLOCK % 64) & 1) == 0)
        return NULL;
    TAILQ_FOREACH_REVERSE(s, &o->slabs, slab_list, link)
    {
        if (!s->hidden && pos >= s->offset && pos < s->offset + s->filled)
            return s;
    }
    return NULL;
}

/* Blocks that nothing but this slab has. */
static uint64_t unsaved_blocks(const struct slab *s)
{
    uint64_t first = s->offset / ENTRY_BLOCK;
    uint64_t n = 0;

    for (uint64_t i = first; i < first + entry_blocks(s->filled); i++)
        n += !object_present(s->object, i);
    return n;
}

void slab_finish(struct slab *s)
{
    struct cache_file *o = s->object;

    if (s->offset + s->filled != o->size)
        s->filled -= s->filled % ENTRY_BLOCK; /* whole blocks only */
    if (s->filled < s->len)
        object_mark(o->held, s->offset + s->filled, s->offset + s->len, false);
    s->len = s->filled;
    s->state = SLAB_FILLED;
    if (s->filled == 0) {
        slab_drop(s);
        return;
    }
    o->n_unsaved += unsaved_blocks(s);
    saver_kick(o);
    verifier_kick(o);
}

/* The verifier takes slabs in the order of offsets; what lies far ahead of it
 * is read back from the disk when its time comes. */
static bool wanted(const struct slab *s)
{
    const struct verifier *v = &s->object->verifier;

    return !s->object->verified && s->offset + s->filled > v->at &&
        s->offset < v->at + WANTED_AHEAD;
}

void slab_hashed(struct slab *s)
{
    struct cache *c = s->object->cache;

    if (s->state != SLAB_SAVED || wanted(s))
        return;
    s->state = SLAB_SPARE;
    TAILQ_REMOVE(&c->idle, s, idle);
    TAILQ_INSERT_TAIL(&c->spares, s, idle);
    c->spare_bytes += s->len;
}

void slab_settle(struct slab *s, enum slab_state state)
{
    struct cache_file *o = s->object;

    if (state == SLAB_SAVED) {
        o->n_unsaved -= unsaved_blocks(s);
        object_set_present(o, s->offset / ENTRY_BLOCK, entry_blocks(s->filled));
        object_set_checked(o, s->offset / ENTRY_BLOCK, entry_blocks(s->filled));
    }
    s->state = state;
    TAILQ_INSERT_TAIL(&o->cache->idle, s, idle);
    slab_hashed(s);
    slabs_trim(o->cache);
}

bool slab_droppable(const struct slab *s)
{
    return s->state != SLAB_FILLING && s != s->object->saver.slab;
}

void slab_hide(struct slab *s)
{
    struct cache_file *o = s->object;

    if (s->hidden)
        return;
    if (s->state == SLAB_FILLED || s->state == SLAB_KEPT)
        o->n_unsaved -= unsaved_blocks(s);
    object_mark(o->held, s->offset, s->offset + s->len, false);
    s->hidden = true;
}

void slab_drop(struct slab *s)
{
    struct cache_file *o = s->object;
    struct cache *c = o->cache;

    if (s->state == SLAB_SAVED || s->state == SLAB_KEPT)
        TAILQ_REMOVE(&c->idle, s, idle);
    if (s->state == SLAB_SPARE) {
        TAILQ_REMOVE(&c->spares, s, idle);
        c->spare_bytes -= s->len;
    }
    slab_hide(s);
    TAILQ_REMOVE(&o->slabs, s, link);
    c->room.gained += s->len;
    bytes_put(s->bytes);
    free(s);
}

/* Spares keep half of the memory at most, so that there is room for more. */
static struct slab *to_trim(struct cache *c)
{
    struct slab *s = TAILQ_FIRST(&c->spares);
    bool over = c->bytes.in_use > c->memory_limit;

    if (s != NULL && (over || c->spare_bytes > c->memory_limit / 2))
        return s;
    s = over ? TAILQ_FIRST(&c->idle) : NULL;
    while (s != NULL && !slab_droppable(s))
        s = TAILQ_NEXT(s, idle);
    return s;
}

void slabs_trim(struct cache *c)
{
    struct slab *s;

    while ((s = to_trim(c)) != NULL)
        slab_drop(s);
}

static void drop_from(struct cache *c, struct slab *first, uint64_t until)
{
    struct slab *next;

    for (struct slab *s = first; s != NULL && c->room.gained < until;
         s = next) {
        next = TAILQ_NEXT(s, idle);
        if (slab_droppable(s))
            slab_drop(s);
    }
}

void slabs_drop_idle(struct cache *c, size_t n)
{
    uint64_t until = c->room.gained + n;

    drop_from(c, TAILQ_FIRST(&c->spares), until);
    drop_from(c, TAILQ_FIRST(&c->idle), until);
}

void slabs_drop_unsaved(struct cache_file *o, size_t n)
{
    uint64_t until = o->cache->room.gained + n;
    struct slab *s;
    struct slab *next;

    for (s = TAILQ_FIRST(&o->slabs); s != NULL && o->cache->room.gained < until;
         s = next) {
        next = TAILQ_NEXT(s, link);
        if (s->state == SLAB_FILLED && slab_droppable(s))
            slab_drop(s);
    }
}
