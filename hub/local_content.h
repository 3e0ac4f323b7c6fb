/* Content that a client may make use of: what it has uploaded, and what it may
 * read anyway. Whether others have it is not to be told from any answer. */
#ifndef HUB_LOCAL_CONTENT_H
#define HUB_LOCAL_CONTENT_H

#include <stdint.h>

#include "base/digest.h"
#include "hub/local_meta_lfs.h"

struct call;
struct entry;

/* 0 and its size when the client may put it into this repo; -ENOENT. */
int content_usable(struct call *c, struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE], uint64_t *size);

/* For those who go through repos that have something: until the caller may read
 * one. */
struct content_search {
    const struct call *call;
    bool found;
};
bool content_readable(void *ctx, const struct repo *repo);

/* Under which name the client's uploads are noted. */
const char *content_uploader(const struct call *c);

/* The entry of an LFS file. */
void content_entry(
    const uint8_t sha256[static SHA256_SIZE], uint64_t size, struct entry *out);

#endif
