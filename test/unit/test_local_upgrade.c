/* A database of the first schema that was released is opened, and everything in
 * it is found and can be added to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_meta_pr.h"
#include "test/lib/meta_fix.h"
#include "test/lib/temp.h"

/* As version 1 left it: a private model with two files, one of LFS. */
static const char released[] =
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE repo (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind INTEGER NOT NULL, name TEXT NOT NULL, private INTEGER NOT NULL,"
    " mirror INTEGER NOT NULL, created INTEGER NOT NULL,"
    " updated INTEGER NOT NULL, UNIQUE (kind, name));"
    "CREATE TABLE ref (repo INTEGER NOT NULL, name TEXT NOT NULL,"
    " target INTEGER NOT NULL, PRIMARY KEY (repo, name)) WITHOUT ROWID;"
    "CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " repo INTEGER NOT NULL, oid BLOB NOT NULL, tree INTEGER NOT NULL,"
    " parent INTEGER NOT NULL, depth INTEGER NOT NULL, time INTEGER NOT NULL,"
    " author TEXT NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL,"
    " UNIQUE (repo, oid));"
    "CREATE TABLE tree (id INTEGER PRIMARY KEY, oid BLOB NOT NULL,"
    " size INTEGER NOT NULL);"
    "CREATE TABLE entry (tree INTEGER NOT NULL, name TEXT NOT NULL,"
    " mode INTEGER NOT NULL, lfs INTEGER NOT NULL, size INTEGER NOT NULL,"
    " oid BLOB NOT NULL, sha256 BLOB, child INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (tree, name)) WITHOUT ROWID;"
    "CREATE TABLE seen (repo INTEGER NOT NULL, path TEXT NOT NULL,"
    " size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, PRIMARY KEY (repo, path)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "INSERT INTO repo VALUES (1, 0, 'ada/old', 1, 0, 1000, 2000);"
    "INSERT INTO tree VALUES (1, zeroblob(20), 9);"
    "INSERT INTO history VALUES (1, 1, zeroblob(20), 1, 0, 1, 2000, 'ada',"
    " 'a title', '');"
    "INSERT INTO ref VALUES (1, 'refs/heads/main', 1);"
    "INSERT INTO entry VALUES (1, 'a.txt', 33188, 0, 2, zeroblob(20),"
    " zeroblob(32), 0, 1);"
    "INSERT INTO entry VALUES (1, 'w.bin', 33188, 1, 7, zeroblob(20),"
    " zeroblob(32), 0, 1);";

static void write_database(const char *path, const char *text)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int check(struct meta_fix *f, struct meta_db *db)
{
    struct change c[] = {change_put("b.txt", "b")};
    struct new_pr new = {.repo = &f->repo,
        .status = PR_OPEN,
        .author = "bob",
        .title = "t",
        .description = "d"};
    struct commit head;
    struct entry e;
    uint64_t num = 0;
    uint64_t size = 0;

    assert_int_equal(meta_repo_find(db, HUB_MODEL, "ada/old", &f->repo), 0);
    assert_true(f->repo.private && f->repo.created_s == 1000);
    assert_int_equal(f->repo.gate, GATE_NONE);
    assert_string_equal(f->repo.sdk, "");
    assert_int_equal(meta_rev_find(db, &f->repo, "main", &head), 0);
    assert_int_equal(meta_path_find(db, &head, "w.bin", &e), 0);
    assert_true(e.lfs && e.size == 7);
    assert_int_equal(meta_lfs_find(db, &f->repo, e.sha256, &size), 0);
    assert_int_equal(size, 7);
    assert_true(commit_changes(f, db, c, 1, &head));
    assert_int_equal(head.depth, 2);
    new.base = &head;
    assert_int_equal(meta_pr_open(db, &new, &num), 0);
    assert_int_equal(num, 1);
    assert_int_equal(meta_repo_move(db, &f->repo, "ada/new"), 0);
    assert_int_equal(meta_repo_moved(db, HUB_MODEL, "ada/old", &f->repo), 0);
    return 0;
}

static void upgraded(void **state)
{
    struct meta_fix f = {.dir = temp_dir()};
    char *path = xasprintf("%s/hub.db", f.dir);

    (void)state;
    uv_loop_init(&f.loop);
    pool_init(&f.pool, &f.loop, 2);
    write_database(path, released);
    assert_int_equal(meta_open(path, &f.pool, &f.meta), 0);
    assert_int_equal(meta_transact(&f, check), 0);
    meta_close(f.meta);
    /* Once more: there is nothing left to do. */
    assert_int_equal(meta_open(path, &f.pool, &f.meta), 0);
    meta_close(f.meta);
    write_database(path, "PRAGMA user_version = 1000;");
    assert_int_equal(meta_open(path, &f.pool, &f.meta), -EPROTO);
    assert_int_equal(uv_loop_close(&f.loop), 0);
    assert_int_equal(file_remove_tree(f.dir), 0);
    free(path);
    free(f.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upgraded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
