/* Xorbs: up to 64 MiB of chunks one behind the other, with a footer that lists
 * them where an object is stored, and without where it is sent. */
#ifndef HUB_XET_XORB_H
#define HUB_XET_XORB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/xet_chunk.h"
#include "hub/xet_hash.h"
#include "hub/xet_merkle.h"

#define XET_XORB_MAX ((size_t)64 << 20) /* packed, and unpacked */
#define XET_XORB_CHUNKS 8192

struct xet_xorb_chunk {
    struct xet_hash hash;
    uint32_t end;     /* of the packed chunk, from the start of the xorb */
    uint32_t raw_end; /* of its bytes, among those of all */
};

/* What a footer says, or what the chunks say by themselves. */
struct xet_xorb {
    struct xet_hash hash;
    size_t n;
    struct xet_xorb_chunk *chunk; /* owned */
    int footer;                   /* its version, or -1 */
    size_t body;                  /* where it begins: the end of the chunks */
};

void xet_xorb_fini(struct xet_xorb *x);

static inline uint32_t xet_xorb_start(const struct xet_xorb *x, size_t i)
{
    return i == 0 ? 0 : x->chunk[i - 1].end;
}

static inline uint32_t xet_xorb_raw_start(const struct xet_xorb *x, size_t i)
{
    return i == 0 ? 0 : x->chunk[i - 1].raw_end;
}

/* Everything about an object of n bytes is checked: each chunk is unpacked and
 * hashed, and a footer has to say what was found. expected may be NULL. What
 * was found up to a fault stays in *out; xet_xorb_fini() in both cases. */
int xet_xorb_check(const uint8_t *p, size_t n, const struct xet_hash *expected,
    struct xet_xorb *out, struct xet_fault *f);

/* ---- Writing. All-zero but for the packer is an empty xorb. */
struct xet_xorb_writer {
    struct xet_packer *packer; /* borrowed; NULL if all comes packed */
    struct buf body;           /* what is to be uploaded */
    struct buf chunks;         /* of struct xet_xorb_chunk */
    size_t raw;
    struct xet_merkle tree;
};

void xet_xorb_writer_fini(struct xet_xorb_writer *w);

/* There is room for one more chunk of n bytes, by all limits. */
bool xet_xorb_room(const struct xet_xorb_writer *w, size_t n);
size_t xet_xorb_count(const struct xet_xorb_writer *w);

/* Packs and adds. Or adds what was packed elsewhere: header and bytes. */
void xet_xorb_add(struct xet_xorb_writer *w, const uint8_t *p, size_t n,
    const struct xet_hash *hash);
void xet_xorb_add_packed(struct xet_xorb_writer *w, const uint8_t *packed,
    const struct xet_header *h, const struct xet_hash *hash);

/* The end: the body stays in w, what is in it goes to *out. */
void xet_xorb_seal(struct xet_xorb_writer *w, struct xet_xorb *out);

#endif
