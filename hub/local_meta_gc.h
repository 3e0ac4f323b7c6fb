/* What nothing in the database refers to any more. As in local_meta.h,
 * everything blocks and runs inside a struct meta_job.
 *
 * Commits that no ref leads to go first, then trees of no commit, then the
 * claims of repos to contents; bytes come last (local_gc.h). To look for them
 * takes long, and happens in transactions that only read; to remove them is
 * done in short ones, each of which leaves a whole database:
 *
 * - a commit can come back, when a branch is made at its id: it is removed in
 *   a transaction that looks again;
 * - a tree cannot, since new commits only share trees of commits. */
#ifndef HUB_LOCAL_META_GC_H
#define HUB_LOCAL_META_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"

struct meta_db;

/* Ids of rows that nothing refers to; of commits the latest first, so that none
 * is ever without its parent. */
struct gc_ids {
    struct buf ids; /* of int64_t */
    size_t next;    /* the first one that was not dealt with */
};
void gc_ids_fini(struct gc_ids *g);

/* Commits from before that time which no ref or pull request leads to, and
 * which no file that can be seen was last changed by. */
int meta_gc_commits(struct meta_db *db, int64_t before_s, struct gc_ids *out);

/* Removes some of them, and counts those; call it until next is the last. */
int meta_gc_drop_commits(struct meta_db *db, struct gc_ids *g, uint64_t *n);

int meta_gc_trees(struct meta_db *db, struct gc_ids *out);
int meta_gc_drop_trees(struct meta_db *db, struct gc_ids *g, uint64_t *n);

/* Hashes, sorted once they are complete. */
struct gc_hashes {
    struct buf list; /* of uint8_t[SHA256_SIZE] */
};
bool gc_hashes_have(const struct gc_hashes *h, const uint8_t *sha256);
void gc_hashes_fini(struct gc_hashes *h);

/* Contents of all files in all trees, if their repo has not removed them, of
 * uploads, and of xorbs. */
int meta_gc_contents(struct meta_db *db, struct gc_hashes *out);

/* Contents that some repo lays claim to, and forgetting those claims. */
int meta_gc_claims(struct meta_db *db, struct gc_hashes *out);
int meta_gc_drop_claims(
    struct meta_db *db, const uint8_t sha256[static SHA256_SIZE]);

#endif
