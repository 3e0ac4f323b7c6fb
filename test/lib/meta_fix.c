/* A database to test with. */
#include "test/lib/meta_fix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "test/lib/temp.h"
#include "test/lib/waiter.h"

static int run_fn(struct meta_db *db, struct meta_job *job)
{
    struct meta_fix *f = container_of(job, struct meta_fix, job);

    return f->fn(f, db);
}

int meta_transact(
    struct meta_fix *f, int (*fn)(struct meta_fix *f, struct meta_db *db))
{
    struct waiter w;

    f->fn = fn;
    f->job = (struct meta_job){.fn = run_fn, .write = true};
    wait_begin(&w);
    meta_run(f->meta, &f->job, &w.op);
    return wait_for(&w, &f->loop);
}

static int make_repo(struct meta_fix *f, struct meta_db *db)
{
    f->repo = (struct repo){.kind = HUB_MODEL, .created_s = 1, .mirror = true};
    strcpy(f->repo.name, "ada/demo");
    return meta_repo_put(db, &f->repo);
}

int meta_setup(void **state)
{
    struct meta_fix *f = xcalloc(1, sizeof(*f));
    char *path;

    f->dir = temp_dir();
    uv_loop_init(&f->loop);
    pool_init(&f->pool, &f->loop, 4);
    path = xasprintf("%s/hub.db", f->dir);
    assert_int_equal(meta_open(path, &f->pool, &f->meta), 0);
    free(path);
    assert_int_equal(meta_transact(f, make_repo), 0);
    *state = f;
    return 0;
}

int meta_teardown(void **state)
{
    struct meta_fix *f = *state;

    meta_close(f->meta);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_int_equal(file_remove_tree(f->dir), 0);
    free(f->dir);
    free(f);
    return 0;
}

struct change change_put(const char *path, const char *text)
{
    struct change c = {.path = path, .remove = *text == '\0'};

    c.entry.mode = GIT_FILE;
    c.entry.size = strlen(text);
    git_blob_oid(text, strlen(text), c.entry.oid);
    digest_once(DIGEST_SHA256, text, strlen(text), c.entry.sha256);
    return c;
}

static int compare(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;
    int order = strcmp(a->path, b->path);

    return order != 0 ? order : (int)b->remove - (int)a->remove;
}

bool commit_changes(struct meta_fix *f, struct meta_db *db,
    struct change *change, size_t n, struct commit *out)
{
    struct commit head;
    bool has = meta_rev_find(db, &f->repo, DEFAULT_BRANCH, &head) == 0;
    struct new_commit c = {
        .repo = &f->repo,
        .ref = "refs/heads/main",
        .parent = has ? &head : NULL,
        .author = "ada",
        .title = "a change",
        .message = "",
        .time_s = 1788256800,
        .change = change,
        .n = n,
    };
    bool made = false;

    if (n > 0)
        qsort(change, n, sizeof(*change), compare);
    assert_int_equal(meta_commit_add(db, &c, out, &made), 0);
    return made;
}
