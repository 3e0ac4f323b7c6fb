/* Making commits, and remembering folders that commits are made from. As in
 * local_meta.h, everything blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_META_COMMIT_H
#define HUB_LOCAL_META_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/local_meta_tree.h"

struct change {
    const char *path;
    bool remove; /* a file, or a folder with all in it; missing ones are fine */
    struct entry entry; /* a file's; child and last are not used */
};

struct new_commit {
    const struct repo *repo;
    const char *ref;             /* that will name it: "refs/heads/main" */
    const struct commit *parent; /* NULL: the first one */
    const char *author;
    const char *title;
    const char *message; /* below the title; "" for none */
    int64_t time_s;
    const struct change *change; /* sorted by path, each path at most twice:
                                    removed, then put */
    size_t n;
    char **clash; /* NULL, or where to put the path of an -ENOTDIR; free() it */
};

/* Costs what it changes. When nothing does, no commit is made, *out is the
 * parent, and *made false. -ENOTDIR: a path would be a file and a folder. */
int meta_commit_add(struct meta_db *db, const struct new_commit *c,
    struct commit *out, bool *made);

/* Its id, as git makes it; the message is yet to be put together. */
void commit_oid(struct git_commit *git, const char *title, const char *message,
    uint8_t oid[static SHA1_SIZE]);

/* ---- What a folder looked like when it was last looked at. */
struct seen {
    uint64_t size;
    int64_t mtime_ns;
    int64_t ctime_ns;
    uint64_t inode;
};

typedef void meta_seen_fn(void *ctx, const char *path, const struct seen *seen);
int meta_seen_each(/* sorted by path */
    struct meta_db *db, const struct repo *repo, meta_seen_fn *fn, void *ctx);
int meta_seen_put(struct meta_db *db, const struct repo *repo, const char *path,
    const struct seen *seen);
int meta_seen_remove(
    struct meta_db *db, const struct repo *repo, const char *path);

#endif
