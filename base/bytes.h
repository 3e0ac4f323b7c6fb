/* Blocks of file data, shared by reference count and immutable once filled.
 *
 * Blocks come in sizes of powers of two from a small stack of recently used
 * ones (last in, first out: the memory is still in the core's cache, and no
 * page is faulted in again). Counts belong to the loop thread; a pool job may
 * read or fill the memory while its operation holds a reference. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define BYTES_CLASSES 9 /* 4 KiB to 1 MiB */
#define BYTES_SPARES 32 /* kept of each size */

struct bytes {
    unsigned refs;
    unsigned class;
    struct bytes_pool *pool; /* takes the block back */
    uint8_t p[];
};

struct bytes_pool {
    struct bytes *spare[BYTES_CLASSES][BYTES_SPARES];
    unsigned n_spare[BYTES_CLASSES];
    size_t in_use; /* bytes that are out, for limits and status */
};

/* A zeroed pool is ready for use. fini frees the spares; blocks that are still
 * out must have been put before. */
void bytes_pool_fini(struct bytes_pool *pool);

/* A block with one reference and room for cap bytes, at most 1 MiB. */
struct bytes *bytes_new(struct bytes_pool *pool, size_t cap);
struct bytes *bytes_get(struct bytes *b);
void bytes_put(struct bytes *b); /* NULL does nothing */

/* A run of bytes put together from pieces of blocks, without a copy. Zeroed
 * means empty. */
#define BYTES_PARTS_MAX 4

struct bytes_parts {
    size_t len; /* of all parts */
    size_t n;
    struct bytes_part {
        struct bytes *ref; /* owns one reference */
        const uint8_t *p;
        size_t len;
    } part[BYTES_PARTS_MAX];
};

/* Takes over the reference. At most BYTES_PARTS_MAX times. */
void bytes_parts_add(
    struct bytes_parts *parts, struct bytes *ref, const uint8_t *p, size_t len);
void bytes_parts_free(struct bytes_parts *parts); /* leaves it empty */

#endif
