/* What two trees differ in, and bringing one's changes into another. As in
 * local_meta.h, everything blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_MERGE_H
#define HUB_LOCAL_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "hub/local_meta_tree.h"

struct plan;

/* Every file that is not the same in both, by path, until fn says false. NULL:
 * there is no file of that path. */
typedef bool tree_diff_fn(void *ctx, const char *path,
    const struct entry *before, const struct entry *after);
int tree_diff(struct meta_db *db, const struct commit *before,
    const struct commit *after, tree_diff_fn *fn, void *ctx);

/* Changes from base to head, made upon target. A path that both sides changed,
 * and not to the same, is a conflict. */
struct merge {
    struct plan *plan;    /* upon target */
    struct buf conflicts; /* paths, each with its NUL */
    size_t n_conflicts;
};

/* merge_fini() in any case. */
int merge_commits(struct meta_db *db, const struct commit *base,
    const struct commit *head, const struct commit *target, struct merge *out);
void merge_fini(struct merge *m);

#endif
