/* Changing history: contents that are to be gone from all of it. As in
 * local_meta.h, everything blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_META_REWRITE_H
#define HUB_LOCAL_META_REWRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct meta_db;
struct repo;

struct content_id {
    uint8_t sha256[SHA256_SIZE];
};

/* Takes the LFS files with these contents out of every commit of the repo.
 * Commits from the first that had one on are replaced by others, and what
 * named them names those. Sorts id[]. */
int meta_rewrite_without(struct meta_db *db, const struct repo *repo,
    struct content_id *id, size_t n);

#endif
