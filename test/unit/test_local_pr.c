/* Pull requests and discussions in the database: numbers, refs, events. */
#include "hub/local_meta_pr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "test/lib/meta_fix.h"

#define TIME_S 1788256800

static uint64_t open_pr(struct meta_fix *f, struct meta_db *db,
    const struct commit *base, const char *title)
{
    struct new_pr new = {
        .repo = &f->repo,
        .base = base,
        .status = PR_OPEN,
        .author = "bob",
        .title = title,
        .description = "why",
        .time_s = TIME_S,
    };
    uint64_t num = 0;

    assert_int_equal(meta_pr_open(db, &new, &num), 0);
    return num;
}

static bool add_title(void *ctx, const struct pr *pr)
{
    buf_addf(ctx, "%llu:%s ", (unsigned long long)pr->num, pr->title);
    return true;
}

static int check_open(struct meta_fix *f, struct meta_db *db)
{
    struct change c[] = {change_put("a", "1")};
    struct buf titles = {0};
    struct commit head;
    struct commit at;
    struct pr pr;

    assert_true(commit_changes(f, db, c, 1, &head));
    assert_int_equal(open_pr(f, db, &head, "first"), 1);
    assert_int_equal(open_pr(f, db, NULL, "second"), 2);
    assert_int_equal(meta_rev_find(db, &f->repo, "refs/pr/1", &at), 0);
    assert_int_equal(at.id, head.id);
    assert_int_equal(meta_rev_find(db, &f->repo, "refs/pr/2", &at), -ENOENT);

    assert_int_equal(meta_pr_find(db, &f->repo, 1, &pr), 0);
    assert_true(pr.changes && pr.base == head.id && pr.merged == 0);
    assert_string_equal(pr.author, "bob");
    pr.status = PR_MERGED;
    pr.merged = head.id;
    assert_int_equal(meta_pr_put(db, &pr), 0);
    pr_fini(&pr);
    assert_int_equal(meta_pr_find(db, &f->repo, 1, &pr), 0);
    assert_true(pr.status == PR_MERGED && pr.merged == head.id);
    pr_fini(&pr);
    assert_int_equal(meta_pr_find(db, &f->repo, 2, &pr), 0);
    assert_false(pr.changes);
    pr_fini(&pr);
    assert_int_equal(meta_pr_find(db, &f->repo, 3, &pr), -ENOENT);
    pr_fini(&pr);
    assert_int_equal(meta_pr_find(db, &f->repo, UINT64_MAX, &pr), -ENOENT);
    pr_fini(&pr);

    assert_int_equal(meta_pr_each(db, &f->repo, add_title, &titles), 0);
    assert_string_equal(buf_str(&titles), "2:second 1:first ");
    buf_free(&titles);
    return 0;
}

static void opened(void **state)
{
    assert_int_equal(meta_transact(*state, check_open), 0);
}

static bool add_event(void *ctx, const struct event *e)
{
    buf_addf(ctx, "%d %s: %s>%s (%lld)\n", (int)e->type, e->author, e->before,
        e->text, (long long)e->target);
    return true;
}

static void assert_events(
    struct meta_db *db, const struct pr *pr, const char *wanted)
{
    struct buf text = {0};

    assert_int_equal(meta_event_each(db, pr, add_event, &text), 0);
    assert_string_equal(buf_str(&text), wanted);
    buf_free(&text);
}

static int check_events(struct meta_fix *f, struct meta_db *db)
{
    struct event comment = {.type = EVENT_COMMENT,
        .author = "eve",
        .time_s = TIME_S,
        .text = "secret",
        .before = ""};
    struct event edit = {.author = "eve", .time_s = TIME_S, .text = "none"};
    struct event hide = {.author = "ada", .time_s = TIME_S};
    struct pr other;
    struct pr pr;

    open_pr(f, db, NULL, "one");
    open_pr(f, db, NULL, "two");
    assert_int_equal(meta_pr_find(db, &f->repo, 1, &pr), 0);
    assert_int_equal(meta_pr_find(db, &f->repo, 2, &other), 0);
    assert_int_equal(meta_event_add(db, &pr, &comment), 0);
    assert_int_equal(meta_comment_edit(db, &other, comment.id, &edit), -ENOENT);
    assert_int_equal(meta_comment_edit(db, &pr, comment.id, &edit), 0);
    assert_events(
        db, &pr, "0 bob: >why (0)\n0 eve: >none (0)\n1 eve: secret>none (3)\n");
    assert_int_equal(comment.id, 3);
    assert_int_equal(meta_comment_hide(db, &other, comment.id, &hide), -ENOENT);
    assert_int_equal(meta_comment_hide(db, &pr, comment.id, &hide), 0);
    assert_events(
        db, &pr, "0 bob: >why (0)\n0 eve: > (0)\n1 eve: > (3)\n2 ada: > (3)\n");
    assert_int_equal(meta_comment_edit(db, &pr, comment.id, &edit), -ENOENT);
    assert_int_equal(meta_comment_hide(db, &pr, comment.id, &hide), -ENOENT);
    assert_events(db, &other, "0 bob: >why (0)\n");
    pr_fini(&pr);
    pr_fini(&other);
    return 0;
}

static void events_kept(void **state)
{
    assert_int_equal(meta_transact(*state, check_events), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opened, meta_setup, meta_teardown),
        cmocka_unit_test_setup_teardown(events_kept, meta_setup, meta_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
