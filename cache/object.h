/* Private to cache/: an object is one content in memory, between disk and
 * origin; its struct is the cache_file that others hold.
 *
 *   origin -> flight -> slab -+-> readers (by reference, as bytes arrive)
 *                             +-> saver: written to the entry, then dropped
 *                             +-> verifier: hashed in the order of offsets
 *
 * A slab is a run of at most 1 MiB that has been or is being received. A block
 * is either present on disk, in a slab, in the air (part of a flight), or
 * missing. Everything here belongs to the loop thread. */
#ifndef CACHE_OBJECT_H
#define CACHE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/bytes.h"
#include "base/op.h"
#include "base/work.h"
#include "cache/cache.h"
#include "cache/entry.h"
#include "cache/origin.h"

#define SLAB_MAX ((size_t)1 << 20)

/* An open entry; jobs on the pool hold a reference while they use it. */
struct disk {
    unsigned refs;
    struct entry entry;
};

enum slab_state {
    SLAB_FILLING, /* its flight is in the air */
    SLAB_FILLED,  /* complete; to be saved */
    SLAB_SAVED,   /* on disk; stays until the verifier had it */
    SLAB_KEPT,    /* could not be saved; stays until memory is needed */
};

struct slab {
    enum slab_state state;
    struct cache_file *object;
    struct bytes *bytes;
    uint64_t offset;
    size_t len;             /* what it will hold */
    size_t filled;          /* what it holds */
    TAILQ_ENTRY(slab) link; /* of its object */
    TAILQ_ENTRY(slab) idle; /* of the cache, oldest first; not while FILLING */
};

/* The running hash over the content, from its start. */
struct verifier {
    struct op op;
    struct work work;
    bool running;
    struct digest *digest; /* NULL: not begun, or done */
    uint64_t at;           /* hashed up to here */
    struct bytes *bytes;   /* what the job hashes: a slab's ... */
    const uint8_t *p;
    size_t len;
    struct disk *disk; /* ... or read from here first */
    bool wrong;        /* the verdict */
};

struct saver {
    struct op op;
    struct work work;
    bool running;
    struct slab *slab;
    struct bytes *bytes; /* a reference of the job's own */
    struct disk *disk;   /* not open: the job makes the entry */
    unsigned faults;     /* of the object when the job began */
};

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
    TAILQ_HEAD(, slab) idle;
    uint64_t disk_again_ms; /* after an error: no writes before this time */
    unsigned active;        /* objects with work under way */
    struct op_list quiet;   /* wait for active to be 0 */
    struct cache_stats stats;
};

struct disk *disk_get(struct disk *d);
void disk_put(struct disk *d); /* NULL does nothing */

/* ---- object.c */
struct cache_file *object_get(struct cache_file *o);
void object_put(struct cache_file *o);

/* The same for work under way: the cache cannot close before it has ended. */
void object_busy(struct cache_file *o);
void object_idle(struct cache_file *o);

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

/* ---- slab.c */
struct slab *slab_new(struct cache_file *o, uint64_t offset, size_t len);
struct slab *slab_find(
    struct cache_file *o, uint64_t pos); /* with pos filled */
void slab_finish(struct slab *s);        /* no more will arrive: to be saved */
void slab_settle(struct slab *s, enum slab_state state); /* SAVED or KEPT */
void slab_drop(struct slab *s);
bool slab_wanted(const struct slab *s); /* by the verifier */
bool slab_droppable(const struct slab *s);
void slabs_trim(struct cache *c); /* idle ones over the memory limit */

/* ---- flight.c */
struct flight *flight_find(struct cache_file *o, uint64_t pos);
/* flight_start() makes one for [start, end), which nothing else brings;
 * flight_run() lets it go, after those who want it wait for it. */
struct flight *flight_start(struct cache_file *o, uint64_t start, uint64_t end);
void flight_run(struct flight *f);
uint64_t flight_end(const struct flight *f);
/* op wakes once the flight has brought everything below upto. */
void flight_wait(struct flight *f, uint64_t upto, struct op *op);
/* Where a flight that begins in the missing block at pos must stop. */
uint64_t flight_gap_end(struct cache_file *o, uint64_t pos, uint64_t limit);

/* ---- save.c, verify.c: start, or do nothing where there is nothing to do. */
void saver_kick(struct cache_file *o);
void verifier_kick(struct cache_file *o);
/* The verdict is due: all of the content is here, and it is not out yet. */
bool verifier_due(const struct cache_file *o);
void verifier_reset(struct cache_file *o);

#endif
