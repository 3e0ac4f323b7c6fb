/* The rows of a mount's database, and what jobs (vfs/state.h) do with them, on
 * the pool. */
#ifndef VFS_NODE_H
#define VFS_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/path.h"
#include "cache/content.h"
#include "vfs/vfs.h"

struct db; /* the connection, as jobs see it */

#define NODE_FIRST_INO 16 /* below: root, and cookies of "." and ".." */

struct node {
    uint64_t parent;
    uint64_t ino;
    uint64_t size_bytes;
    int64_t mtime_ns;
    int64_t ctime_ns;
    uint32_t gen;
    uint32_t listed;  /* of a directory; 0: never */
    uint32_t subdirs; /* of a directory, when it was listed */
    enum vfs_kind kind;
    struct content_id content;
    size_t name_len;
    char name[PATH_NAME_MAX + 1];
};

/* All return 0 or -errno; -ENOENT when there is no such row. */

int db_find_ino(struct db *db, uint64_t ino, struct node *out);
int db_find_name(struct db *db, uint64_t parent, const char *name, size_t len,
    struct node *out);

/* Path from the root, without a leading slash; "" for the root. */
int db_path(struct db *db, uint64_t ino, struct buf *out);

/* Entries of a directory with ino > after, ascending: calls fn for each until
 * it returns false or limit is reached. */
typedef bool db_scan_fn(void *ctx, const struct node *n);
int db_scan(struct db *db, uint64_t parent, uint64_t after, size_t limit,
    db_scan_fn *fn, void *ctx);

/* One name the Hub confirmed in directory n->parent: inserts it with a new
 * n->ino, or updates the row of this name, which keeps its ino unless the kind
 * changed. *n becomes the row. Changed attributes set ctime to now_ns. */
int db_confirm(struct db *db, struct node *n, int64_t now_ns);

/* The directory was listed in full in generation gen: what was not confirmed
 * in it goes, with everything below; listed and subdirs are set. */
int db_listed(struct db *db, uint64_t dir, uint32_t gen);

/* Removes a row and everything below it. */
int db_remove(struct db *db, const struct node *n);

/* True if a row of an older generation is left in the directory. */
int db_has_older(struct db *db, uint64_t dir, uint32_t gen, bool *out);

int db_set_ctime(struct db *db, uint64_t ino, int64_t ctime_ns);
int db_set_root(struct db *db, uint32_t gen, int64_t mtime_ns);
int db_value_set(struct db *db, const char *name, const void *p, size_t len);

#endif
