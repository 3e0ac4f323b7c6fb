/* Flights: reads of an origin under way. However many readers want the same
 * bytes, one flight brings them, and each reader wakes as soon as its own are
 * there. Whole blocks only: a flight starts at a block and ends at one, or at
 * the content's end. */
#include "cache/object.h"

#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct flight_wait {
    uint64_t upto;
    struct op *op;
};

struct flight {
    struct op op;
    struct origin_sink sink;
    struct cache_file *object;
    struct origin *origin;
    uint64_t start;
    uint64_t end;
    uint64_t at; /* arrived up to here */
    struct slab *slab;
    struct buf waits; /* of struct flight_wait */
    TAILQ_ENTRY(flight) link;
};

static op_fn flight_go, flight_land, flight_free; /* in this order */

/* The first that waits for no more than this, taken off the list; or NULL. */
static struct op *waiter_below(struct flight *f, uint64_t at)
{
    struct flight_wait *w = (struct flight_wait *)(void *)f->waits.data;
    size_t n = f->waits.len / sizeof(*w);

    for (size_t i = 0; i < n; i++) {
        struct op *op = w[i].op;

        if (w[i].upto > at)
            continue;
        memmove(&w[i], &w[i + 1], (n - i - 1) * sizeof(*w));
        f->waits.len -= sizeof(*w);
        return op;
    }
    return NULL;
}

/* The woken may have come back with another wait. */
static void wake_below(struct flight *f, uint64_t at, int err)
{
    struct op *op;

    while ((op = waiter_below(f, at)) != NULL)
        op_wake(op, err);
}

static int take(struct origin_sink *sink, const uint8_t *p, size_t n)
{
    struct flight *f = container_of(sink, struct flight, sink);
    struct cache *c = f->object->cache;

    if (n > f->end - f->at)
        return -EBADMSG; /* the origin promised not to */
    c->stats.fetched_bytes += n;
    c->in_the_air -= n;
    while (n > 0) {
        size_t part;

        if (f->slab == NULL)
            f->slab = slab_new(
                f->object, f->at, min_size(SLAB_MAX, (size_t)(f->end - f->at)));
        part = min_size(n, f->slab->len - f->slab->filled);
        memcpy(f->slab->bytes->p + f->slab->filled, p, part);
        f->slab->filled += part;
        f->at += part;
        p += part;
        n -= part;
        if (f->slab->filled == f->slab->len) {
            struct slab *s = f->slab;

            f->slab = NULL;
            slab_finish(s);
        }
    }
    wake_below(f, f->at, 0);
    return 0;
}

static void flight_go(struct op *op)
{
    struct flight *f = container_of(op, struct flight, op);

    f->sink.data = take;
    f->origin->ops->read(f->origin, f->start, f->end - f->start, &f->sink, op);
    op_then(op, flight_land);
}

static void flight_land(struct op *op)
{
    struct flight *f = container_of(op, struct flight, op);
    struct cache_file *o = f->object;
    int err = op_catch(op);
    struct slab *s = f->slab;

    f->slab = NULL;
    TAILQ_REMOVE(&o->flights, f, link);
    object_mark(o->flying, f->start, f->end, false);
    o->cache->in_the_air -= f->end - f->at;
    if (s != NULL)
        slab_finish(s);
    if (err == 0 && f->at != f->end)
        err = -EIO;
    wake_below(f, UINT64_MAX, err);
    room_check(o->cache);
}

static void flight_free(struct op *op)
{
    struct flight *f = container_of(op, struct flight, op);
    struct cache_file *o = f->object;

    origin_put(f->origin);
    buf_free(&f->waits);
    free(f);
    object_idle(o);
}

struct flight *flight_find(struct cache_file *o, uint64_t pos)
{
    struct flight *f;

    TAILQ_FOREACH (f, &o->flights, link) {
        if (pos >= f->at && pos < f->end)
            return f;
    }
    return NULL;
}

uint64_t flight_end(const struct flight *f)
{
    return f->end;
}

uint64_t flight_gap_end(struct cache_file *o, uint64_t pos, uint64_t limit)
{
    uint64_t end = pos - pos % ENTRY_BLOCK;

    while (end < limit && end < o->size) {
        if (!object_missing(o, end / ENTRY_BLOCK))
            break;
        end += entry_block_size(o->size, end / ENTRY_BLOCK);
    }
    return end;
}

struct flight *flight_start(struct cache_file *o, uint64_t start, uint64_t end)
{
    struct flight *f = xcalloc(1, sizeof(*f));

    object_busy(o);
    assert(start % ENTRY_BLOCK == 0 && start < end && end <= o->size);
    assert(end % ENTRY_BLOCK == 0 || end == o->size);
    f->object = o;
    f->origin = origin_get(o->origin);
    f->start = start;
    f->at = start;
    f->end = end;
    TAILQ_INSERT_TAIL(&o->flights, f, link);
    object_mark(o->flying, start, end, true);
    o->cache->in_the_air += end - start;
    o->cache->stats.flights++;
    return f;
}

void flight_run(struct flight *f)
{
    op_start(&f->op, flight_go, flight_free, NULL);
}

void flight_wait(struct flight *f, uint64_t upto, struct op *op)
{
    struct flight_wait w = {upto, op};

    op_hold(op);
    buf_add(&f->waits, &w, sizeof(w));
}
