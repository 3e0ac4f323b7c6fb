/* Commits line by line: what their lines change in the end, and what they may
 * not do. */
#include "hub/local_plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "hub/local_meta_lfs.h"
#include "test/lib/meta_fix.h"

/* Lines in short: "+a/b" puts, "-a/b" removes a file, "~a" a folder. What a
 * line that removes nothing gives is -ENOENT. */
static int play(struct plan *p, const char *lines)
{
    char *copy = xstrdup(lines);
    char *rest = copy;
    char *line;
    int err = 0;

    while (err == 0 && (line = strsep(&rest, " ")) != NULL) {
        struct change c = change_put(line + 1, line);

        if (*line == '+')
            plan_put(p, line + 1, &c.entry);
        else if (*line == '-')
            err = plan_remove_file(p, line + 1);
        else
            err = plan_remove_folder(p, line + 1);
    }
    free(copy);
    return err;
}

static bool add_path(void *ctx, const char *path, const struct entry *e)
{
    if (!entry_is_folder(e))
        buf_addf(ctx, "%s ", path);
    return true;
}

/* The files of the base are a, d/x, d/y, d/s/z. */
static void base(struct meta_fix *f, struct meta_db *db, struct commit *out)
{
    struct change c[] = {
        change_put("a", "1"),
        change_put("d/x", "2"),
        change_put("d/y", "3"),
        change_put("d/s/z", "4"),
    };

    assert_true(commit_changes(f, db, c, ARRAY_LEN(c), out));
}

static int run(struct meta_fix *f, struct meta_db *db, const struct commit *at,
    const char *lines, struct buf *files)
{
    struct plan *p = plan_new(db, at);
    struct new_commit new = {.repo = &f->repo,
        .ref = "refs/heads/other",
        .parent = at,
        .author = "ada",
        .title = lines,
        .message = ""};
    struct commit made;
    bool is_new;
    char *clash = NULL;
    int err = play(p, lines);

    new.clash = &clash;
    new.change = plan_changes(p, &new.n);
    if (err == 0)
        err = meta_commit_add(db, &new, &made, &is_new);
    if (err == 0)
        err = meta_walk(db,
            &(struct walk){.tree = made.tree, .path = "", .recursive = true},
            add_path, files);
    if (err == -ENOTDIR)
        buf_adds(files, clash);
    free(clash);
    plan_free(p);
    return err;
}

static int lines(struct meta_fix *f, struct meta_db *db)
{
    static const struct {
        const char *lines;
        int err;
        const char *files; /* or the path that clashes */
    } table[] = {
        {"+b", 0, "a b d/s/z d/x d/y "},
        {"-a", 0, "d/s/z d/x d/y "},
        {"~d", 0, "a "},
        {"~d/s", 0, "a d/x d/y "},
        {"-d/s/z", 0, "a d/x d/y "},
        /* later lines win */
        {"+b -b", 0, "a d/s/z d/x d/y "},
        {"-a +a", 0, "a d/s/z d/x d/y "},
        {"+d/n ~d", 0, "a "},
        {"~d +d/n", 0, "a d/n "},
        {"~d +d/n ~d", 0, "a "},
        {"+n/m/o ~n", 0, "a d/s/z d/x d/y "},
        {"~d +d", 0, "a d "},
        {"-a +a/b/c", 0, "a/b/c d/s/z d/x d/y "},
        {"~d +d -d", 0, "a "},
        {"-d/x -d/y -d/s/z +d", 0, "a d "},
        {"+a/b -a", 0, "a/b d/s/z d/x d/y "},
        {"+d -d", 0, "a d/s/z d/x d/y "},
        {"+d/x ~d/s +d/s/t -d/s/t", 0, "a d/x d/y "},
        /* what is not there cannot go */
        {"-b", -ENOENT, ""},
        {"-d", -ENOENT, ""},
        {"~a", -ENOENT, ""},
        {"~n", -ENOENT, ""},
        {"-a -a", -ENOENT, ""},
        {"~d ~d", -ENOENT, ""},
        {"~d -d/x", -ENOENT, ""},
        {"~d ~d/s", -ENOENT, ""},
        {"+b -b -b", -ENOENT, ""},
        {"+d -d -d", -ENOENT, ""},
        {"-a/b", -ENOENT, ""},
        /* no name is a file and a folder */
        {"+a/b", -ENOTDIR, "a"},
        {"+d", -ENOTDIR, "d"},
        {"+n +n/m", -ENOTDIR, "n"},
        {"+d/s", -ENOTDIR, "d/s"},
        {"-d/x +d", -ENOTDIR, "d"},
        {"~d +d +d/x", -ENOTDIR, "d"},
    };
    struct commit at;

    base(f, db, &at);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct buf files = {0};
        int err = run(f, db, &at, table[i].lines, &files);

        if (err != table[i].err || strcmp(buf_str(&files), table[i].files) != 0)
            fail_msg("%s: %d, %s", table[i].lines, err, buf_str(&files));
        buf_free(&files);
    }
    return 0;
}

static void lines_in_order(void **state)
{
    assert_int_equal(meta_transact(*state, lines), 0);
}

static int same_again(struct meta_fix *f, struct meta_db *db)
{
    struct commit at;
    struct plan *p;
    struct new_commit new = {.repo = &f->repo,
        .ref = "refs/heads/main",
        .author = "ada",
        .title = "again",
        .message = ""};
    struct change x = change_put("d/s/z", "4");
    struct commit made;
    bool is_new = true;

    base(f, db, &at);
    p = plan_new(db, &at);
    assert_int_equal(plan_remove_folder(p, "d/s"), 0);
    plan_put(p, "d/s/z", &x.entry);
    new.parent = &at;
    new.change = plan_changes(p, &new.n);
    assert_int_equal(meta_commit_add(db, &new, &made, &is_new), 0);
    assert_false(is_new);
    assert_int_equal(made.id, at.id);
    plan_free(p);
    return 0;
}

static void what_was_there_before_is_no_change(void **state)
{
    assert_int_equal(meta_transact(*state, same_again), 0);
}

/* ---- Content */

static bool note(void *ctx, const struct repo *repo)
{
    buf_addf(ctx, "%s ", repo->name);
    return true;
}

static bool note_lfs(void *ctx, const struct lfs *lfs)
{
    buf_addf(ctx, "%s@%s ", lfs->path, lfs->ref);
    return true;
}

static int content(struct meta_fix *f, struct meta_db *db)
{
    struct repo other = {.kind = HUB_DATASET, .created_s = 1, .name = "bob/o"};
    struct change c[] = {change_put("w.bin", "weights"), change_put("t", "t")};
    struct lfs shown = {.size = 7, .pushed_s = 100};
    const uint8_t *sha256 = c[0].entry.sha256;
    struct commit made;
    struct buf text = {0};
    uint64_t size = 0;

    c[0].entry.lfs = true;
    memcpy(shown.sha256, sha256, SHA256_SIZE);
    assert_int_equal(meta_repo_put(db, &other), 0);
    assert_int_equal(meta_lfs_find(db, &f->repo, sha256, &size), -ENOENT);
    commit_changes(f, db, c, ARRAY_LEN(c), &made);
    sha256 = shown.sha256; /* the changes were sorted */
    assert_int_equal(meta_lfs_find(db, &f->repo, sha256, &size), 0);
    assert_int_equal(size, 7);
    assert_int_equal(meta_lfs_find(db, &other, sha256, &size), -ENOENT);
    assert_int_equal(meta_lfs_note(db,
                         &(struct new_commit){.repo = &other,
                             .ref = "refs/heads/main",
                             .change = c,
                             .n = ARRAY_LEN(c)}),
        0);
    assert_int_equal(meta_lfs_holders(db, sha256, note, &text), 0);
    assert_string_equal(buf_str(&text), "ada/demo bob/o ");
    assert_int_equal(meta_lfs_remove(db, &other, sha256), 0);
    assert_int_equal(meta_lfs_find(db, &other, sha256, &size), -ENOENT);
    buf_clear(&text);
    assert_int_equal(meta_lfs_each(db, &f->repo, NULL, note_lfs, &text), 0);
    assert_string_equal(buf_str(&text), "w.bin@refs/heads/main ");
    buf_clear(&text);
    assert_int_equal(meta_lfs_each(db, &f->repo, sha256, note_lfs, &text), 0);
    assert_string_equal(buf_str(&text), "");

    assert_int_equal(meta_upload_find(db, &f->repo, "bob", sha256), -ENOENT);
    assert_int_equal(meta_upload_put(db, f->repo.id, "bob", &shown), 0);
    assert_int_equal(meta_upload_find(db, &f->repo, "bob", sha256), 0);
    assert_int_equal(meta_upload_find(db, &f->repo, "ada", sha256), -ENOENT);
    assert_int_equal(meta_upload_find(db, &other, "bob", sha256), -ENOENT);
    assert_int_equal(meta_upload_expire(db, 101), 0);
    assert_int_equal(meta_upload_find(db, &f->repo, "bob", sha256), -ENOENT);
    assert_int_equal(meta_repo_delete(db, &f->repo), 0);
    assert_int_equal(meta_lfs_find(db, &f->repo, sha256, &size), -ENOENT);
    buf_free(&text);
    return 0;
}

static void content_is_its_repos_and_its_uploaders(void **state)
{
    assert_int_equal(meta_transact(*state, content), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, meta_setup, meta_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_in_order),
        CASE(what_was_there_before_is_no_change),
        CASE(content_is_its_repos_and_its_uploaders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
