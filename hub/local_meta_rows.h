/* The rows of one folder in memory: read from a tree, written as another. For
 * those who make commits. */
#ifndef HUB_LOCAL_META_ROWS_H
#define HUB_LOCAL_META_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/local_meta_tree.h"

/* Zeroed to begin with. */
struct rows {
    struct buf list; /* of struct row */
    struct buf names;
};

struct row {
    size_t name; /* in names, with a NUL */
    struct entry entry;
};

void rows_add(
    struct rows *r, const char *name, size_t len, const struct entry *entry);
const struct row *rows_list(const struct rows *r, size_t *n);
const char *row_name(const struct rows *r, const struct row *row);
void rows_free(struct rows *r);

/* All of a tree; 0 is one without rows. */
int rows_read(struct meta_db *db, int64_t tree, struct rows *out);

/* As a new tree, which *out describes; last: the commit that makes it. */
int rows_write(
    struct meta_db *db, const struct rows *r, int64_t last, struct entry *out);

#endif
