/* For unit tests of hub/local_meta*.c: a database with one repo in a folder of
 * its own, and commits in few words. */
#ifndef TEST_LIB_META_FIX_H
#define TEST_LIB_META_FIX_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/work.h"
#include "hub/local_meta.h"
#include "hub/local_meta_commit.h"

struct meta_fix {
    uv_loop_t loop;
    struct pool pool;
    struct meta *meta;
    char *dir;
    struct repo repo; /* model ada/demo */
    struct meta_job job;
    int (*fn)(struct meta_fix *f, struct meta_db *db);
};

/* cmocka's: *state becomes a struct meta_fix. */
int meta_setup(void **state);
int meta_teardown(void **state);

/* Runs fn in one transaction that writes. */
int meta_transact(
    struct meta_fix *f, int (*fn)(struct meta_fix *f, struct meta_db *db));

/* A change that puts this text at path; "" as text removes. */
struct change change_put(const char *path, const char *text);

/* Commits on main, in the order of paths; false when there was nothing to
 * commit. */
bool commit_changes(struct meta_fix *f, struct meta_db *db,
    struct change *change, size_t n, struct commit *out);

#endif
