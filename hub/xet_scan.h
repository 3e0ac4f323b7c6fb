/* The Xet hash of a file on disk: read and cut in order, a piece at a time,
 * while the chunks of pieces before are hashed on the pool's other threads. */
#ifndef HUB_XET_SCAN_H
#define HUB_XET_SCAN_H

#include <stdint.h>

#include "hub/xet_hash.h"

struct op;
struct pool;

struct xet_scan {
    uint64_t size; /* so far; complete at the end */
    uint64_t n_chunks;
    struct xet_hash hash; /* of the file, at the end */
};

/* path is anything that can be read to its end. Fails as open(2) and read(2)
 * do. path and out have to stay until the wake. */
void xet_scan(
    struct pool *pool, const char *path, struct xet_scan *out, struct op *op);

#endif
