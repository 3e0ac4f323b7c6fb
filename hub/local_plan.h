/* What a commit does, line by line, put together to what changes in the end:
 * later lines win, and each sees what those before it did. */
#ifndef HUB_LOCAL_PLAN_H
#define HUB_LOCAL_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "hub/local_meta_commit.h"

struct plan;

/* base: the commit it is made upon; NULL: nothing will be removed. db and base
 * are borrowed. */
struct plan *plan_new(struct meta_db *db, const struct commit *base);
void plan_free(struct plan *p);

/* Puts a file. The entry's child and last are not used. */
void plan_put(struct plan *p, const char *path, const struct entry *entry);

/* Puts every file of a commit. */
int plan_put_all(struct plan *p, const struct commit *commit);

/* Removes what is there: -ENOENT when it is not, or -errno. */
int plan_remove_file(struct plan *p, const char *path);
int plan_remove_folder(struct plan *p, const char *path);

/* All of it, as struct new_commit wants it; lives as long as p. */
const struct change *plan_changes(struct plan *p, size_t *n);

#endif
