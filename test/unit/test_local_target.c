/* Request targets of the local Hub: what is split, decoded, refused. */
#include "hub/local_target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"

static void segments_are_split_before_they_are_decoded(void **state)
{
    struct target t;
    char *rest;

    (void)state;
    assert_int_equal(
        target_parse("/api/models/a/tree/refs%2Fpr%2F1/x/y%20z?a=1", &t), 0);
    assert_int_equal(t.n_seg, 7);
    assert_string_equal(t.seg[4], "refs/pr/1");
    rest = target_rest(&t, 5);
    assert_string_equal(rest, "x/y z");
    free(rest);
    assert_string_equal(target_query(&t), "a=1");
    assert_int_equal(
        t.path_len, strlen("/api/models/a/tree/refs%2Fpr%2F1/x/y%20z"));
    target_fini(&t);
}

static void a_path_may_come_escaped_or_not(void **state)
{
    static const char *const form[] = {
        "/r/data%2Fa+b%26c.txt", "/r/data/a+b&c.txt", "/r/data/a%2bb%26c.txt/"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(form); i++) {
        struct target t;
        char *rest;

        assert_int_equal(target_parse(form[i], &t), 0);
        rest = target_rest(&t, 1);
        assert_string_equal(rest, "data/a+b&c.txt");
        free(rest);
        target_fini(&t);
    }
}

static void absolute_form_is_understood(void **state)
{
    struct target t;

    (void)state;
    assert_int_equal(target_parse("http://host:80/a/b?c", &t), 0);
    assert_int_equal(t.n_seg, 2);
    assert_string_equal(t.raw, "/a/b?c");
    target_fini(&t);
    assert_int_equal(target_parse("http://host", &t), 0);
    assert_string_equal(t.raw, "/");
    target_fini(&t);
}

static void what_is_no_path_is_refused(void **state)
{
    static const char *const bad[] = {"", "*", "a/b", "/a/../b", "/a/%2e%2E/b",
        "/./a", "/a%00b", "/a%", "/a%4", "/a%zz", "/a b", "/a\tb", "/%ff",
        "/%c0%ae", "/a?x=%00", "/a?x=%f", "/a?x=%80"};
    struct target t;
    char *long_one;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (target_parse(bad[i], &t) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
        target_fini(&t);
    }
    long_one = xmalloc(TARGET_MAX + 2);
    memset(long_one, 'a', TARGET_MAX + 1);
    long_one[0] = '/';
    long_one[TARGET_MAX + 1] = '\0';
    assert_int_equal(target_parse(long_one, &t), -EINVAL);
    target_fini(&t);
    free(long_one);
}

static void forms_give_their_fields(void **state)
{
    static const char text[] =
        "paths=a&paths=b%2Fc+d&expand%5B%5D=formatted&flag=True&empty&&x=y=z";
    struct form f;
    size_t at = 0;

    (void)state;
    assert_int_equal(form_parse(text, strlen(text), 16, &f), 0);
    assert_string_equal(form_next(&f, "paths", &at), "a");
    assert_string_equal(form_next(&f, "paths", &at), "b/c d");
    assert_null(form_next(&f, "paths", &at));
    assert_string_equal(form_get(&f, "expand"), "formatted");
    assert_true(form_flag(&f, "flag"));
    assert_false(form_flag(&f, "empty"));
    assert_string_equal(form_get(&f, "empty"), "");
    assert_string_equal(form_get(&f, "x"), "y=z");
    assert_null(form_get(&f, "path"));
    form_fini(&f);
}

static void forms_are_bounded(void **state)
{
    struct form f;

    (void)state;
    assert_int_equal(form_parse("a&b&c", 5, 2, &f), -E2BIG);
    form_fini(&f);
    assert_int_equal(form_parse("a\0b", 3, 2, &f), -EINVAL);
    form_fini(&f);
    assert_int_equal(form_parse("", 0, 2, &f), 0);
    assert_null(form_get(&f, "a"));
    form_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_split_before_they_are_decoded),
        cmocka_unit_test(a_path_may_come_escaped_or_not),
        cmocka_unit_test(absolute_form_is_understood),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(forms_give_their_fields),
        cmocka_unit_test(forms_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
