/* One revision of a repo as plain files. */
#ifndef HUB_LOCAL_EXPORT_H
#define HUB_LOCAL_EXPORT_H

#include <stdint.h>

#include "hub/hub.h"

struct buf;
struct local_root;

struct export
{
    /* given */
    const struct local_root *root;
    enum hub_kind kind;
    const char *name;
    const char *rev;
    const char *folder; /* made if it is not there */
    /* A file could not be written, and why. */
    void (*say)(void *ctx, const char *path, const char *why);
    /* Now and then: bytes that were written, of all; or NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
    /* result */
    uint64_t files;
    uint64_t bytes;
    uint64_t problems;
};

/* Copies every file: written aside, checked against its hash, renamed. Others
 * in the folder stay. Blocks. -ENOENT and relatives, with the sentence in *why,
 * when nothing could be done; else 0, with problems counted. */
int export_run(struct export *e, struct buf *why);

#endif
