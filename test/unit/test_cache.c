/* The cache over a scripted origin: what readers get when everything is well,
 * when bytes are wrong, when the disk fails, and how often the origin is
 * asked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/op.h"
#include "base/timer.h"
#include "base/work.h"
#include "cache/cache.h"
#include "cache/origin.h"
#include "test/lib/waiter.h"

#define MIB ((uint64_t)1 << 20)

/* ---- A scripted origin: bytes are a function of the offset. */

struct script {
    struct origin origin;
    uv_loop_t *loop;
    uint64_t size;
    size_t piece;     /* bytes per delivery */
    uint64_t corrupt; /* offset of a wrong byte, or UINT64_MAX */
    uint64_t fail_at; /* the read ends with fail_err there; UINT64_MAX: no */
    int fail_err;
    unsigned reads;
    uint64_t bytes;
    bool held; /* deliveries wait until released */
    struct op_list released;
};

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

struct delivery {
    struct op op;
    struct timer timer;
    struct script *s;
    struct origin_sink *sink;
    uint64_t at;
    uint64_t end;
};

static void deliver(struct op *op)
{
    struct delivery *d = container_of(op, struct delivery, op);
    struct script *s = d->s;
    uint8_t piece[65536];
    size_t n =
        min_size(min_size(s->piece, sizeof(piece)), (size_t)(d->end - d->at));

    if (s->held) {
        op_list_wait(&s->released, op);
        op_then(op, deliver);
        return;
    }
    if (d->at >= s->fail_at) {
        op_fail(op, s->fail_err);
        return;
    }
    for (size_t i = 0; i < n; i++)
        piece[i] = byte_at(d->at + i) ^ (d->at + i == s->corrupt ? 1 : 0);
    d->at += n;
    s->bytes += n;
    assert_int_equal(d->sink->data(d->sink, piece, n), 0);
    if (d->at == d->end)
        return;
    timer_sleep(&d->timer, s->loop, 0, op);
    op_then(op, deliver);
}

static void deliver_end(struct op *op)
{
    free(container_of(op, struct delivery, op));
}

static void script_read(struct origin *o, uint64_t offset, uint64_t len,
    struct origin_sink *sink, struct op *op)
{
    struct script *s = container_of(o, struct script, origin);
    struct delivery *d = xcalloc(1, sizeof(*d));

    s->reads++;
    d->s = s;
    d->sink = sink;
    d->at = offset;
    d->end = offset + len;
    op_start(&d->op, deliver, deliver_end, op);
}

static void script_free(struct origin *o)
{
    (void)o;
}

static const struct origin_ops script_ops = {script_read, script_free};

/* ---- Fixture */

struct fix {
    uv_loop_t loop;
    struct pool pool;
    struct cache *cache;
    struct script script;
    struct content_id id;
    char dir[64];
    char *cache_dir;
};

static void set_content(struct fix *f, uint64_t size)
{
    struct digest *d = digest_new(DIGEST_SHA256);

    f->script.size = size;
    f->id = (struct content_id){.kind = CONTENT_SHA256};
    for (uint64_t i = 0; i < size; i++) {
        uint8_t b = byte_at(i);

        digest_add(d, &b, 1);
    }
    digest_end(d, f->id.hash);
}

static void open_cache(struct fix *f, const char *dir, size_t memory)
{
    struct cache_config config = {
        .pool = &f->pool, .dir = dir, .memory_bytes = memory};

    assert_int_equal(cache_open(&config, &f->cache), 0);
}

static void close_cache(struct fix *f)
{
    struct waiter w;

    wait_begin(&w);
    cache_close(f->cache, &w.op);
    assert_int_equal(wait_for(&w, &f->loop), 0);
    f->cache = NULL;
}

static int setup(void **state)
{
    struct fix *f = xcalloc(1, sizeof(*f));

    pool_threads_set(4);
    uv_loop_init(&f->loop);
    pool_init(&f->pool, &f->loop, 4);
    strcpy(f->dir, "/tmp/hffs-test-cache-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->cache_dir = xasprintf("%s/cache", f->dir);
    f->script = (struct script){.origin = {.ops = &script_ops, .refs = 1},
        .loop = &f->loop,
        .piece = 20000,
        .corrupt = UINT64_MAX,
        .fail_at = UINT64_MAX};
    op_list_init(&f->script.released);
    open_cache(f, f->cache_dir, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fix *f = *state;

    if (f->cache != NULL)
        close_cache(f);
    assert_int_equal(f->script.origin.refs, 1);
    while (uv_run(&f->loop, UV_RUN_NOWAIT) != 0) {
    }
    assert_int_equal(uv_loop_close(&f->loop), 0);
    file_remove_tree(f->dir);
    free(f->cache_dir);
    free(f);
    return 0;
}

static struct cache_file *get_file(struct fix *f)
{
    return cache_file_get(f->cache, &f->id, f->script.size, &f->script.origin);
}

static void check_bytes(const struct bytes_parts *parts, uint64_t offset)
{
    for (size_t i = 0; i < parts->n; i++) {
        for (size_t k = 0; k < parts->part[i].len; k++, offset++) {
            if (parts->part[i].p[k] != byte_at(offset))
                fail_msg("wrong byte at %llu", (unsigned long long)offset);
        }
    }
}

static int read_range(
    struct fix *f, struct cache_file *file, uint64_t offset, size_t len)
{
    struct bytes_parts parts = {0};
    struct waiter w;
    int err;

    wait_begin(&w);
    cache_read(file, offset, len, &parts, &w.op);
    err = wait_for(&w, &f->loop);
    if (err == 0) {
        assert_int_equal(parts.len, len);
        check_bytes(&parts, offset);
    } else {
        assert_int_equal(parts.n, 0);
    }
    bytes_parts_free(&parts);
    return err;
}

static void read_all(struct fix *f, struct cache_file *file, size_t step)
{
    for (uint64_t at = 0; at < f->script.size; at += step) {
        size_t n = min_size(step, (size_t)(f->script.size - at));

        assert_int_equal(read_range(f, file, at, n), 0);
    }
}

/* Waits until nothing is under way: what is to be on disk is there. */
static void settle(struct fix *f)
{
    close_cache(f);
    open_cache(f, f->cache_dir, 0);
}

static char *entry_file(struct fix *f)
{
    char text[CONTENT_TEXT_MAX];

    content_text(&f->id, text);
    return xasprintf("%s/objects/%02x/%s", f->cache_dir, f->id.hash[0], text);
}

/* ---- Cases */

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
    assert_true(f->script.bytes <= 20 * 2 * 32768);
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
        cache_read(file, 0, 65536, &parts[i], &w[i].op);
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
        cache_read(file, MIB, MIB, &parts, &w.op);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_and_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_random_reads_fetch_little, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_one_flight_for_many_readers, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_answer_before_the_flight_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_wrong_content_is_an_error_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_wrong_small_content_is_never_given_out, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_flipped_byte_on_disk_is_fetched_again, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_entry_cut_short_or_not_an_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_origin_errors_reach_the_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_disk_that_fails_degrades_to_streaming, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_want_respects_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_same_content_is_shared, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
