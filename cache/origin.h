/* Where bytes of one file's content come from when the cache lacks them. The
 * source makes one (vfs/source.h); the cache holds it while it fetches. */
#ifndef CACHE_ORIGIN_H
#define CACHE_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

struct op;
struct origin;

/* Takes bytes as they arrive, in order. Returns 0, or -errno to stop the
 * transfer, which then fails with that error; -ECANCELED stops without a
 * word in the log. */
struct origin_sink {
    int (*data)(struct origin_sink *sink, const uint8_t *p, size_t n);
};

struct origin_ops {
    /* Brings bytes [offset, offset + len) of the content to the sink, each
     * once and in order, retrying and resuming as it sees fit. Ends with 0
     * only after exactly len bytes. It never delivers bytes of another
     * version: what the server says about size, ETag and commit has been
     * compared first. Errors: -EIO after bounded retries, -EACCES, -ESTALE if
     * the server has other content there, -ENOENT if it says it has none,
     * -ENETUNREACH and relatives if it cannot be reached. */
    void (*read)(struct origin *o, uint64_t offset, uint64_t len,
        struct origin_sink *sink, struct op *op);

    void (*free)(struct origin *o); /* called when refs drops to 0 */
};

struct origin {
    const struct origin_ops *ops;
    unsigned refs;
};

static inline struct origin *origin_get(struct origin *o)
{
    o->refs++;
    return o;
}

static inline void origin_put(struct origin *o)
{
    if (o != NULL && --o->refs == 0)
        o->ops->free(o);
}

#endif
