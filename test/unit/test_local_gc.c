/* What gc takes away from a local Hub and what it leaves, and that verify is
 * content with the rest. */
#include "hub/local_gc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "hub/local_blobs_care.h"
#include "hub/local_meta_gc.h"
#include "hub/local_root.h"
#include "hub/local_verify.h"
#include "test/lib/meta_fix.h"

#define DAY ((time_t)86400)

struct storage {
    struct meta_fix *f;
    struct local_root root;
    char *blobs_dir;
    struct commit first;
    struct commit second;
    struct gc_ids ids;
};

static int setup(void **state)
{
    struct storage *s = xcalloc(1, sizeof(*s));

    meta_setup((void **)&s->f);
    s->blobs_dir = xasprintf("%s/blobs", s->f->dir);
    assert_int_equal(file_mkdirs(s->blobs_dir, 0700), 0);
    s->root.meta = s->f->meta;
    assert_int_equal(blobs_on_disk(s->blobs_dir, &s->root.blobs), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct storage *s = *state;

    blobs_free(s->root.blobs);
    gc_ids_fini(&s->ids);
    free(s->blobs_dir);
    meta_teardown((void **)&s->f);
    free(s);
    return 0;
}

static void set_age(const char *path, time_t age_s)
{
    struct timespec now;
    struct timespec times[2];

    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec -= age_s;
    times[0] = times[1] = now;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A content that came two days ago. */
static void add_blob(struct storage *s, const char *text)
{
    struct blob_in *in = NULL;
    char hex[2 * SHA256_SIZE + 1];
    char *path;

    assert_int_equal(blob_begin(s->root.blobs, &in), 0);
    assert_int_equal(file_write(in->fd, text, strlen(text)), 0);
    digest_once(DIGEST_SHA256, text, strlen(text), in->sha256);
    hex_format(in->sha256, SHA256_SIZE, hex);
    assert_int_equal(blobs_publish(s->root.blobs, &in, 1), 0);
    blob_drop(in);
    path = xasprintf("%s/%.2s/%s", s->blobs_dir, hex, hex);
    set_age(path, 2 * DAY);
    free(path);
}

static bool has(const struct storage *s, const char *text)
{
    uint8_t sha256[SHA256_SIZE];

    digest_once(DIGEST_SHA256, text, strlen(text), sha256);
    return blobs_has(s->root.blobs, sha256);
}

static struct storage *now; /* of the transaction that runs */

/* Two commits, and main goes back to the first. */
static int make_history(struct meta_fix *f, struct meta_db *db)
{
    struct change first[] = {change_put("a.txt", "a"),
        change_put("keep/b.txt", "b"), change_put("old/c.txt", "c")};
    struct change second[] = {
        change_put("a.txt", "A"), change_put("old/d.txt", "d")};

    assert_true(commit_changes(f, db, first, 3, &now->first));
    assert_true(commit_changes(f, db, second, 2, &now->second));
    return meta_ref_put(db, &f->repo, "refs/heads/main", now->first.id);
}

static int find_commits(struct meta_fix *f, struct meta_db *db)
{
    (void)f;
    return meta_gc_commits(db, INT64_MAX, &now->ids);
}

static int bring_back(struct meta_fix *f, struct meta_db *db)
{
    return meta_ref_put(db, &f->repo, "refs/heads/back", now->second.id);
}

static int drop_commits(struct meta_fix *f, struct meta_db *db)
{
    uint64_t n = 0;

    (void)f;
    assert_int_equal(meta_gc_drop_commits(db, &now->ids, &n), 0);
    assert_int_equal(n, 0);
    return 0;
}

static void fill(struct storage *s)
{
    static const char *const texts[] = {"a", "b", "c", "A", "d", "nobody's"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        add_blob(s, texts[i]);
    now = s;
    assert_int_equal(meta_transact(s->f, make_history), 0);
}

static void no_problem(void *ctx, const char *problem)
{
    (void)ctx;
    fail_msg("%s", problem);
}

static void count_problem(void *ctx, const char *problem)
{
    assert_true(strlen(problem) > 0);
    ++*(unsigned *)ctx;
}

static struct verify verified(struct storage *s)
{
    struct verify v = {.root = &s->root, .say = no_problem};

    assert_int_equal(verify_run(&v), 0);
    assert_int_equal(v.problems, 0);
    return v;
}

static struct gc_result collected(struct storage *s, uint64_t grace_s)
{
    struct gc_result r;
    struct buf why = {0};

    assert_int_equal(gc_run(s->f->dir, &s->root, grace_s, &r, &why), 0);
    assert_int_equal(why.len, 0);
    return r;
}

static void what_nothing_refers_to_goes(void **state)
{
    struct storage *s = *state;
    struct gc_result r;
    struct verify v;

    fill(s);
    v = verified(s);
    assert_int_equal(v.commits, 2);
    assert_int_equal(v.files, 6); /* old/ is there twice, keep/ is shared */
    assert_int_equal(v.blobs, 6);
    r = collected(s, DAY);
    assert_int_equal(r.commits, 1);
    assert_int_equal(r.trees, 2);
    assert_int_equal(r.blobs, 3);
    assert_int_equal(r.blob_bytes, 10);
    assert_true(has(s, "a") && has(s, "b") && has(s, "c"));
    assert_false(has(s, "A") || has(s, "d") || has(s, "nobody's"));
    v = verified(s);
    assert_int_equal(v.commits, 1);
    assert_int_equal(v.files, 3);
    r = collected(s, DAY);
    assert_int_equal(r.commits + r.trees + r.blobs, 0);
}

static void what_is_young_stays(void **state)
{
    struct storage *s = *state;
    struct gc_result r;
    uint8_t sha256[SHA256_SIZE];
    uint64_t size = 0;
    struct blob_in *in = NULL;

    fill(s);
    r = collected(s, (uint64_t)100000 * DAY);
    assert_int_equal(r.commits + r.trees + r.blobs, 0);
    /* Somebody is about to refer to it. */
    digest_once(DIGEST_SHA256, "nobody's", 8, sha256);
    assert_int_equal(blobs_keep(s->root.blobs, sha256, &size), 0);
    assert_int_equal(size, 8);
    assert_int_equal(blob_begin(s->root.blobs, &in), 0);
    assert_int_equal(file_write(in->fd, "coming", 6), 0);
    r = collected(s, DAY);
    assert_int_equal(r.blobs, 2);
    assert_int_equal(r.partial_bytes, 0);
    assert_true(has(s, "nobody's"));
    set_age(in->path, 2 * DAY);
    r = collected(s, DAY);
    assert_int_equal(r.partial_bytes, 6);
    blob_drop(in);
}

static void a_commit_may_come_back(void **state)
{
    struct storage *s = *state;

    fill(s);
    assert_int_equal(meta_transact(s->f, find_commits), 0);
    assert_int_equal(s->ids.ids.len, sizeof(int64_t));
    assert_int_equal(meta_transact(s->f, bring_back), 0);
    assert_int_equal(meta_transact(s->f, drop_commits), 0);
    assert_int_equal(collected(s, DAY).commits, 0);
    assert_true(has(s, "A"));
}

static void one_at_a_time(void **state)
{
    struct storage *s = *state;
    char *path = xasprintf("%s/gc.lock", s->f->dir);
    struct gc_result r;
    struct buf why = {0};
    int fd = open(path, O_RDWR | O_CREAT, 0600);

    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(gc_run(s->f->dir, &s->root, DAY, &r, &why), -EBUSY);
    assert_true(why.len > 0);
    close(fd);
    assert_int_equal(collected(s, DAY).commits, 0);
    buf_free(&why);
    free(path);
}

static void verify_sees_what_is_wrong(void **state)
{
    struct storage *s = *state;
    unsigned told = 0;
    struct verify v = {.root = &s->root, .say = count_problem, .ctx = &told};
    uint8_t sha256[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    char *path;
    int fd;

    fill(s);
    digest_once(DIGEST_SHA256, "a", 1, sha256);
    assert_int_equal(blobs_remove(s->root.blobs, sha256, INT64_MAX), 0);
    digest_once(DIGEST_SHA256, "b", 1, sha256);
    hex_format(sha256, SHA256_SIZE, hex);
    path = xasprintf("%s/%.2s/%s", s->blobs_dir, hex, hex);
    fd = open(path, O_WRONLY);
    assert_int_equal(file_pwrite(fd, "x", 1, 0), 0);
    close(fd);
    free(path);
    assert_int_equal(verify_run(&v), 0);
    assert_int_equal(v.problems, 2);
    assert_int_equal(told, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_nothing_refers_to_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_young_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_commit_may_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(one_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(
            verify_sees_what_is_wrong, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
