/* base/json: what is believed of a foreign text, and what is written. */
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static struct json *parsed(const char *text)
{
    struct json *root = NULL;

    assert_int_equal(json_parse(text, strlen(text), &root), 0);
    return root;
}

static void refused(const char *text, size_t n)
{
    struct json *root = NULL;

    if (json_parse(text, n, &root) != -EBADMSG)
        fail_msg("accepted: %s", text != NULL ? text : "nothing");
    assert_null(root);
}

static void members_have_types(void **state)
{
    struct json *root = parsed(" {\"s\": \"text\", \"n\": 42, \"neg\": -3,"
                               "\"half\": 0.5, \"yes\": true, \"no\": false,"
                               "\"nil\": null, \"a\": [1], \"o\": {}}\r\n");
    const char *const not_numbers[] = {"s", "half", "yes", "nil", "a", "x"};
    uint64_t u = 7;
    int64_t i = 7;
    bool b = false;

    (void)state;
    assert_string_equal(json_str(root, "s"), "text");
    assert_null(json_str(root, "n"));
    assert_null(json_str(root, "S")); /* case counts */
    assert_true(json_u64(root, "n", &u) && u == 42);
    assert_false(json_u64(root, "neg", &u));
    assert_true(json_i64(root, "neg", &i) && i == -3);
    for (size_t k = 0; k < sizeof(not_numbers) / sizeof(*not_numbers); k++)
        assert_false(json_i64(root, not_numbers[k], &i));
    assert_true(u == 42 && i == -3); /* untouched */
    assert_true(json_bool(root, "yes", &b) && b);
    assert_true(json_bool(root, "no", &b) && !b);
    assert_false(json_bool(root, "n", &b));
    assert_true(json_is_null(json_get(root, "nil")));
    assert_false(json_is_null(json_get(root, "x")));
    assert_true(json_is_array(json_get(root, "a")));
    assert_true(json_is_object(json_get(root, "o")));
    assert_int_equal(json_count(root), 9);
    json_free(root);
}

static void absence_can_be_chained(void **state)
{
    uint64_t u;

    (void)state;
    assert_null(json_get(json_get(NULL, "a"), "b"));
    assert_null(json_str(NULL, "a"));
    assert_false(json_u64(NULL, "a", &u));
    assert_null(json_first(NULL));
    assert_int_equal(json_count(NULL), 0);
    assert_false(json_is_object(NULL));
    json_free(NULL);
}

static void containers_are_walked_in_order(void **state)
{
    struct json *root = parsed("[\"a\", {\"k\": 1, \"l\": 2}, [], 3]");
    const struct json *v = json_first(root);

    (void)state;
    assert_string_equal(json_as_str(v), "a");
    v = json_next(v);
    assert_string_equal(json_key(json_first(v)), "k");
    assert_string_equal(json_key(json_next(json_first(v))), "l");
    v = json_next(v);
    assert_null(json_first(v));
    v = json_next(v);
    assert_null(json_as_str(v));
    assert_null(json_next(v));
    json_free(root);
}

static void numbers_are_exact_or_refused(void **state)
{
    struct json *root = parsed("{\"max\": 9007199254740991,"
                               "\"over\": 9007199254740993,"
                               "\"huge\": 1e300, \"inf\": 1e999,"
                               "\"exp\": 12e3, \"min\": -9007199254740991}");
    uint64_t u = 0;
    int64_t i = 0;

    (void)state;
    assert_true(json_u64(root, "max", &u) && u == 9007199254740991);
    assert_true(json_i64(root, "min", &i) && i == -9007199254740991);
    assert_true(json_u64(root, "exp", &u) && u == 12000);
    /* 2^53 + 1 would be read as 2^53. */
    assert_false(json_u64(root, "over", &u));
    assert_false(json_u64(root, "huge", &u));
    assert_false(json_u64(root, "inf", &u));
    json_free(root);
}

static void what_is_not_one_value_is_refused(void **state)
{
    static const char *const cases[] = {"", " ", "{", "}", "[1,]x", "[1] [2]",
        "{\"a\":1}x", "{\"a\" 1}", "{a:1}", "\"open", "nul", "[1 2]", "'a'"};
    char deep[4000];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        refused(cases[i], strlen(cases[i]));
    memset(deep, '[', sizeof(deep) / 2);
    memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
    refused(deep, sizeof(deep));
    refused(NULL, 0);
    refused("{\"a\":1}\0", 8); /* a NUL is no white space */
    /* Without the NUL that C would look for, and cut in the middle. */
    refused("[1,2]", 4);
}

static void a_nul_never_shortens_a_name(void **state)
{
    static const char raw[] = "{\"path\": \"a\0b\"}";
    struct json *root = parsed("{\"a\": \"x\\u0000y\", \"b\": \"x\\\\u0000\","
                               "\"c\": [\"\\u0000\"], \"k\\u0000\": \"v\"}");

    (void)state;
    assert_null(json_str(root, "a"));
    assert_string_equal(json_str(root, "b"), "x\\u0000");
    assert_null(json_as_str(json_first(json_get(root, "c"))));
    assert_null(json_str(root, "k"));
    json_free(root);
    refused(raw, sizeof(raw) - 1);
}

static void escapes_become_utf8(void **state)
{
    struct json *root =
        parsed("[\"\\u00e9\\u20ac\\ud83d\\ude00\", \"\\n\\t\\\"\\\\\\/\"]");
    const struct json *v = json_first(root);

    (void)state;
    assert_string_equal(json_as_str(v), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(json_as_str(json_next(v)), "\n\t\"\\/");
    json_free(root);
    refused("[\"\\ud83d\"]", 10); /* half of a pair */
    refused("[\"\\ude00\"]", 10);
    refused("[\"\\uzzzz\"]", 10);
}

/* ---- Writing */

static void commas_and_colons_find_their_places(void **state)
{
    struct buf b = {0};
    struct jsonw w = {.to = &b};

    (void)state;
    jsonw_object(&w, NULL);
    jsonw_str(&w, "s", "x");
    jsonw_array(&w, "list");
    jsonw_u64(&w, NULL, UINT64_MAX);
    jsonw_object(&w, NULL);
    jsonw_object_end(&w);
    jsonw_array(&w, NULL);
    jsonw_array_end(&w);
    jsonw_i64(&w, NULL, INT64_MIN);
    jsonw_array_end(&w);
    jsonw_bool(&w, "t", true);
    jsonw_bool(&w, "f", false);
    jsonw_null(&w, "n");
    jsonw_double(&w, "d", 0.25);
    jsonw_double(&w, "inf", (double)INFINITY);
    jsonw_object_end(&w);
    assert_string_equal(buf_str(&b),
        "{\"s\":\"x\",\"list\":[18446744073709551615,{},[],"
        "-9223372036854775808],\"t\":true,\"f\":false,\"n\":null,"
        "\"d\":0.25,\"inf\":null}");
    buf_free(&b);
}

static void expect_text(const char *in, size_t n, const char *wanted)
{
    struct buf b = {0};
    struct jsonw w = {.to = &b};

    jsonw_strn(&w, NULL, in, n);
    assert_string_equal(buf_str(&b), wanted);
    buf_free(&b);
}

#define REPLACED "\xef\xbf\xbd"

static void strings_are_escaped_and_made_utf8(void **state)
{
    (void)state;
    expect_text("", 0, "\"\"");
    expect_text("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
    expect_text("\n\r\t\x01\x1f\x7f", 6, "\"\\n\\r\\t\\u0001\\u001f\x7f\"");
    expect_text("a\0b", 3, "\"a\\u0000b\"");
    expect_text("\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    expect_text("\xff", 1, "\"" REPLACED "\"");
    expect_text("a\xc3", 2, "\"a" REPLACED "\"");            /* cut */
    expect_text("\xc0\xaf", 2, "\"" REPLACED REPLACED "\""); /* overlong */
    expect_text("\xed\xa0\x80", 3, "\"" REPLACED REPLACED REPLACED "\"");
    expect_text(
        "\xf4\x90\x80\x80", 4, "\"" REPLACED REPLACED REPLACED REPLACED "\"");
    expect_text("\x80z", 2, "\"" REPLACED "z\"");
}

static void what_was_written_can_be_read(void **state)
{
    struct buf b = {0};
    struct jsonw w = {.to = &b};
    struct json *root;
    struct json *again;
    char name[256];

    (void)state;
    for (int i = 1; i < 256; i++) /* every byte but NUL, as ASCII or not */
        name[i - 1] = (char)(i < 128 ? i : 'x');
    name[255] = '\0';
    jsonw_object(&w, NULL);
    jsonw_str(&w, name, name);
    jsonw_object_end(&w);
    root = parsed(buf_str(&b));
    assert_string_equal(json_str(root, name), name);
    buf_clear(&b);
    w = (struct jsonw){.to = &b};
    jsonw_array(&w, NULL);
    jsonw_copy(&w, NULL, root);
    jsonw_copy(&w, NULL, NULL);
    jsonw_array_end(&w);
    again = parsed(buf_str(&b));
    assert_string_equal(json_str(json_first(again), name), name);
    assert_true(json_is_null(json_next(json_first(again))));
    json_free(again);
    json_free(root);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_have_types),
        cmocka_unit_test(absence_can_be_chained),
        cmocka_unit_test(containers_are_walked_in_order),
        cmocka_unit_test(numbers_are_exact_or_refused),
        cmocka_unit_test(what_is_not_one_value_is_refused),
        cmocka_unit_test(a_nul_never_shortens_a_name),
        cmocka_unit_test(escapes_become_utf8),
        cmocka_unit_test(commas_and_colons_find_their_places),
        cmocka_unit_test(strings_are_escaped_and_made_utf8),
        cmocka_unit_test(what_was_written_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
