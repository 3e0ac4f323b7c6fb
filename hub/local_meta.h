/* What the local Hub knows besides the bytes of files: repos, refs, commits,
 * trees. Everything that changes together is one transaction.
 *
 * All functions that take a struct meta_db block, run inside a transaction on
 * the pool (struct meta_job), and return 0 or -errno; -ENOENT means that the
 * thing does not exist. Only local_meta*.c knows the database. */
#ifndef HUB_LOCAL_META_H
#define HUB_LOCAL_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/op.h"
#include "base/work.h"
#include "hub/hub.h"

struct meta;
struct meta_db;

/* Opens or creates the database; blocks. -EPROTO when a newer program made
 * it. */
int meta_open(const char *path, struct pool *pool, struct meta **out);
void meta_close(struct meta *m); /* no job is running */

/* One transaction: fn runs on the pool, and what it wrote is durable when op
 * wakes without an error. With an error nothing was written. Readers see one
 * state of everything, and never wait for a writer. */
struct meta_job {
    int (*fn)(struct meta_db *db, struct meta_job *job);
    bool write;
    /* state */
    struct meta *meta;
    struct meta_db *db;
    struct op op;
    struct work work;
};
void meta_run(struct meta *m, struct meta_job *job, struct op *op);

/* The same at once and blocking, where no loop runs: for commands that are
 * given beside a server, or without one. Any number of processes may have the
 * database open. */
int meta_run_here(struct meta *m, struct meta_job *job);

/* ---- Settings: small values by name. */
int meta_setting_get(struct meta_db *db, const char *name, void *p, size_t n);
int meta_setting_put(
    struct meta_db *db, const char *name, const void *p, size_t n);

/* ---- Repos */
#define REPO_NAME_MAX 200
#define REPO_SDK_MAX 32

enum repo_gate { GATE_NONE, GATE_AUTO, GATE_MANUAL };

struct repo {
    int64_t id;
    enum hub_kind kind;
    char name[REPO_NAME_MAX]; /* "ns/name" */
    bool private;
    bool mirror;            /* of a folder: its commits are snapshots */
    enum repo_gate gate;    /* who may read its files is a list */
    char sdk[REPO_SDK_MAX]; /* that a Space was made with, or "" */
    int64_t created_s;
    int64_t updated_s;
};

/* What names may be, as the Hub's clients check it; with a namespace, or
 * without one as some old repos. */
bool repo_name_ok(const char *name);

int meta_repo_find(
    struct meta_db *db, enum hub_kind kind, const char *name, struct repo *out);

int meta_repo_get(struct meta_db *db, int64_t id, struct repo *out);

/* Creates it when id is 0, and sets that; else changes what may change, its
 * name not among it. What once had its name is not found by that any more. */
int meta_repo_put(struct meta_db *db, struct repo *repo);

/* Gives it another name, which is free; the old one leads to it from now on.
 * -EEXIST when it is not free. */
int meta_repo_move(struct meta_db *db, struct repo *repo, const char *name);

/* The repo that had this name once. */
int meta_repo_moved(
    struct meta_db *db, enum hub_kind kind, const char *name, struct repo *out);

/* With its refs, commits and discussions. Trees and the bytes of files stay
 * until they are collected. */
int meta_repo_delete(struct meta_db *db, const struct repo *repo);

/* Repos in an order, from behind a place, until fn says false. */
enum repo_order { REPO_BY_ID, REPO_BY_CREATED, REPO_BY_UPDATED };
struct repo_list {
    enum hub_kind kind;
    enum repo_order order; /* by time: the latest first */
    struct repo_place {
        int64_t value; /* the time of what order says; unused by id */
        int64_t id;    /* 0: from the start */
    } after;
};
typedef bool meta_repo_fn(void *ctx, const struct repo *repo);
int meta_repo_each(struct meta_db *db, const struct repo_list *list,
    meta_repo_fn *fn, void *ctx);

#endif
