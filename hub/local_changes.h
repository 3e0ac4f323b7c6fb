/* Changes for meta_commit_add(), collected one by one in any order. */
#ifndef HUB_LOCAL_CHANGES_H
#define HUB_LOCAL_CHANGES_H

#include "base/buf.h"
#include "hub/local_meta_commit.h"

struct changes {
    struct buf list; /* of struct change */
    struct buf at;   /* where in paths their paths begin */
    struct buf paths;
};

void changes_put(
    struct changes *l, const char *path, const struct entry *entry);
void changes_remove(struct changes *l, const char *path);

/* Every file of a commit, to be put. */
int changes_put_all(
    struct changes *l, struct meta_db *db, const struct commit *commit);

/* The list, sorted as meta_commit_add() wants it; it lives until the next
 * change. */
const struct change *changes_sorted(struct changes *l, size_t *n);

void changes_fini(struct changes *l);

#endif
