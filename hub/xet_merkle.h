/* The Merkle tree over chunks, of a xorb and of a file. Chunks are added one
 * by one; memory does not grow with their number. */
#ifndef HUB_XET_MERKLE_H
#define HUB_XET_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "hub/xet_hash.h"

#define XET_MERKLE_LEVELS                                                      \
    41 /* a node has three children or more: 2^64 leaves */
#define XET_MERKLE_CHILDREN 9

struct xet_node {
    struct xet_hash hash;
    uint64_t size; /* of the file's bytes below it */
};

/* Zeroed means no leaves. Private but for its size. */
struct xet_merkle {
    unsigned n_levels;
    struct xet_merkle_level {
        unsigned n;    /* nodes whose group is not complete */
        uint64_t done; /* groups that were */
        struct xet_node node[XET_MERKLE_CHILDREN];
    } level[XET_MERKLE_LEVELS];
};

/* size: the chunk's uncompressed length. */
void xet_merkle_add(
    struct xet_merkle *m, const struct xet_hash *chunk, uint64_t size);

/* The end: m is spent. The root is a xorb's hash, zero without leaves; a
 * file's hash is the root under the zero key, but zero without leaves. */
void xet_merkle_root(struct xet_merkle *m, struct xet_hash *out);
void xet_merkle_file(struct xet_merkle *m, struct xet_hash *out);

#endif
