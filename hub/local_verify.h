/* Reading everything that a local Hub keeps, and holding it against its names;
 * beside its server, or without one. */
#ifndef HUB_LOCAL_VERIFY_H
#define HUB_LOCAL_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/local_meta_verify.h"

struct local_root;

struct verify {
    /* given */
    const struct local_root *root;
    verify_fn *say;
    /* Now and then: bytes of contents that were read, of all; or NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
    /* result */
    uint64_t commits;
    uint64_t trees;
    uint64_t files;
    uint64_t blobs;
    uint64_t blob_bytes;
    uint64_t problems;
};

/* Blocks. 0 when everything could be looked at, with v->problems of them. */
int verify_run(struct verify *v);

#endif
