/* The content cache: verified bytes on disk, keyed by what they are, and the
 * fetching of what is missing. One per process; several processes may share
 * its directory. Above it is vfs/read.c, below it cache/origin.h. */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/content.h"

struct bytes_parts;
struct cache;
struct cache_file; /* one content, open for reading; counted references */
struct op;
struct origin;
struct pool;

#define CACHE_READ_MAX ((size_t)1 << 20)

struct cache_config {
    struct pool *pool;
    const char *dir;     /* created, mode 0700; NULL: nothing is kept on disk */
    size_t memory_bytes; /* bound of fetched data in memory; 0: 64 MiB */
};

/* -errno when the directory cannot be made or written. */
int cache_open(const struct cache_config *config, struct cache **out);

/* Waits for transfers and writes under way, frees. All files were put. */
void cache_close(struct cache *c, struct op *op);

struct cache_stats {
    uint64_t hit_bytes;     /* given from disk or memory without a fetch */
    uint64_t fetched_bytes; /* received from origins */
    uint64_t flights;       /* origin reads started */
    uint64_t damaged;       /* blocks or contents that failed verification */
    uint64_t disk_errors;   /* writes that failed; reads stream meanwhile */
    uint64_t memory_bytes;  /* file data in memory now */
};

struct cache_stats cache_stats(const struct cache *c);

/* The content for reading; origin (a reference is taken) serves what is
 * missing. Two paths with one content get the same file. Does not wait. */
struct cache_file *cache_file_get(struct cache *c, const struct content_id *id,
    uint64_t size, struct origin *origin);
struct cache_file *cache_file_ref(struct cache_file *f);
void cache_file_put(struct cache_file *f);

/* How often this content turned out not to be what its id says. A change means
 * that readers may hold wrong bytes: their copies must be dropped. */
unsigned cache_file_faults(const struct cache_file *f);

/* Appends the bytes [offset, offset + len) to *out by reference; len is at
 * most CACHE_READ_MAX and the range lies inside the content. The read that
 * completes the content waits until its hash is known to be right. Errors:
 * -EIO, or what the origin says.
 *
 * `more` is of a stream: so many bytes behind the range may be fetched along
 * when something of it has to be, and the read may wait for room in memory. */
void cache_read(struct cache_file *f, uint64_t offset, size_t len, size_t more,
    struct bytes_parts *out, struct op *op);

/* Optional work: fetches what is missing of the range, in flights of at most
 * `step` bytes, as far as memory allows. Returns the end of what is here or on
 * its way, counted from offset without a gap. */
uint64_t cache_want(
    struct cache_file *f, uint64_t offset, uint64_t len, size_t step);

#endif
