/* The file system core over a scripted source: what a frontend sees, and how
 * often the source is asked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "test/lib/vfs_fix.h"
#include "test/lib/waiter.h"

static void test_walks_and_attributes(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;

    assert_int_equal(getattr(f, VFS_ROOT_INO, &a), 0);
    assert_int_equal(a.kind, VFS_DIR);
    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    assert_int_equal(a.kind, VFS_FILE);
    assert_int_equal(a.size_bytes, 5000);
    assert_int_equal(a.mode, 0444);
    assert_int_equal(a.uid, 7);
    assert_int_equal(a.gid, 8);
    assert_int_equal(a.mtime_ns, 1000000000);
    assert_int_equal(a.used_bytes, 8192);
    assert_int_equal(walk(f, "sub/deep/b.bin", &a), 0);
    assert_int_equal(walk(f, "sub/deep/../a.txt/x", &a), -ENOTDIR);
    assert_int_equal(walk(f, "sub/..", &a), 0);
    assert_int_equal(a.ino, VFS_ROOT_INO);
    assert_int_equal(a.nlink, 3);
    assert_int_equal(walk(f, "README.md/x", &a), -ENOTDIR);
}

static void test_known_and_missing_names_cost_nothing(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    unsigned asked;

    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    asked = f->s.lists + f->s.stats;
    assert_int_equal(asked, 2); /* one list each of the root and of sub */
    for (int i = 0; i < 50; i++) {
        assert_int_equal(walk(f, "sub/a.txt", &a), 0);
        assert_int_equal(walk(f, "sub/nothing", &a), -ENOENT);
        assert_int_equal(walk(f, "._README.md", &a), -ENOENT);
    }
    reopen(f, false);
    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    assert_int_equal(walk(f, "sub/nothing", &a), -ENOENT);
    assert_int_equal(f->s.lists + f->s.stats, asked);
}

static void test_names_that_cannot_be(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    char longest[400];

    memset(longest, 'x', sizeof(longest));
    longest[399] = '\0';
    assert_int_equal(lookup(f, 1, longest, &a), -ENAMETOOLONG);
    assert_int_equal(lookup(f, 1, "", &a), -EINVAL);
    assert_int_equal(lookup(f, 1, "a/b", &a), -EINVAL);
    assert_int_equal(lookup(f, 99999, "x", &a), -ESTALE);
    assert_int_equal(getattr(f, 99999, &a), -ESTALE);
}

static void test_errors_of_the_source_pass(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l = {.room = 10};
    bool eof;

    f->s.fail = -EIO;
    assert_int_equal(walk(f, "README.md", &a), -EIO);
    assert_int_equal(list_some(f, VFS_ROOT_INO, &l, &eof), -EIO);
    f->s.fail = -EACCES;
    assert_int_equal(walk(f, "README.md", &a), -EACCES);
    f->s.fail = 0;
    assert_int_equal(walk(f, "README.md", &a), 0);
    buf_free(&l.text);
}

static int read_at(struct fix *f, uint64_t ino, uint64_t offset, uint32_t len,
    struct vfs_data *d)
{
    struct waiter w;

    wait_begin(&w);
    vfs_read(f->v, ino, offset, len, d, &w.op);
    return wait_for(&w, &f->loop);
}

static void test_reads(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct vfs_data d;

    assert_int_equal(walk(f, "sub/deep/b.bin", &a), 0);
    for (uint64_t at = 0; at < a.size_bytes; at += 700000) {
        assert_int_equal(read_at(f, a.ino, at, 700000, &d), 0);
        assert_int_equal(d.len, min_size(700000, (size_t)(a.size_bytes - at)));
        assert_int_equal(d.eof, at + d.len == a.size_bytes);
        assert_int_equal(d.part[0].p[0], 3);
        vfs_data_free(&d);
    }
    assert_int_equal(read_at(f, a.ino, a.size_bytes, 10, &d), 0);
    assert_true(d.len == 0 && d.eof);
    assert_int_equal(read_at(f, a.ino, UINT64_MAX, 10, &d), 0);
    assert_true(d.len == 0 && d.eof);
    assert_int_equal(read_at(f, a.ino, 5, 0, &d), 0);
    assert_true(d.len == 0 && !d.eof);
    assert_int_equal(read_at(f, VFS_ROOT_INO, 0, 10, &d), -EISDIR);
    assert_int_equal(read_at(f, 4242, 0, 10, &d), -ESTALE);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, vfs_setup, vfs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_walks_and_attributes),
        CASE(test_known_and_missing_names_cost_nothing),
        CASE(test_names_that_cannot_be),
        CASE(test_errors_of_the_source_pass),
        CASE(test_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
