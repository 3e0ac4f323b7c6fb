/* Private to cache/: what is done with an object's bytes on the pool once they
 * are here: the saver writes them to the entry, the verifier hashes them in
 * the order of offsets. */
#ifndef CACHE_JOBS_H
#define CACHE_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/op.h"
#include "base/work.h"
#include "cache/entry.h"

struct cache_file;
struct slab;

/* An open entry; jobs on the pool hold a reference while they use it. */
struct disk {
    unsigned refs;
    struct entry entry;
};

struct disk *disk_get(struct disk *d);
void disk_put(struct disk *d); /* NULL does nothing */

#define VERIFY_BATCH 8 /* slabs that one job hashes */

/* The running hash over the content, from its start. */
struct verifier {
    struct op op;
    struct work work;
    bool running;
    struct digest *digest; /* NULL: not begun, or done */
    uint64_t at;           /* hashed up to here */
    size_t len;            /* what the job hashes: these parts ... */
    size_t n_parts;
    struct verify_part {
        struct bytes *bytes;
        const uint8_t *p;
        size_t len;
    } part[VERIFY_BATCH];
    struct disk *disk;   /* ... or, without any, what is here ... */
    struct bytes *bytes; /* ... and read into this */
    bool wrong;          /* the verdict */
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

/* Start, or do nothing where there is nothing to do. */
void saver_kick(struct cache_file *o);
void verifier_kick(struct cache_file *o);
/* The verdict is due: all of the content is here, and it is not out yet. */
bool verifier_due(const struct cache_file *o);
void verifier_reset(struct cache_file *o);

#endif
