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
    SLAB_SPARE,   /* on disk, and of no use but to the next reader */
    SLAB_KEPT,    /* could not be saved; stays until memory is needed */
};

struct slab {
    enum slab_state state;
    struct cache_file *object;
    struct bytes *bytes;
    uint64_t offset;
    size_t len;             /* what it will hold */
    size_t filled;          /* what it holds */
    bool hidden;            /* of wrong content, and in use by a job */
    TAILQ_ENTRY(slab) link; /* of its object */
    TAILQ_ENTRY(slab) idle; /* of the cache: SAVED and KEPT, or SPARE */
};

struct slab *slab_new(struct cache_file *o, uint64_t offset, size_t len);
struct slab *slab_find(
    struct cache_file *o, uint64_t pos); /* with pos filled */
void slab_finish(struct slab *s);        /* no more will arrive: to be saved */
void slab_settle(struct slab *s, enum slab_state state); /* SAVED or KEPT */
void slab_drop(struct slab *s);
void slab_hide(struct slab *s);   /* nobody finds it, until it can be dropped */
void slab_hashed(struct slab *s); /* SAVED becomes SPARE, if not wanted still */
bool slab_droppable(const struct slab *s);
void slabs_trim(struct cache *c); /* those over the memory limit */

/* At least n bytes, oldest first, as far as there are so many: of any that are
 * not to be saved; of those of o that are, and then will not be. */
void slabs_drop_idle(struct cache *c, size_t n);
void slabs_drop_unsaved(struct cache_file *o, size_t n);

#endif
