/* Content-defined chunking: where a file is cut depends on its bytes alone, so
 * that equal parts of files give equal chunks. */
#ifndef HUB_XET_SPLIT_H
#define HUB_XET_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#define XET_CHUNK_MIN ((size_t)8192) /* but for the last of a file */
#define XET_CHUNK_MAX ((size_t)131072)

/* The length of the first chunk of p, 1 to n. n must be at least XET_CHUNK_MAX,
 * or all that is left of the file, and not 0. */
size_t xet_cut(const uint8_t *p, size_t n);

/* Takes a file in pieces of any size, and gives out its chunks whole: those
 * that lie in one piece where they lie, others put together. */
typedef void xet_chunk_fn(void *ctx, const uint8_t *p, size_t n);

struct xet_splitter {
    xet_chunk_fn *fn; /* given at creation */
    void *ctx;
    uint8_t *held; /* the beginning of a chunk; owned */
    size_t n_held;
    uint64_t h; /* the gear hash over it */
};

void xet_split_begin(struct xet_splitter *s, xet_chunk_fn *fn, void *ctx);
void xet_split(struct xet_splitter *s, const void *p, size_t n);

/* Gives out the last chunk, if any, and frees; for a file given up, _drop. */
void xet_split_end(struct xet_splitter *s);
void xet_split_drop(struct xet_splitter *s);

#endif
