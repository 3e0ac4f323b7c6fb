/* base/buf, base/cur, base/bytes, base/path: memory and names. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/cur.h"
#include "base/path.h"

/* ---- buf */

static void an_empty_buffer_is_text(void **state)
{
    struct buf b = {0};
    char *text;

    (void)state;
    buf_add(&b, NULL, 0);
    assert_null(b.data);
    assert_string_equal(buf_str(&b), "");
    assert_int_equal(b.len, 0);
    text = buf_take(&b);
    assert_string_equal(text, "");
    assert_null(b.data);
    free(text);
    buf_free(&b);
    buf_free(&b);
}

static void text_is_added_in_every_way(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_adds(&b, "one");
    buf_addc(&b, ' ');
    buf_add(&b, "two-", 3);
    buf_addf(&b, " %d %s", 3, "four");
    memcpy(buf_grow(&b, 5), " five", 5);
    memcpy(buf_reserve(&b, 4), "none", 4); /* not counted */
    assert_string_equal(buf_str(&b), "one two 3 four five");
    assert_int_equal(b.len, 19);
    buf_free(&b);
}

static void formatting_grows_as_it_must(void **state)
{
    struct buf b = {0};
    char *expected = calloc(1, 100001);

    (void)state;
    memset(expected, 'x', 100000);
    for (int i = 0; i < 3; i++)
        buf_addf(&b, "%s", expected);
    assert_int_equal(b.len, 300000);
    assert_memory_equal(b.data + 200000, expected, 100000);
    free(expected);
    buf_free(&b);
}

static void skipping_drops_the_front(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_adds(&b, "abcdef");
    buf_skip(&b, 0);
    assert_string_equal(buf_str(&b), "abcdef");
    buf_skip(&b, 4);
    assert_string_equal(buf_str(&b), "ef");
    buf_skip(&b, 2);
    assert_string_equal(buf_str(&b), "");
    buf_free(&b);
}

static void byte_by_byte_costs_few_moves(void **state)
{
    struct buf b = {0};
    unsigned moves = 0;

    (void)state;
    for (int i = 0; i < 1000000; i++) {
        size_t cap = b.cap;

        buf_addc(&b, (char)i);
        moves += b.cap != cap;
    }
    assert_true(moves < 40);
    for (int i = 0; i < 1000000; i++)
        assert_int_equal(b.data[i], i & 255);
    buf_free(&b);
}

/* ---- cur */

static void numbers_of_either_order(void **state)
{
    static const uint8_t in[] = {0x81, 1, 2, 1, 2, 3, 0x84, 1, 2, 3, 4, 5, 6, 7,
        0x88, 0x81, 2, 3, 4, 0x81, 2, 3, 4, 5, 6, 7, 8};
    struct cur c = cur_over(in, sizeof(in));

    (void)state;
    assert_int_equal(cur_u8(&c), 0x81);
    assert_int_equal(cur_u16le(&c), 0x0201);
    assert_int_equal(cur_u32le(&c), 0x84030201);
    assert_true(cur_u64le(&c) == 0x8807060504030201);
    assert_int_equal(cur_u32be(&c), 0x81020304);
    assert_true(cur_u64be(&c) == 0x8102030405060708);
    assert_int_equal(cur_left(&c), 0);
    assert_true(cur_ok(&c));
}

static void a_short_input_sticks(void **state)
{
    static const uint8_t in[] = {1, 2, 3};
    struct cur c = cur_over(in, sizeof(in));
    uint8_t out[4] = {9, 9, 9, 9};

    (void)state;
    assert_int_equal(cur_u8(&c), 1);
    assert_true(cur_ok(&c));
    cur_copy(&c, out, 4);
    assert_memory_equal(out, "\0\0\0\0", 4);
    assert_false(cur_ok(&c));
    /* Two bytes were left, but nothing after the error is believed. */
    assert_int_equal(cur_u8(&c), 0);
    assert_null(cur_take(&c, 0));
    assert_int_equal(cur_left(&c), 0);
    assert_false(cur_ok(&c));
}

static void lengths_cannot_wrap(void **state)
{
    static const uint8_t in[] = {1, 2, 3};
    struct cur c = cur_over(in, sizeof(in));

    (void)state;
    assert_ptr_equal(cur_take(&c, 3), in);
    assert_true(cur_ok(&c));
    c = cur_over(in, sizeof(in));
    cur_skip(&c, 1);
    cur_skip(&c, SIZE_MAX);
    assert_false(cur_ok(&c));
    c = cur_over(in, 0);
    assert_true(cur_ok(&c));
    assert_int_equal(cur_u64be(&c), 0);
    assert_false(cur_ok(&c));
}

/* ---- bytes */

static void blocks_are_reused_last_in_first_out(void **state)
{
    struct bytes_pool pool = {0};
    struct bytes *a = bytes_new(&pool, (size_t)1 << 20);
    struct bytes *b = bytes_new(&pool, (size_t)1 << 20);

    (void)state;
    memset(a->p, 1, (size_t)1 << 20); /* all of it is there */
    assert_int_equal(pool.in_use, (size_t)2 << 20);
    bytes_put(a);
    bytes_put(b);
    assert_int_equal(pool.in_use, 0);
    assert_ptr_equal(bytes_new(&pool, (size_t)1 << 20), b);
    assert_ptr_equal(bytes_new(&pool, ((size_t)1 << 20) - 1), a);
    bytes_put(a);
    bytes_put(b);
    bytes_pool_fini(&pool);
}

static void the_last_reference_frees(void **state)
{
    struct bytes_pool pool = {0};
    struct bytes *a = bytes_new(&pool, 1);

    (void)state;
    assert_ptr_equal(bytes_get(a), a);
    bytes_put(a);
    assert_true(pool.in_use > 0);
    bytes_put(a);
    assert_int_equal(pool.in_use, 0);
    bytes_put(NULL);
    bytes_pool_fini(&pool);
}

static void spares_are_bounded(void **state)
{
    enum { MANY = 100 };
    struct bytes_pool pool = {0};
    struct bytes *block[MANY];
    size_t spares = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        block[i] = bytes_new(&pool, 5000);
    for (size_t i = 0; i < MANY; i++)
        bytes_put(block[i]);
    for (size_t i = 0; i < BYTES_CLASSES; i++)
        spares += pool.n_spare[i];
    assert_int_equal(spares, BYTES_SPARES);
    bytes_pool_fini(&pool);
}

static void parts_own_their_references(void **state)
{
    struct bytes_pool pool = {0};
    struct bytes_parts parts = {0};
    struct bytes *a = bytes_new(&pool, 100);

    (void)state;
    bytes_parts_add(&parts, bytes_get(a), a->p, 10);
    bytes_parts_add(&parts, a, a->p + 50, 20);
    assert_int_equal(parts.n, 2);
    assert_int_equal(parts.len, 30);
    assert_ptr_equal(parts.part[1].p, a->p + 50);
    bytes_parts_free(&parts);
    assert_int_equal(parts.n, 0);
    assert_int_equal(parts.len, 0);
    assert_int_equal(pool.in_use, 0);
    bytes_parts_free(&parts);
    bytes_pool_fini(&pool);
}

/* ---- path */

static bool component(const char *name)
{
    return path_component_ok(name, strlen(name));
}

static bool whole_path(const char *path)
{
    return path_ok(path, strlen(path));
}

static void components_are_checked(void **state)
{
    char name[PATH_NAME_MAX + 2];

    (void)state;
    assert_true(component("a"));
    assert_true(component("..."));
    assert_true(component("..a"));
    assert_true(component(".a"));
    assert_true(component(" "));
    assert_true(component("a\nb\xff"));
    assert_false(component(""));
    assert_false(component("."));
    assert_false(component(".."));
    assert_false(component("a/b"));
    assert_false(component("/"));
    assert_false(path_component_ok("a\0b", 3));
    assert_false(path_component_ok("a\0", 2));
    memset(name, 'n', sizeof(name));
    assert_true(path_component_ok(name, PATH_NAME_MAX));
    assert_false(path_component_ok(name, PATH_NAME_MAX + 1));
}

static void paths_are_checked(void **state)
{
    char path[PATH_TOTAL_MAX + 2];

    (void)state;
    assert_true(whole_path(""));
    assert_true(whole_path("a"));
    assert_true(whole_path("a/b/c.d"));
    assert_false(whole_path("/"));
    assert_false(whole_path("/a"));
    assert_false(whole_path("a/"));
    assert_false(whole_path("a//b"));
    assert_false(whole_path("a/../b"));
    assert_false(whole_path("a/."));
    assert_false(path_ok("a\0/b", 4));
    for (size_t i = 0; i < sizeof(path); i++)
        path[i] = i % 2 == 0 ? 'd' : '/';
    assert_true(path_ok(path, PATH_TOTAL_MAX - 1));
    assert_false(path_ok(path, PATH_TOTAL_MAX)); /* ends in a slash */
    assert_false(path_ok(path, PATH_TOTAL_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_text),
        cmocka_unit_test(text_is_added_in_every_way),
        cmocka_unit_test(formatting_grows_as_it_must),
        cmocka_unit_test(skipping_drops_the_front),
        cmocka_unit_test(byte_by_byte_costs_few_moves),
        cmocka_unit_test(numbers_of_either_order),
        cmocka_unit_test(a_short_input_sticks),
        cmocka_unit_test(lengths_cannot_wrap),
        cmocka_unit_test(blocks_are_reused_last_in_first_out),
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(spares_are_bounded),
        cmocka_unit_test(parts_own_their_references),
        cmocka_unit_test(components_are_checked),
        cmocka_unit_test(paths_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
