/* Commits, the refs that name them, and the trees in them: looking things up.
 * As in local_meta.h, everything blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_META_TREE_H
#define HUB_LOCAL_META_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "hub/local_git.h"

struct meta_db;
struct repo;

struct commit {
    int64_t id;
    uint8_t oid[SHA1_SIZE];
    int64_t tree;
    uint8_t tree_oid[SHA1_SIZE];
    uint64_t tree_size; /* bytes of all files */
    int64_t parent;     /* 0: none */
    uint64_t depth;     /* commits up to here, this one counted */
    int64_t time_s;
};

struct commit_text {
    uint8_t oid[SHA1_SIZE];
    int64_t time_s;
    char *author;
    char *title;
    char *message;
};

int meta_commit_get(struct meta_db *db, int64_t id, struct commit *out);

/* Replaces *commit by the one n generations above it; by zeros when its history
 * ends before. */
int meta_commit_parent(struct meta_db *db, struct commit *commit, uint64_t n);

/* commit_text_fini() in any case. */
int meta_commit_text(struct meta_db *db, int64_t id, struct commit_text *out);
void commit_text_fini(struct commit_text *text);

/* A branch, a tag, a full ref, a commit id or the beginning of one; "HEAD" is
 * the default branch. */
#define DEFAULT_BRANCH "main"
int meta_rev_find(struct meta_db *db, const struct repo *repo, const char *rev,
    struct commit *out);

typedef void meta_ref_fn(
    void *ctx, const char *name, const uint8_t oid[static SHA1_SIZE]);
int meta_ref_each(
    struct meta_db *db, const struct repo *repo, meta_ref_fn *fn, void *ctx);
int meta_ref_put(struct meta_db *db, const struct repo *repo, const char *name,
    int64_t commit);
int meta_ref_find(struct meta_db *db, const struct repo *repo, const char *name,
    struct commit *out);
int meta_ref_delete(
    struct meta_db *db, const struct repo *repo, const char *name);

/* Whether another ref stands where this one would need a folder, or has one
 * where this one would be: "refs/heads/a" and "refs/heads/a/b". 1, 0, -errno.
 */
int meta_ref_clash(
    struct meta_db *db, const struct repo *repo, const char *name);

/* ---- Trees. One per folder; a commit shares those that did not change. */
struct entry {
    enum git_mode mode;
    bool lfs;
    uint64_t size; /* of a folder: of all files in it */
    uint8_t oid[SHA1_SIZE];
    uint8_t sha256[SHA256_SIZE]; /* of a file */
    int64_t child;               /* of a folder: its tree */
    int64_t last;                /* the commit that changed it last */
};

static inline bool entry_is_folder(const struct entry *e)
{
    return e->mode == GIT_TREE;
}

/* The entry at path; "" is the root, with `last` 0. */
int meta_path_find(struct meta_db *db, const struct commit *commit,
    const char *path, struct entry *out);

/* What is below a folder, in the order of names, folders before what is in
 * them, until fn says false. The names sort by their bytes. */
struct walk {
    int64_t tree;
    const char *path;  /* of that tree; goes before every path */
    const char *after; /* the path to go on behind; NULL: from the start */
    bool recursive;
};
typedef bool meta_entry_fn(
    void *ctx, const char *path, const struct entry *entry);
int meta_walk(
    struct meta_db *db, const struct walk *walk, meta_entry_fn *fn, void *ctx);

#endif
