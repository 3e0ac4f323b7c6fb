/* Taking one file of a folder into the blobs. */
#ifndef HUB_LOCAL_TAKE_H
#define HUB_LOCAL_TAKE_H

#include <stdbool.h>

#include "base/work.h"
#include "hub/local_blobs.h"
#include "hub/local_meta_commit.h"

struct attrs;
struct buf;
struct scan;
struct scan_file;

struct take {
    /* given */
    const struct scan *scan;
    const struct scan_file *file;
    const struct attrs *attrs;
    struct blobs *blobs;
    bool wanted; /* for whoever keeps a list of these */
    /* result */
    bool gone;          /* it cannot be read any more; the rest is not set */
    struct seen seen;   /* the file, when it was read */
    struct entry entry; /* of what was read; child and last are 0 */
    struct blob_in *in; /* to be published; NULL: the blobs have it */
    struct work work;
};

/* Clones, hashes, and decides whether it is an LFS file. Runs on the pool. */
int take_file(struct work *w);

/* Adds the file's text to *out, without taking it. Blocks. */
int take_text(const struct take *t, size_t max, struct buf *out);

#endif
