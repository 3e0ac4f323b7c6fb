/* Content by hash: the bytes of every file that the local Hub has, each once.
 *
 * The functions block and are for pool jobs; any number may run at once. What
 * is published is durable, complete, and never changes. */
#ifndef HUB_LOCAL_BLOBS_H
#define HUB_LOCAL_BLOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct blobs;

/* Content on its way in: its owner writes to fd, and names the hash. Where many
 * wait to be published, blob_in_close() saves the descriptors. */
struct blob_in {
    struct blobs *blobs;
    int fd; /* -1: closed */
    char *path;
    uint8_t sha256[SHA256_SIZE];
};

/* Content that is there. */
typedef int blob_fn(
    void *ctx, const uint8_t sha256[static SHA256_SIZE], uint64_t size);

struct blobs_ops {
    /* An empty place for new content. */
    int (*begin)(struct blobs *b, struct blob_in **out);

    /* Makes all n durable under their hashes; content that is there already
     * is kept. On failure none of them may be counted on. blob_drop() each in
     * any case. */
    int (*publish)(struct blobs *b, struct blob_in *const *in, size_t n);

    /* Gives up the place, unless it was published; frees in. */
    void (*drop)(struct blob_in *in);

    /* A descriptor for reading, or -ENOENT and relatives. */
    int (*open)(struct blobs *b, const uint8_t sha256[static SHA256_SIZE]);

    /* Its size, or -ENOENT and relatives. */
    int (*size)(struct blobs *b, const uint8_t sha256[static SHA256_SIZE],
        uint64_t *out);

    int (*keep)(struct blobs *b, const uint8_t sha256[static SHA256_SIZE],
        uint64_t *size);
    int (*each)(struct blobs *b, int64_t before_s, blob_fn *fn, void *ctx);
    int (*remove)(struct blobs *b, const uint8_t sha256[static SHA256_SIZE],
        int64_t before_s);
    int (*tidy)(struct blobs *b, int64_t before_s, uint64_t *bytes);

    void (*free)(struct blobs *b);
};

struct blobs {
    const struct blobs_ops *ops;
};

/* Plain files below dir, which exists: "ab/ab12..." by SHA-256. What an earlier
 * process left half-done in "dir/new" is removed, unless another process has
 * these blobs open as well. Blocks. */
int blobs_on_disk(const char *dir, struct blobs **out);

static inline int blob_begin(struct blobs *b, struct blob_in **out)
{
    return b->ops->begin(b, out);
}

static inline int blobs_publish(
    struct blobs *b, struct blob_in *const *in, size_t n)
{
    return b->ops->publish(b, in, n);
}

void blob_in_close(struct blob_in *in);

/* It becomes a file elsewhere on this file system, and no blob. */
int blob_in_move(struct blob_in *in, const char *path);

static inline void blob_drop(struct blob_in *in)
{
    if (in != NULL)
        in->blobs->ops->drop(in);
}

static inline int blobs_open(
    struct blobs *b, const uint8_t sha256[static SHA256_SIZE])
{
    return b->ops->open(b, sha256);
}

static inline int blobs_size(
    struct blobs *b, const uint8_t sha256[static SHA256_SIZE], uint64_t *out)
{
    return b->ops->size(b, sha256, out);
}

static inline bool blobs_has(
    struct blobs *b, const uint8_t sha256[static SHA256_SIZE])
{
    uint64_t size;

    return b->ops->size(b, sha256, &size) == 0;
}

/* Content that is in memory: begins, writes, publishes; its hash. */
int blobs_put(struct blobs *b, const void *p, size_t n,
    uint8_t sha256[static SHA256_SIZE]);

static inline void blobs_free(struct blobs *b)
{
    if (b != NULL)
        b->ops->free(b);
}

#endif
