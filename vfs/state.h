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

struct db; /* the connection, as jobs see it */
struct op;
struct pool;
struct state;

/* ---- Opening and jobs (loop thread) */

/* Opens or creates the database. One that is damaged is set aside with a
 * warning, and a new one begun. */
void state_open(
    struct pool *pool, const char *dir, struct state **out, struct op *op);

/* Waits for jobs under way, closes, frees. idle: nobody holds handles, so a
 * database that turned out damaged can be set aside, too. */
void state_close(struct state *st, bool idle, struct op *op);

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

#endif
