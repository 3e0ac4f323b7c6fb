/* The cache over a scripted origin: what readers get when everything is well,
 * and how often the origin is asked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "test/lib/cache_fix.h"
#include "test/lib/waiter.h"

static void test_reads_and_keeps(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    set_content(f, 3 * MIB + 12345);
    file = get_file(f);
    read_all(f, file, 100000);
    assert_int_equal(f->script.bytes, f->script.size);
    cache_file_put(file);
    settle(f);
    f->script.reads = 0;
    file = get_file(f);
    read_all(f, file, MIB);
    assert_int_equal(f->script.reads, 0);
    cache_file_put(file);
}

static void test_random_reads_fetch_little(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    set_content(f, 4 * MIB);
    file = get_file(f);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(
            read_range(f, file, (i * 7919 * 4096) % (4 * MIB - 4096), 4096), 0);
    assert_true(f->script.bytes <= (uint64_t)20 * 2 * 32768);
    cache_file_put(file);
}

static void test_one_flight_for_many_readers(void **state)
{
    struct fix *f = *state;
    struct bytes_parts parts[8] = {0};
    struct waiter w[8];
    struct cache_file *file;

    set_content(f, MIB);
    file = get_file(f);
    f->script.held = true;
    for (int i = 0; i < 8; i++) {
        wait_begin(&w[i]);
        cache_read(file, 0, 65536, 0, &parts[i], &w[i].op);
    }
    while (f->script.reads == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    f->script.held = false;
    op_list_wake(&f->script.released, 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(wait_for(&w[i], &f->loop), 0);
        check_bytes(&parts[i], 0);
        bytes_parts_free(&parts[i]);
    }
    assert_int_equal(f->script.reads, 1);
    cache_file_put(file);
}

static void test_answer_before_the_flight_ends(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    set_content(f, 2 * MIB);
    file = get_file(f);
    assert_int_equal(read_range(f, file, MIB, 1), 0); /* opens it */
    assert_int_equal(cache_want(file, 0, 2 * MIB, 8 * MIB), 2 * MIB);
    f->script.bytes = 0;
    assert_int_equal(read_range(f, file, 0, 4096), 0);
    assert_true(f->script.bytes < MIB / 2);
    read_all(f, file, 4096);
    assert_int_equal(f->script.reads, 3); /* the block, before it, after it */
    cache_file_put(file);
}

static void test_without_a_disk(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    close_cache(f);
    open_cache(f, NULL, 4 * MIB);
    set_content(f, 16 * MIB);
    file = get_file(f);
    f->script.piece = 65536;
    read_all(f, file, MIB);
    assert_true(cache_stats(f->cache).memory_bytes <= 5 * MIB);
    cache_file_put(file);
}

static void test_want_respects_memory(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    close_cache(f);
    open_cache(f, f->cache_dir, 4 * MIB);
    set_content(f, 32 * MIB);
    file = get_file(f);
    assert_int_equal(read_range(f, file, 0, 1), 0);
    f->script.held = true;
    assert_true(cache_want(file, 0, 32 * MIB, MIB) <= 4 * MIB + 65536);
    f->script.held = false;
    op_list_wake(&f->script.released, 0);
    cache_file_put(file);
}

static void test_same_content_is_shared(void **state)
{
    struct fix *f = *state;
    struct cache_file *a;
    struct cache_file *b;

    set_content(f, MIB);
    a = get_file(f);
    b = get_file(f);
    assert_ptr_equal(a, b);
    read_all(f, a, 65536);
    f->script.reads = 0;
    read_all(f, b, 65536);
    assert_int_equal(f->script.reads, 0);
    cache_file_put(a);
    cache_file_put(b);
}

/* Reads the file at once, at most n reads under way, as one stream. Gives the
 * most memory that was in use. */
static uint64_t stream(struct fix *f, struct cache_file *file, size_t n)
{
    struct bytes_parts parts[8] = {0};
    struct waiter w[8];
    uint64_t most = 0;

    for (uint64_t at = 0; at < f->script.size; at += n * MIB) {
        for (size_t i = 0; i < n; i++) {
            wait_begin(&w[i]);
            cache_read(file, at + i * MIB, MIB, 8 * MIB, &parts[i], &w[i].op);
        }
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(wait_for(&w[i], &f->loop), 0);
            if (cache_stats(f->cache).memory_bytes > most)
                most = cache_stats(f->cache).memory_bytes;
            check_bytes(&parts[i], at + i * MIB);
            bytes_parts_free(&parts[i]);
        }
    }
    return most;
}

static void test_a_stream_waits_for_room(void **state)
{
    struct fix *f = *state;
    struct cache_file *file;

    close_cache(f);
    open_cache(f, f->cache_dir, 8 * MIB);
    set_content(f, 64 * MIB);
    f->script.piece = 65536;
    file = get_file(f);
    assert_true(stream(f, file, 4) <= 13 * MIB);
    assert_true(f->script.reads <= 32); /* a flight brings for several */
    assert_int_equal(f->script.bytes, f->script.size);
    cache_file_put(file);
}

/* Bytes that others hold for good leave no room at all. */
static void test_no_room_does_not_stop_a_stream(void **state)
{
    struct fix *f = *state;
    struct bytes_parts kept[4] = {0};
    struct cache_file *file;

    close_cache(f);
    open_cache(f, NULL, 4 * MIB);
    set_content(f, 24 * MIB);
    f->script.piece = 65536;
    file = get_file(f);
    for (size_t i = 0; i < 4; i++) {
        struct waiter w;

        wait_begin(&w);
        cache_read(file, (20 + i) * MIB, MIB, 0, &kept[i], &w.op);
        assert_int_equal(wait_for(&w, &f->loop), 0);
    }
    assert_true(stream(f, file, 2) <= 10 * MIB);
    for (size_t i = 0; i < 4; i++) {
        check_bytes(&kept[i], (20 + i) * MIB);
        bytes_parts_free(&kept[i]);
    }
    cache_file_put(file);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, cache_setup, cache_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_reads_and_keeps),
        CASE(test_random_reads_fetch_little),
        CASE(test_one_flight_for_many_readers),
        CASE(test_answer_before_the_flight_ends),
        CASE(test_without_a_disk),
        CASE(test_want_respects_memory),
        CASE(test_same_content_is_shared),
        CASE(test_a_stream_waits_for_room),
        CASE(test_no_room_does_not_stop_a_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
