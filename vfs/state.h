/* A mount's database: the tree, its inode numbers, and what a frontend keeps
 * (port, secrets). One SQLite file (WAL) in the mount's state directory; the
 * only module that knows SQLite.
 *
 *   node   (parent, ino) -> name, attributes, content, generation
 *          and by name within a parent, and by ino
 *   meta   name -> value
 *
 * A row's `gen` is the generation (one per revision shown) in which the Hub
 * last confirmed it; a directory's `listed` is the one in which it was listed
 * in full. Inode numbers ascend and are never used twice, so that the order of
 * a directory by ino is the order in which its entries came: cookies.
 *
 * All calls run on the pool, in jobs. Jobs are executed one after the other,
 * many in one transaction, so that waiting jobs share a thread hop and a
 * commit; what a job wrote is safe from a kill when its operation wakes. */
#ifndef VFS_STATE_H
#define VFS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/path.h"
#include "cache/content.h"
#include "vfs/vfs.h"

struct db; /* the connection, as jobs see it */
struct op;
struct pool;
struct state;

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

/* ---- Opening and jobs (loop thread) */

/* Opens or creates the database. One that is damaged is set aside with a
 * warning, and a new one begun. */
void state_open(
    struct pool *pool, const char *dir, struct state **out, struct op *op);

/* Waits for jobs under way, closes, frees. */
void state_close(struct state *st, struct op *op);

struct state_job;
typedef int state_fn(struct db *db, struct state_job *job);

/* Embedded in the caller's struct, which stays until the wake. */
struct state_job {
    state_fn *fn; /* on the pool; sees the caller's struct and db only */
    struct op *op;
    int result;
    TAILQ_ENTRY(state_job) link;
};

void state_run(
    struct state *st, struct state_job *job, state_fn *fn, struct op *op);

/* Counters as of the last finished job. */
struct state_totals {
    uint64_t entries;
    uint64_t bytes;
};

struct state_totals state_totals(const struct state *st);

/* meta, synchronous: only while no job is under way (before serving). */
int state_value_get(
    struct state *st, const char *name, void *p, size_t cap, size_t *len);
int state_value_set(
    struct state *st, const char *name, const void *p, size_t len);

/* ---- What jobs do. 0 or -errno; -ENOENT when there is no such row. */

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
