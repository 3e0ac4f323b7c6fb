/* Private to cache/: a slab is a run of at most 1 MiB of a content that has
 * been or is being received. Everything here belongs to the loop thread. */
#ifndef CACHE_SLAB_H
#define CACHE_SLAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"

struct cache;
struct cache_file;

#define SLAB_MAX ((size_t)1 << 20)

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

struct slab *slab_new(struct cache_file *o, uint64_t offset, size_t len);
struct slab *slab_find(
    struct cache_file *o, uint64_t pos); /* with pos filled */
void slab_finish(struct slab *s);        /* no more will arrive: to be saved */
void slab_settle(struct slab *s, enum slab_state state); /* SAVED or KEPT */
void slab_drop(struct slab *s);
bool slab_wanted(const struct slab *s); /* by the verifier */
bool slab_droppable(const struct slab *s);
void slabs_trim(struct cache *c); /* idle ones over the memory limit */

#endif
