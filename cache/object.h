/* Private to cache/: an object is one content in memory, between disk and
 * origin; its struct is the cache_file that others hold.
 *
 *   origin -> flight -> slab -+-> readers (by reference, as bytes arrive)
 *                             +-> saver: written to the entry, then dropped
 *                             +-> verifier: hashed in the order of offsets
 *
 * A block is either present on disk, in a slab, in the air (part of a flight),
 * or missing. Everything here belongs to the loop thread. */
#ifndef CACHE_OBJECT_H
#define CACHE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/bytes.h"
#include "base/op.h"
#include "cache/cache.h"
#include "cache/flight.h"
#include "cache/jobs.h"
#include "cache/origin.h"
#include "cache/room.h"
#include "cache/slab.h"

struct cache_file {
    struct cache *cache;
    struct content_id id;
    uint64_t size;
    uint64_t n_blocks;
    unsigned refs;
    unsigned faults;
    struct origin *origin;
    char *path; /* of the entry; NULL: nothing on disk */

    enum { OBJECT_NEW, OBJECT_OPENING, OBJECT_READY } state;
    struct op_list opened; /* wait for READY */
    struct disk *disk;     /* NULL: no entry yet */
    bool verified;         /* the content matches its hash, or has none */
    uint64_t *present;     /* bitmaps by block: on disk, ... */
    uint64_t *checked;     /* ... and compared with its checksum, ... */
    uint64_t *held;        /* ... in a slab, ... */
    uint64_t *flying;      /* ... part of a flight under way */
    uint64_t n_present;
    uint64_t n_unsaved; /* blocks in filled slabs that are not on disk */
    TAILQ_HEAD(slab_list, slab) slabs;
    TAILQ_HEAD(flight_list, flight) flights;
    struct saver saver;
    struct verifier verifier;
    struct op_list proven; /* wait until the hash is known */
    UT_hash_handle hh;
};

struct cache {
    struct pool *pool;
    char *dir;
    size_t memory_limit;
    struct bytes_pool bytes;
    uint64_t in_the_air;        /* bytes of flights that have not arrived */
    struct cache_file *objects; /* by content id */
    TAILQ_HEAD(slab_idle, slab) idle; /* oldest first, both */
    struct slab_idle spares;
    size_t spare_bytes;
    struct room room;
    uint64_t disk_again_ms; /* after an error: no writes before this time */
    unsigned active;        /* objects with work under way */
    struct op_list quiet;   /* wait for active to be 0 */
    struct cache_stats stats;
};

struct cache_file *object_get(struct cache_file *o);
void object_put(struct cache_file *o);

/* The same for work under way: the cache cannot close before it has ended. */
void object_busy(struct cache_file *o);
void object_idle(struct cache_file *o);
void cache_busy(struct cache *c);
void cache_idle(struct cache *c);

/* Waits until what is on disk is known. */
void object_open(struct cache_file *o, struct op *op);

/* Block bitmaps. */
bool object_present(const struct cache_file *o, uint64_t block);
bool object_checked(const struct cache_file *o, uint64_t block);
void object_set_present(struct cache_file *o, uint64_t first, uint64_t n);
void object_set_checked(struct cache_file *o, uint64_t first, uint64_t n);
void object_set_absent(struct cache_file *o, uint64_t block);

/* In one of the other two, for the blocks of [start, end). */
void object_mark(uint64_t *map, uint64_t start, uint64_t end, bool on);

/* Nothing has the block, and nothing brings it. */
bool object_missing(const struct cache_file *o, uint64_t block);

/* The content is not what its hash says: forgets all of it. */
void object_fault(struct cache_file *o);

#endif
