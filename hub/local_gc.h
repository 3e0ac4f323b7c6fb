/* Removing what nothing in a local Hub refers to, beside its server: commits
 * that no branch, tag or pull request leads to, their trees, contents of no
 * file, uploads that were given up. What is younger than the grace is left,
 * because somebody may be about to refer to it.
 *
 * It may be killed at any time: what is gone was of no use, and what is left
 * the next one finds. */
#ifndef HUB_LOCAL_GC_H
#define HUB_LOCAL_GC_H

#include <stdint.h>

struct buf;
struct local_root;

struct gc_result {
    uint64_t commits;
    uint64_t trees;
    uint64_t blobs;
    uint64_t blob_bytes;
    uint64_t partial_bytes; /* of contents that never came to be */
};

/* Blocks. -EBUSY when another one is at it. On failure *why says in one
 * sentence what to change; what was done is in *out in any case. */
int gc_run(const char *dir, const struct local_root *root, uint64_t grace_s,
    struct gc_result *out, struct buf *why);

#endif
