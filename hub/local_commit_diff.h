/* What two commits differ in, as git shows it. */
#ifndef HUB_LOCAL_COMMIT_DIFF_H
#define HUB_LOCAL_COMMIT_DIFF_H

struct blobs;
struct buf;
struct commit;
struct meta_db;

/* Adds a text that "git apply" takes, LFS files as their pointers. Content that
 * is large, or no text, is only said to differ; what comes behind the first few
 * MiB is left out. Blocks. */
int commit_diff(struct meta_db *db, struct blobs *blobs,
    const struct commit *before, const struct commit *after, struct buf *out);

#endif
