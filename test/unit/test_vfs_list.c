/* Listings of a mount over a scripted source. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/vfs_fix.h"
#include "test/lib/waiter.h"

static void test_bad_names_are_hidden_and_counted(void **state)
{
    struct fix *f = *state;
    struct names l;
    char *long_name = xmalloc(305);

    memset(long_name, 'y', 304);
    long_name[304] = '\0';
    add_item(&f->s, "..", VFS_FILE, 1, 1);
    add_item(&f->s, ".", VFS_DIR, 1, 1);
    add_item(&f->s, "", VFS_FILE, 1, 1);
    add_item(&f->s, long_name, VFS_FILE, 1, 1);
    list_all(f, VFS_ROOT_INO, &l, 100);
    assert_string_equal(buf_str(&l.text), ".\n..\nREADME.md\nsub\n");
    assert_int_equal(vfs_stats(f->v).hidden_names, 4);
    buf_free(&l.text);
    free(long_name);
}

static void test_large_directory_each_name_once(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l;

    add_many(f, "big", 2777);
    assert_int_equal(walk(f, "big", &a), 0);
    list_all(f, a.ino, &l, 37);
    check_many(&l, 2777);
    f->s.lists = 0;
    list_all(f, a.ino, &l, 5000);
    check_many(&l, 2777);
    assert_int_equal(f->s.lists, 0);
    assert_true(vfs_stats(f->v).hot_inodes <= 1000);
}

static void test_cookies_that_nobody_gave(void **state)
{
    static const uint64_t past[] = {
        INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
    struct fix *f = *state;
    struct vfs_attr a;

    add_many(f, "big", 2100);
    assert_int_equal(walk(f, "big", &a), 0);
    for (size_t i = 0; i < ARRAY_LEN(past); i++) {
        struct names l = {.room = 10, .cookie = past[i]};
        bool eof = false;

        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
        assert_true(eof);
        assert_int_equal(l.n, 0);
    }
}

static void test_lookup_does_not_wait_for_a_whole_listing(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct vfs_attr b;
    struct names l;

    add_many(f, "big", 3000);
    assert_int_equal(walk(f, "big", &a), 0);
    f->s.lists = 0;
    assert_int_equal(lookup(f, a.ino, "file-002999", &b), 0);
    assert_int_equal(b.size_bytes, 2999);
    assert_true(f->s.lists < 10);
    assert_int_equal(lookup(f, a.ino, "file-x", &b), -ENOENT);
    assert_true(f->s.lists < 20);
    list_all(f, a.ino, &l, 100);
    check_many(&l, 3000);
}

static void test_listing_streams_while_it_comes(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l = {.room = 50};
    bool eof = false;

    add_many(f, "big", 1000);
    assert_int_equal(walk(f, "big", &a), 0);
    f->s.lists = 0;
    assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    assert_true(f->s.lists <= 2); /* the first page was enough */
    while (!eof)
        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    check_many(&l, 1000);
}

static void test_restart_in_the_middle_of_a_listing(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l = {.room = 70};
    bool eof = false;

    add_many(f, "big", 1500);
    assert_int_equal(walk(f, "big", &a), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    reopen(f, false);
    while (!eof)
        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    check_many(&l, 1500);
}

static void test_many_lookups_one_listing(void **state)
{
    struct fix *f = *state;
    struct waiter w[20];
    struct vfs_attr a[20];

    f->s.held = true;
    for (int i = 0; i < 20; i++) {
        wait_begin(&w[i]);
        vfs_lookup(f->v, VFS_ROOT_INO, "README.md", 9, &a[i], &w[i].op);
    }
    while (f->s.lists == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    f->s.held = false;
    op_list_wake(&f->s.released, 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(wait_for(&w[i], &f->loop), 0);
    assert_int_equal(f->s.lists, 1);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, vfs_setup, vfs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_bad_names_are_hidden_and_counted),
        CASE(test_large_directory_each_name_once),
        CASE(test_cookies_that_nobody_gave),
        CASE(test_lookup_does_not_wait_for_a_whole_listing),
        CASE(test_listing_streams_while_it_comes),
        CASE(test_restart_in_the_middle_of_a_listing),
        CASE(test_many_lookups_one_listing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
