/* The cache when bytes are wrong, when the origin fails, and when the disk
 * does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "test/lib/cache_fix.h"
#include "test/lib/waiter.h"

static void test_wrong_content_is_an_error_at_the_end(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    set_content(f, 2 * MIB + 5);
    f->script.corrupt = MIB + 77;
    file = get_file(f);
    assert_int_equal(read_range(f, file, 0, MIB), 0);
    /* The wrong byte itself may be given out before all is known ... */
    f->script.piece = 65536;
    {
        struct bytes_parts parts = {0};
        struct waiter w;

        wait_begin(&w);
        cache_read(file, MIB, MIB, 0, &parts, &w.op);
        assert_int_equal(wait_for(&w, &f->loop), 0);
        bytes_parts_free(&parts);
    }
    /* ... the last one not. */
    assert_int_equal(read_range(f, file, 2 * MIB, 5), -EIO);
    assert_int_equal(cache_file_faults(file), 1);
    f->script.corrupt = UINT64_MAX;
    read_all(f, file, MIB);
    cache_file_put(file);
    settle(f);
    assert_int_equal(cache_stats(f->cache).damaged, 0);
}

static void test_wrong_small_content_is_never_given_out(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    set_content(f, 10000);
    f->script.corrupt = 9;
    file = get_file(f);
    assert_int_equal(read_range(f, file, 0, 100), -EIO);
    assert_int_equal(read_range(f, file, 5000, 100), -EIO);
    f->script.corrupt = UINT64_MAX;
    assert_int_equal(read_range(f, file, 0, 10000), 0);
    cache_file_put(file);
}

static void flip_byte(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    uint8_t b;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &b, 1, at), 1);
    b ^= 0x10;
    assert_int_equal(pwrite(fd, &b, 1, at), 1);
    close(fd);
}

static void test_entry_cut_while_in_use(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;
    char *path;

    set_content(f, 5 * MIB + 70000);
    file = get_file(f);
    read_all(f, file, MIB);
    cache_file_put(file);
    settle(f);
    file = get_file(f);
    read_all(f, file, MIB); /* from disk, compared with the checksums */
    path = entry_file(f);
    assert_int_equal(truncate(path, 0), 0);
    free(path);
    assert_int_equal(read_range(f, file, 4 * MIB, 65536), 0);
    read_all(f, file, 65536);
    read_all(f, file, MIB);
    cache_file_put(file);
    settle(f);
}

static void test_flipped_byte_on_disk_is_fetched_again(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;
    char *path;

    set_content(f, 3 * MIB);
    file = get_file(f);
    read_all(f, file, MIB);
    cache_file_put(file);
    settle(f);
    path = entry_file(f);
    flip_byte(path, MIB + 4);
    free(path);
    f->script.reads = 0;
    file = get_file(f);
    read_all(f, file, 65536);
    assert_int_equal(f->script.reads, 1);
    assert_int_equal(cache_stats(f->cache).damaged, 1);
    cache_file_put(file);
}

static void test_entry_cut_short_or_not_an_entry(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;
    char *path;

    set_content(f, 3 * MIB);
    file = get_file(f);
    read_all(f, file, MIB);
    cache_file_put(file);
    settle(f);
    path = entry_file(f);
    assert_int_equal(truncate(path, MIB), 0);
    f->script.reads = 0;
    file = get_file(f);
    read_all(f, file, MIB);
    assert_int_equal(f->script.reads, 3);
    cache_file_put(file);
    settle(f);
    assert_int_equal(truncate(path, 0), 0);
    file = get_file(f);
    read_all(f, file, MIB);
    assert_int_equal(f->script.reads, 6);
    cache_file_put(file);
    free(path);
}

static void test_origin_errors_reach_the_reader(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    set_content(f, 2 * MIB);
    f->script.fail_at = 70000;
    f->script.fail_err = -EACCES;
    file = get_file(f);
    assert_int_equal(read_range(f, file, 0, 20000), 0);
    assert_int_equal(read_range(f, file, 0, MIB), -EACCES);
    f->script.fail_at = UINT64_MAX;
    f->script.bytes = 0;
    read_all(f, file, MIB);
    assert_true(f->script.bytes < 2 * MIB); /* what had arrived was kept */
    cache_file_put(file);
}

/* A directory in the place of the entry's folder: writing fails. */
static void test_disk_that_fails_degrades_to_streaming(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;
    char *path;

    set_content(f, 8 * MIB);
    path = entry_file(f);
    assert_int_equal(file_mkdirs(path, 0700), 0);
    file = get_file(f);
    read_all(f, file, MIB);
    assert_true(cache_stats(f->cache).disk_errors > 0);
    cache_file_put(file);
    free(path);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, cache_setup, cache_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_wrong_content_is_an_error_at_the_end),
        CASE(test_wrong_small_content_is_never_given_out),
        CASE(test_entry_cut_while_in_use),
        CASE(test_flipped_byte_on_disk_is_fetched_again),
        CASE(test_entry_cut_short_or_not_an_entry),
        CASE(test_origin_errors_reach_the_reader),
        CASE(test_disk_that_fails_degrades_to_streaming),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
