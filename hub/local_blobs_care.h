/* Blobs that nothing refers to are removed while others come in. What
 * keeps the two apart is the write lock of the database, and time:
 *
 * - whoever makes the database refer to content calls blobs_keep() for it in
 *   the transaction that does, and gives up if it is not there;
 * - whoever removes content that nothing refers to does so in a transaction
 *   that writes, and only if it came, or was kept, before some time ago. */
#ifndef HUB_LOCAL_BLOBS_CARE_H
#define HUB_LOCAL_BLOBS_CARE_H

#include "hub/local_blobs.h"

/* Its size, or -ENOENT. It is as if it had just come. */
static inline int blobs_keep(
    struct blobs *b, const uint8_t sha256[static SHA256_SIZE], uint64_t *size)
{
    return b->ops->keep(b, sha256, size);
}

/* All that came before then, by hash, until fn fails. */
static inline int blobs_each(
    struct blobs *b, int64_t before_s, blob_fn *fn, void *ctx)
{
    return b->ops->each(b, before_s, fn, ctx);
}

/* -EAGAIN when it came after that time. */
static inline int blobs_remove(
    struct blobs *b, const uint8_t sha256[static SHA256_SIZE], int64_t before_s)
{
    return b->ops->remove(b, sha256, before_s);
}

/* Removes what began to come before that time, and never became content. */
static inline int blobs_tidy(struct blobs *b, int64_t before_s, uint64_t *bytes)
{
    return b->ops->tidy(b, before_s, bytes);
}

#endif
