/* Room in memory, see room.h. Slabs leave it when they are on disk and hashed;
 * where that is slower than readers are served, they wait here, up to a point:
 * a disk that takes less than GAIN_MIN in TICK_MS does not get everything. */
#include "cache/room.h"

#include "base/mem.h"
#include "cache/object.h"

#define TICK_MS 100
#define GAIN_MIN ((size_t)16 << 20)
#define WORTH_WAKING 8 /* a part of the limit */

static op_fn keep, look, keep_end; /* in this order */

size_t room_left(const struct cache *c)
{
    uint64_t taken = c->bytes.in_use - c->spare_bytes + c->in_the_air;

    return taken < c->memory_limit ? (size_t)(c->memory_limit - taken) : 0;
}

/* Drops saved slabs, and then unsaved ones, until n bytes have become free. */
static void make(struct cache *c, size_t n)
{
    struct cache_file *o;
    struct cache_file *next;
    uint64_t until = c->room.gained + n;

    slabs_drop_idle(c, n);
    HASH_ITER (hh, c->objects, o, next) {
        if (c->room.gained < until)
            slabs_drop_unsaved(o, (size_t)(until - c->room.gained));
    }
}

static struct cache *cache_of(struct op *op)
{
    return container_of(op, struct cache, room.op);
}

static void keep(struct op *op)
{
    struct cache *c = cache_of(op);

    timer_sleep(&c->room.timer, c->pool->loop, TICK_MS, op);
    op_then(op, look);
}

static void look(struct op *op)
{
    struct cache *c = cache_of(op);
    struct room *r = &c->room;

    if (op_list_empty(&r->waiting))
        return;
    op_then(op, keep);
    if (r->gained < GAIN_MIN) {
        make(c, GAIN_MIN);
        r->forced++;
        op_list_wake(&r->waiting, 0);
    }
    r->gained = 0;
}

static void keep_end(struct op *op)
{
    cache_of(op)->room.running = false;
    cache_idle(cache_of(op));
}

void room_wait(struct cache *c, struct op *op)
{
    struct room *r = &c->room;

    op_list_wait(&r->waiting, op);
    if (r->running)
        return;
    r->running = true;
    r->gained = 0;
    cache_busy(c);
    op_start(&r->op, keep, keep_end, NULL);
}

void room_check(struct cache *c)
{
    struct room *r = &c->room;

    if (!op_list_empty(&r->waiting) &&
        room_left(c) >= c->memory_limit / WORTH_WAKING)
        op_list_wake(&r->waiting, 0);
}
