/* Content of LFS files: which repo has which, and who has uploaded what. Blobs
 * are shared by all repos, so these rows, and not the blobs, say who may put
 * a content into a commit: nobody gets at bytes by knowing their hash. As in
 * local_meta.h, everything blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_META_LFS_H
#define HUB_LOCAL_META_LFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "hub/local_meta.h"

struct new_commit;

/* A content that commits of a repo have, or had. */
struct lfs {
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
    const char *path; /* one that it has come under */
    const char *ref;  /* that it was pushed to first */
    int64_t pushed_s;
};

/* Notes all LFS files that the commit puts; meta_commit_add() calls it. */
int meta_lfs_note(struct meta_db *db, const struct new_commit *c);

/* Its size, or -ENOENT when the repo has no such content, or it was removed
 * with meta_lfs_remove(). */
int meta_lfs_find(struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE], uint64_t *size);

/* The repos that have it, until fn says false. */
int meta_lfs_holders(struct meta_db *db,
    const uint8_t sha256[static SHA256_SIZE], meta_repo_fn *fn, void *ctx);

/* Those of a repo, by hash, from behind `after` (NULL: all), until fn says
 * false. Texts are fn's for the length of the call. */
typedef bool meta_lfs_fn(void *ctx, const struct lfs *lfs);
int meta_lfs_each(struct meta_db *db, const struct repo *repo,
    const uint8_t *after, meta_lfs_fn *fn, void *ctx);

/* The repo has it no more: its files cannot be read, until somebody who has the
 * content brings it back. */
int meta_lfs_remove(struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE]);
int meta_lfs_restore(struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE]);

/* ---- Uploads: a user ("": nobody, on an open Hub) has shown to have these
 * bytes, for commits to this repo. */
int meta_upload_put(struct meta_db *db, int64_t repo, const char *user,
    const struct lfs *lfs); /* sha256, size and pushed_s */
int meta_upload_find(struct meta_db *db, const struct repo *repo,
    const char *user, const uint8_t sha256[static SHA256_SIZE]);

/* Forgets those from before this time. */
int meta_upload_expire(struct meta_db *db, int64_t before_s);

#endif
