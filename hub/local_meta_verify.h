/* Whether rows fit each other: ids of trees and commits are made again from
 * what they name. As in local_meta.h, everything blocks and runs inside a
 * struct meta_job. */
#ifndef HUB_LOCAL_META_VERIFY_H
#define HUB_LOCAL_META_VERIFY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"

struct meta_db;

/* What a file says of its content. */
struct claim {
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
    uint8_t oid[SHA1_SIZE]; /* git's, of a file that is no LFS file */
    uint32_t lfs;           /* oid is of the pointer, and was checked */
};

/* Says what is wrong, in one line. */
typedef void verify_fn(void *ctx, const char *problem);

struct verify_rows {
    /* given */
    verify_fn *say;
    void *ctx;
    /* result */
    uint64_t commits;
    uint64_t trees;
    uint64_t files;
    struct buf claims; /* of struct claim, sorted, each once */
};

int meta_verify(struct meta_db *db, struct verify_rows *v);

#endif
