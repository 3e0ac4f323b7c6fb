/* Reading: find the bytes in memory, on disk or in the air, fetch what is
 * missing, and give them out by reference. */
#include "cache/object.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 3
#define FLIGHT_WORTH SLAB_MAX /* a smaller one waits until there is room */
/* A verdict that is further away than this many bytes of hashing (about ten
 * seconds) is not waited for. */
#define PROOF_WAIT_MAX ((uint64_t)8 << 30)
#define PIECES_MAX (CACHE_READ_MAX / ENTRY_BLOCK + 1)

/* Part of a read that comes from the disk. */
struct piece {
    uint64_t offset;
    size_t len;
    bool check; /* compare its blocks with their checksums first */
};

struct reading {
    struct op op;
    struct work work;
    struct cache_file *object;
    uint64_t offset;
    size_t len;
    size_t more;
    struct bytes_parts *out;
    struct bytes_parts parts; /* moves to *out at the end */
    unsigned tries;
    unsigned forced; /* of the room, when it was waited for */
    bool waits_room;
    bool waited;
    bool own;          /* it started a flight itself */
    struct disk *disk; /* for the job, with what follows */
    struct bytes *bytes;
    struct piece piece[PIECES_MAX];
    size_t n_pieces;
};

static op_fn start, plan, loaded, prove, finish, reading_end; /* in order */

static struct reading *reading_of(struct op *op)
{
    return container_of(op, struct reading, op);
}

static void start(struct op *op)
{
    struct reading *r = reading_of(op);

    object_open(r->object, op);
    op_then(op, plan);
}

/* Where a flight of this read's own may end: one of a stream brings more, if
 * there is room. 0: there is none, and it is waited for, once. */
static uint64_t fetch_end(struct reading *r)
{
    struct cache *c = r->object->cache;
    size_t left = room_left(c);

    if (r->more == 0 || (r->waits_room && r->forced != c->room.forced))
        return r->offset + r->len;
    if (left < r->len)
        return 0;
    return r->offset + r->len + min_size(r->more, left - r->len);
}

/* Waits for the flight that brings pos, or starts one; gives its end. */
static uint64_t wait_for(struct reading *r, uint64_t pos)
{
    struct cache_file *o = r->object;
    uint64_t end = r->offset + r->len;
    struct flight *f = flight_find(o, pos);
    uint64_t upto;

    if (f != NULL) {
        upto = flight_end(f);
        flight_wait(f, min_u64(end, upto), &r->op);
        return upto;
    }
    upto = fetch_end(r);
    if (upto == 0) {
        r->waits_room = true;
        r->forced = o->cache->room.forced;
        room_wait(o->cache, &r->op);
        return end;
    }
    r->own = true;
    pos -= pos % ENTRY_BLOCK;
    f = flight_start(o, pos, flight_gap_end(o, pos, upto));
    upto = flight_end(f);
    flight_wait(f, min_u64(end, upto), &r->op);
    flight_run(f);
    return upto;
}

/* Adds [pos, stop), part of one block, to what the job reads. */
static void add_piece(struct reading *r, uint64_t pos, uint64_t stop)
{
    struct piece *last = r->n_pieces != 0 ? &r->piece[r->n_pieces - 1] : NULL;
    bool check = !object_checked(r->object, pos / ENTRY_BLOCK);

    if (last != NULL && last->offset + last->len == pos &&
        last->check == check) {
        last->len += (size_t)(stop - pos);
        return;
    }
    assert(r->n_pieces < PIECES_MAX);
    r->piece[r->n_pieces++] = (struct piece){
        .offset = pos, .len = (size_t)(stop - pos), .check = check};
}

/* Goes through the range once. False: something was missing and is waited
 * for. Otherwise the pieces that come from the disk are noted. */
static bool survey(struct reading *r)
{
    struct cache_file *o = r->object;
    uint64_t end = r->offset + r->len;
    bool complete = true;

    r->n_pieces = 0;
    for (uint64_t pos = r->offset; pos < end;) {
        uint64_t block = pos / ENTRY_BLOCK;
        struct slab *s;

        if ((s = slab_find(o, pos)) != NULL) {
            pos = min_u64(end, s->offset + s->filled);
        } else if (object_present(o, block)) {
            uint64_t stop = min_u64(end, (block + 1) * ENTRY_BLOCK);

            add_piece(r, pos, stop);
            pos = stop;
        } else {
            complete = false;
            pos = wait_for(r, pos);
        }
    }
    return complete;
}

/* Everything is in slabs: hands out references, if they are few enough. */
static bool by_reference(struct reading *r)
{
    uint64_t end = r->offset + r->len;

    if (r->n_pieces != 0)
        return false;
    for (uint64_t pos = r->offset; pos < end;) {
        struct slab *s = slab_find(r->object, pos);
        uint64_t stop = min_u64(end, s->offset + s->filled);

        if (r->parts.n == BYTES_PARTS_MAX) {
            bytes_parts_free(&r->parts);
            return false;
        }
        bytes_parts_add(&r->parts, bytes_get(s->bytes),
            s->bytes->p + (pos - s->offset), (size_t)(stop - pos));
        pos = stop;
    }
    return true;
}

/* Spares that the reading has come to the end of: whoever reads on has been
 * through them. */
static void drop_spares(struct reading *r)
{
    uint64_t end = r->offset + r->len;

    for (uint64_t pos = r->offset; pos < end;) {
        struct slab *s = slab_find(r->object, pos);

        pos = s->offset + s->filled;
        if (s->state == SLAB_SPARE && pos <= end)
            slab_drop(s);
    }
}

/* Copies what is in slabs; the gaps are the pieces. */
static void copy_slabs(struct reading *r)
{
    uint64_t pos = r->offset;

    for (size_t i = 0; i <= r->n_pieces; i++) {
        uint64_t stop =
            i < r->n_pieces ? r->piece[i].offset : r->offset + r->len;

        while (pos < stop) {
            struct slab *s = slab_find(r->object, pos);
            size_t n = (size_t)(min_u64(stop, s->offset + s->filled) - pos);

            memcpy(r->bytes->p + (pos - r->offset),
                s->bytes->p + (pos - s->offset), n);
            pos += n;
        }
        if (i < r->n_pieces)
            pos += r->piece[i].len;
    }
}

static uint64_t piece_first(const struct piece *p)
{
    return p->offset / ENTRY_BLOCK;
}

static size_t piece_blocks(const struct piece *p)
{
    return (
        size_t)((p->offset + p->len - 1) / ENTRY_BLOCK + 1 - piece_first(p));
}

/* On the pool: sees the reading's own fields and the entry. */
static int load_on_pool(struct work *w)
{
    struct reading *r = container_of(w, struct reading, work);
    const struct entry *e = &r->disk->entry;
    int err = 0;

    for (size_t i = 0; err == 0 && i < r->n_pieces; i++) {
        const struct piece *p = &r->piece[i];

        if (p->check)
            err = entry_check(e, piece_first(p), piece_blocks(p));
        if (err == 0)
            err = file_pread(e->fd, r->bytes->p + (p->offset - r->offset),
                p->len, p->offset);
    }
    return err;
}

/* The common case: all on disk, checked, and in the page cache. */
static bool hot(struct reading *r)
{
    return r->n_pieces == 1 && r->piece[0].len == r->len &&
        !r->piece[0].check &&
        file_read_hot(r->object->disk->entry.fd, r->bytes->p, r->len,
            r->offset) == (ssize_t)r->len;
}

static void plan(struct op *op)
{
    struct reading *r = reading_of(op);
    struct cache_file *o = r->object;

    if (op->err != 0) {
        /* A flight that somebody else began may have had an older cause to
         * fail, or was optional; one of our own has tried enough. */
        if (r->own || ++r->tries >= TRIES_MAX)
            return;
        op_catch(op);
    }
    if (!survey(r)) {
        r->waited = true;
        op_then(op, plan);
        return;
    }
    op_then(op, prove);
    if (by_reference(r)) {
        drop_spares(r);
        return;
    }
    r->bytes = bytes_new(&o->cache->bytes, r->len);
    if (r->n_pieces == 0 || !hot(r)) {
        copy_slabs(r);
        if (r->n_pieces != 0) {
            r->disk = disk_get(o->disk);
            work_disk(o->cache->pool, &r->work, load_on_pool, op);
            op_then(op, loaded);
            return;
        }
    }
    bytes_parts_add(&r->parts, r->bytes, r->bytes->p, r->len);
    r->bytes = NULL;
}

/* Blocks that the disk changed become absent, and are fetched again. */
static void forget_pieces(struct reading *r)
{
    struct cache_file *o = r->object;

    if (r->disk != o->disk)
        return; /* forgotten already, all of it */
    for (size_t i = 0; i < r->n_pieces; i++) {
        for (size_t k = 0; k < piece_blocks(&r->piece[i]); k++)
            object_set_absent(o, piece_first(&r->piece[i]) + k);
    }
}

static void loaded(struct op *op)
{
    struct reading *r = reading_of(op);
    struct cache_file *o = r->object;
    int err = op_catch(op);

    if (err == 0) {
        for (size_t i = 0; r->disk == o->disk && i < r->n_pieces; i++)
            object_set_checked(
                o, piece_first(&r->piece[i]), piece_blocks(&r->piece[i]));
        bytes_parts_add(&r->parts, r->bytes, r->bytes->p, r->len);
        op_then(op, prove);
    } else {
        log_warn("cache: %s: damaged or unreadable at %llu, fetching again",
            o->path, (unsigned long long)r->offset);
        o->cache->stats.damaged++;
        forget_pieces(r);
        bytes_put(r->bytes);
        if (++r->tries >= TRIES_MAX)
            op_fail(op, -EIO);
        else
            op_then(op, plan);
    }
    r->bytes = NULL;
    disk_put(r->disk);
    r->disk = NULL;
}

static void prove(struct op *op)
{
    struct reading *r = reading_of(op);
    struct cache_file *o = r->object;

    op_then(op, finish);
    if (!verifier_due(o))
        return;
    verifier_kick(o);
    if (o->verifier.running && o->size - o->verifier.at <= PROOF_WAIT_MAX)
        op_list_wait(&o->proven, op);
}

static void finish(struct op *op)
{
    struct reading *r = reading_of(op);

    if (op->err != 0)
        return;
    if (!r->waited)
        r->object->cache->stats.hit_bytes += r->len;
    for (size_t i = 0; i < r->parts.n; i++)
        bytes_parts_add(r->out, r->parts.part[i].ref, r->parts.part[i].p,
            r->parts.part[i].len);
    r->parts = (struct bytes_parts){0};
}

static void reading_end(struct op *op)
{
    struct reading *r = reading_of(op);
    struct cache_file *o = r->object;

    bytes_parts_free(&r->parts);
    bytes_put(r->bytes);
    disk_put(r->disk);
    free(r);
    object_put(o);
}

void cache_read(struct cache_file *f, uint64_t offset, size_t len, size_t more,
    struct bytes_parts *out, struct op *op)
{
    struct reading *r;

    assert(len <= CACHE_READ_MAX && offset + len <= f->size);
    if (len == 0)
        return;
    r = xcalloc(1, sizeof(*r));
    r->object = object_get(f);
    r->offset = offset;
    r->len = len;
    r->more = more;
    r->out = out;
    op_start(&r->op, start, reading_end, op);
}

uint64_t cache_want(
    struct cache_file *f, uint64_t offset, uint64_t len, size_t step)
{
    struct cache *c = f->cache;
    uint64_t end = min_u64(f->size, offset + len);
    uint64_t pos = offset;

    if (f->state != OBJECT_READY)
        return offset;
    while (pos < end) {
        uint64_t block = pos / ENTRY_BLOCK;
        struct flight *flight;
        struct slab *s;
        uint64_t first = block * ENTRY_BLOCK;

        if (object_present(f, block)) {
            pos = min_u64(f->size, (block + 1) * ENTRY_BLOCK);
        } else if ((flight = flight_find(f, pos)) != NULL) {
            pos = flight_end(flight);
        } else if ((s = slab_find(f, pos)) != NULL) {
            pos = s->offset + s->filled;
        } else {
            size_t most = min_size(step, room_left(c));
            uint64_t stop = flight_gap_end(
                f, first, min_u64(first + most, end + ENTRY_BLOCK - 1));

            if (most < min_size(step, FLIGHT_WORTH))
                break;
            flight_run(flight_start(f, first, stop));
            pos = stop;
        }
    }
    return pos;
}
