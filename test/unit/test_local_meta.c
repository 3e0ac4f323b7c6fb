/* Commits and trees in the database: what a commit changes and shares, how
 * trees are walked and paged, how commits are named. Ids are git's. */
#include "hub/local_meta.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "test/lib/meta_fix.h"

static bool hex_is(const uint8_t *oid, const char *wanted)
{
    char hex[2 * SHA1_SIZE + 1];

    hex_format(oid, SHA1_SIZE, hex);
    return strncmp(hex, wanted, strlen(wanted)) == 0;
}

static bool add_path(void *ctx, const char *path, const struct entry *e)
{
    buf_addf(ctx, "%s%s ", path, entry_is_folder(e) ? "/" : "");
    return true;
}

/* Everything below path, in a row. */
static void assert_listing(struct meta_db *db, const struct commit *c,
    const char *path, bool recursive, const char *wanted)
{
    struct walk walk = {.path = path, .recursive = recursive};
    struct buf text = {0};
    struct entry e;

    assert_int_equal(meta_path_find(db, c, path, &e), 0);
    walk.tree = e.child;
    assert_int_equal(meta_walk(db, &walk, add_path, &text), 0);
    assert_string_equal(buf_str(&text), wanted);
    buf_free(&text);
}

static int check_ids(struct meta_fix *f, struct meta_db *db)
{
    struct change c[] = {change_put("a.b", "2\n"), change_put("a/f", "1\n"),
        change_put("a0", "3\n")};
    struct commit none;
    struct commit head;
    struct entry e;

    /* As git write-tree and git commit-tree name them. */
    assert_true(commit_changes(f, db, NULL, 0, &none));
    assert_true(
        hex_is(none.tree_oid, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"));
    assert_true(commit_changes(f, db, c, 3, &head));
    assert_true(
        hex_is(head.tree_oid, "39bd7caa8baae11206635d30277628947866ac3a"));
    assert_true(hex_is(head.oid, "bbc9c2568b56fc05df251bc11cf221eff3c26c64"));
    assert_int_equal(head.depth, 2);
    assert_int_equal(head.parent, none.id);
    assert_int_equal(head.tree_size, 6);
    assert_int_equal(meta_path_find(db, &head, "a/f", &e), 0);
    assert_true(hex_is(e.oid, "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d"));
    assert_int_equal(meta_path_find(db, &head, "a", &e), 0);
    assert_int_equal(e.size, 2);
    assert_int_equal(meta_path_find(db, &head, "a/g", &e), -ENOENT);
    assert_int_equal(meta_path_find(db, &head, "a0/g", &e), -ENOENT);
    return 0;
}

static void ids_are_gits(void **state)
{
    assert_int_equal(meta_transact(*state, check_ids), 0);
}

static int check_sharing(struct meta_fix *f, struct meta_db *db)
{
    struct change first[] = {change_put("d/x", "1"), change_put("e/s/y", "1"),
        change_put("e/z", "1"), change_put("r", "1")};
    struct change second[] = {change_put("e/z", "2")};
    struct change nothing[] = {
        change_put("r", "1"), change_put("gone", ""), change_put("d/q/r", "")};
    struct commit a;
    struct commit b;
    struct commit again;
    struct entry before;
    struct entry after;

    assert_true(commit_changes(f, db, first, 4, &a));
    assert_true(commit_changes(f, db, second, 1, &b));
    meta_path_find(db, &a, "d", &before);
    meta_path_find(db, &b, "d", &after);
    assert_int_equal(before.child, after.child);
    assert_int_equal(after.last, a.id);
    meta_path_find(db, &a, "e/s", &before);
    meta_path_find(db, &b, "e/s", &after);
    assert_int_equal(before.child, after.child);
    meta_path_find(db, &a, "e", &before);
    meta_path_find(db, &b, "e", &after);
    assert_int_not_equal(before.child, after.child);
    assert_int_equal(after.last, b.id);
    meta_path_find(db, &b, "e/z", &after);
    assert_int_equal(after.last, b.id);
    meta_path_find(db, &b, "r", &after);
    assert_int_equal(after.last, a.id);
    assert_false(commit_changes(f, db, nothing, 3, &again));
    assert_int_equal(again.id, b.id);
    return 0;
}

static void unchanged_folders_are_shared(void **state)
{
    assert_int_equal(meta_transact(*state, check_sharing), 0);
}

static int check_shapes(struct meta_fix *f, struct meta_db *db)
{
    struct change start[] = {
        change_put("a", "f"), change_put("b/c/d", "1"), change_put("b/e", "2")};
    struct change swap[] = {change_put("a", ""), change_put("a/n", "1"),
        change_put("b", ""), change_put("b", "file")};
    struct change below[] = {change_put("b/x", ""), change_put("zz", "1")};
    struct change last[] = {
        change_put("a/n", ""), change_put("b", ""), change_put("zz", "")};
    struct commit c;

    assert_true(commit_changes(f, db, start, 3, &c));
    assert_listing(db, &c, "", true, "a b/ b/c/ b/c/d b/e ");
    assert_true(commit_changes(f, db, swap, 4, &c));
    assert_listing(db, &c, "", true, "a/ a/n b ");
    /* Nothing can be removed below a file. */
    assert_true(commit_changes(f, db, below, 2, &c));
    assert_listing(db, &c, "", true, "a/ a/n b zz ");
    assert_true(commit_changes(f, db, last, 3, &c));
    assert_listing(db, &c, "", true, "");
    assert_true(hex_is(c.tree_oid, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"));
    assert_false(commit_changes(f, db, NULL, 0, &c));
    return 0;
}

static void files_and_folders_take_each_others_place(void **state)
{
    assert_int_equal(meta_transact(*state, check_shapes), 0);
}

/* A walk that stops at the nth entry. */
struct stopped {
    struct buf text;
    struct buf last;
    size_t left;
};

static bool add_some(void *ctx, const char *path, const struct entry *e)
{
    struct stopped *s = ctx;

    if (s->left-- == 0)
        return false;
    buf_clear(&s->last);
    buf_adds(&s->last, path);
    return add_path(&s->text, path, e);
}

static void assert_pages(struct meta_db *db, const struct walk *whole)
{
    struct buf wanted = {0};

    assert_int_equal(meta_walk(db, whole, add_path, &wanted), 0);
    for (size_t page = 1; page < 8; page++) {
        struct stopped s = {0};
        struct walk walk = *whole;
        size_t before;

        do {
            before = s.text.len;
            s.left = page;
            assert_int_equal(meta_walk(db, &walk, add_some, &s), 0);
            walk.after = buf_str(&s.last);
        } while (s.text.len > before);
        assert_string_equal(buf_str(&s.text), buf_str(&wanted));
        buf_free(&s.text);
        buf_free(&s.last);
    }
    buf_free(&wanted);
}

static int check_pages(struct meta_fix *f, struct meta_db *db)
{
    struct change c[] = {change_put("a-b", "1"), change_put("a/b/c", "1"),
        change_put("a/b/d", "1"), change_put("a/b-c", "1"),
        change_put("a/z", "1"), change_put("a0", "1"),
        change_put("b/only", "1"), change_put("b0/x/y/z", "1"),
        change_put("c", "1")};
    struct walk walk = {.path = "", .recursive = true};
    struct buf text = {0};
    struct commit head;

    assert_true(commit_changes(f, db, c, ARRAY_LEN(c), &head));
    walk.tree = head.tree;
    assert_pages(db, &walk);
    walk.recursive = false;
    assert_pages(db, &walk);
    assert_listing(db, &head, "a", true, "a/b/ a/b/c a/b/d a/b-c a/z ");
    assert_listing(db, &head, "a/b", false, "a/b/c a/b/d ");
    /* A cursor whose entry has gone goes on behind its place. */
    walk.recursive = true;
    walk.after = "a/b/cc/x";
    assert_int_equal(meta_walk(db, &walk, add_path, &text), 0);
    assert_string_equal(buf_str(&text),
        "a/b/d a/b-c a/z a-b a0 b/ b/only b0/ b0/x/ b0/x/y/ b0/x/y/z c ");
    buf_free(&text);
    return 0;
}

static void pages_of_any_size_make_the_whole(void **state)
{
    assert_int_equal(meta_transact(*state, check_pages), 0);
}

static int check_large(struct meta_fix *f, struct meta_db *db)
{
    const size_t n = 5000;
    struct change *c = xcalloc(n, sizeof(*c));
    char deep[3998];
    struct change one;
    struct commit head;
    struct entry e;

    for (size_t i = 0; i < n; i++)
        c[i] = change_put(xasprintf("dir/%05zu", i), "x");
    assert_true(commit_changes(f, db, c, n, &head));
    assert_int_equal(head.tree_size, n);
    one = change_put("dir/02500", "y");
    assert_true(commit_changes(f, db, &one, 1, &head));
    assert_int_equal(meta_path_find(db, &head, "dir/02499", &e), 0);
    assert_int_not_equal(e.last, head.id);
    for (size_t i = 0; i < n; i++)
        free((char *)(uintptr_t)c[i].path);
    free(c);
    for (size_t i = 0; i < sizeof(deep) - 1; i++)
        deep[i] = i % 2 == 0 ? 'a' : '/';
    deep[sizeof(deep) - 1] = '\0';
    one = change_put(deep, "deep");
    assert_true(commit_changes(f, db, &one, 1, &head));
    assert_int_equal(meta_path_find(db, &head, deep, &e), 0);
    assert_int_equal(e.size, 4);
    return 0;
}

static void large_and_deep_folders(void **state)
{
    assert_int_equal(meta_transact(*state, check_large), 0);
}

static int check_names(struct meta_fix *f, struct meta_db *db)
{
    struct change one = change_put("f", "1");
    struct change two = change_put("f", "2");
    struct commit a;
    struct commit b;
    struct commit found;
    char hex[2 * SHA1_SIZE + 1];

    assert_int_equal(meta_rev_find(db, &f->repo, "main", &found), -ENOENT);
    commit_changes(f, db, &one, 1, &a);
    commit_changes(f, db, &two, 1, &b);
    assert_int_equal(meta_ref_put(db, &f->repo, "refs/tags/v1", a.id), 0);
    assert_int_equal(meta_ref_put(db, &f->repo, "refs/pr/1", a.id), 0);
    assert_int_equal(meta_ref_put(db, &f->repo, "refs/heads/x/y", a.id), 0);
    hex_format(b.oid, SHA1_SIZE, hex);
    /* A branch that looks like a commit does not take its place. */
    assert_int_equal(
        meta_ref_put(db, &f->repo,
            "refs/heads/0000000000000000000000000000000000000000", a.id),
        0);
    for (size_t len = (size_t)2 * SHA1_SIZE; len >= 7; len--) {
        hex[len] = '\0';
        assert_int_equal(meta_rev_find(db, &f->repo, hex, &found), 0);
        assert_int_equal(found.id, b.id);
    }
    hex[6] = '\0';
    assert_int_equal(meta_rev_find(db, &f->repo, hex, &found), -ENOENT);
    static const char *const names[] = {
        "v1", "refs/pr/1", "x/y", "refs/heads/x/y", "refs/tags/v1"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(meta_rev_find(db, &f->repo, names[i], &found), 0);
        assert_int_equal(found.id, a.id);
    }
    assert_int_equal(meta_rev_find(db, &f->repo, "HEAD", &found), 0);
    assert_int_equal(found.id, b.id);
    assert_int_equal(meta_rev_find(db, &f->repo, "pr/1", &found), -ENOENT);
    assert_int_equal(meta_rev_find(db, &f->repo, "", &found), -ENOENT);
    assert_int_equal(meta_commit_parent(db, &b, 1), 0);
    assert_int_equal(b.id, a.id);
    assert_int_equal(meta_commit_parent(db, &b, 1), 0);
    assert_int_equal(b.id, 0);
    return 0;
}

static void commits_have_many_names(void **state)
{
    assert_int_equal(meta_transact(*state, check_names), 0);
}

static int check_failing(struct meta_fix *f, struct meta_db *db)
{
    struct change one = change_put("lost", "1");
    struct commit c;

    assert_true(commit_changes(f, db, &one, 1, &c));
    return -ECANCELED;
}

static int check_nothing_there(struct meta_fix *f, struct meta_db *db)
{
    struct commit c;

    return meta_rev_find(db, &f->repo, "main", &c);
}

static void a_failed_job_leaves_nothing(void **state)
{
    assert_int_equal(meta_transact(*state, check_failing), -ECANCELED);
    assert_int_equal(meta_transact(*state, check_nothing_there), -ENOENT);
}

static void names_of_repos(void **state)
{
    static const char *const good[] = {"gpt2", "ada/demo", "a.b/c_d-e", "A1/b"};
    static const char *const bad[] = {"", "/", "a/", "/a", "a/b/c", "a b/c",
        "-a/b", "a-/b", ".a/b", "a/b.", "a/b.git", "a--b/c", "a/b..c",
        "\xc3\xa9/a"};
    char long_one[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(repo_name_ok(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (repo_name_ok(bad[i]))
            fail_msg("%s", bad[i]);
    }
    memset(long_one, 'a', sizeof(long_one));
    long_one[97] = '\0';
    assert_false(repo_name_ok(long_one));
    long_one[96] = '\0';
    assert_true(repo_name_ok(long_one));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, meta_setup, meta_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_are_gits),
        TEST(unchanged_folders_are_shared),
        TEST(files_and_folders_take_each_others_place),
        TEST(pages_of_any_size_make_the_whole),
        TEST(large_and_deep_folders),
        TEST(commits_have_many_names),
        TEST(a_failed_job_leaves_nothing),
        cmocka_unit_test(names_of_repos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
