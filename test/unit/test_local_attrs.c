/* Which files are LFS files: rules as gitattributes(5) has them, size, and
 * what the first bytes look like. */
#include "hub/local_attrs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"

static const char rules[] = "# a comment filter=lfs\n"
                            "\n"
                            "*.bin filter=lfs diff=lfs merge=lfs -text\r\n"
                            "/top.dat filter=lfs\n"
                            "dir/*.dat filter=lfs\n"
                            "deep/**/x.dat filter=lfs\n"
                            "**/any.dat filter=lfs\n"
                            "all/** filter=lfs\n"
                            "saved_model/**/* filter=lfs\n"
                            "file[0-9a].t?t filter=lfs\n"
                            "neg[!x].y filter=lfs\n"
                            "\"with blank.txt\" filter=lfs\n"
                            "keep.bin -filter\n"
                            "other.bin filter=other\n"
                            "*.txt text\n";

static void rules_match_as_gits_do(void **state)
{
    static const struct {
        const char *path;
        bool wanted;
    } table[] = {
        {"w.bin", true},
        {"a/b/w.bin", true},
        {"w.bin.txt", false},
        {".bin", true},
        {"keep.bin", false},
        {"a/keep.bin", false},
        {"other.bin", false},
        {"top.dat", true},
        {"a/top.dat", false},
        {"dir/x.dat", true},
        {"dir/sub/x.dat", false},
        {"a/dir/x.dat", false},
        {"deep/x.dat", true},
        {"deep/a/b/x.dat", true},
        {"deepx.dat", false},
        {"any.dat", true},
        {"a/b/any.dat", true},
        {"many.dat", false},
        {"all/a", true},
        {"all/a/b", true},
        {"all", false},
        {"saved_model/a", true},
        {"saved_model/a/b", true},
        {"file1.txt", true},
        {"filea.tot", true},
        {"fileb.txt", false},
        {"negz.y", true},
        {"negx.y", false},
        {"with blank.txt", true},
        {"plain.txt", false},
    };
    struct attrs *a = attrs_parse(rules, strlen(rules));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (attrs_lfs(a, table[i].path) != table[i].wanted)
            fail_msg("%s", table[i].path);
    }
    attrs_free(a);
}

static void patterns_cost_no_more_than_their_length(void **state)
{
    char text[600];
    char path[2000];
    struct attrs *a;

    (void)state;
    memset(text, 0, sizeof(text));
    for (size_t i = 0; i < 200; i++) {
        text[2 * i] = '*';
        text[2 * i + 1] = 'a';
    }
    memcpy(text + 400, "b filter=lfs", 13);
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    a = attrs_parse(text, strlen(text));
    assert_false(attrs_lfs(a, path));
    attrs_free(a);
}

static bool wanted(const char *path, uint64_t size, const char *p, size_t n)
{
    struct attrs *a = attrs_usual();
    bool lfs = lfs_wanted(a, path, size, p, n);

    attrs_free(a);
    return lfs;
}

static void the_usual_files_are_lfs(void **state)
{
    char sample[LFS_SAMPLE_MAX];

    (void)state;
    assert_true(wanted("model.safetensors", 5, "aaaaa", 5));
    assert_true(wanted("a/events.out.tfevents.1", 5, "aaaaa", 5));
    assert_false(wanted("README.md", 5, "aaaaa", 5));
    assert_false(wanted("empty.bin", 0, "", 0));
    assert_true(wanted("x", LFS_SIZE_MIN + 1, "aaaaa", 5));
    assert_false(wanted("x", LFS_SIZE_MIN, "aaaaa", 5));
    assert_true(wanted("x", 4, "a\0bc", 4));
    assert_true(wanted("x", 2, "\xff\xfe", 2));
    assert_false(wanted("x", 3, "\xc3\xa9\n", 3));
    /* A sample that ends inside a character. */
    memset(sample, 'a', sizeof(sample));
    sample[sizeof(sample) - 2] = '\xe2';
    sample[sizeof(sample) - 1] = '\x82';
    assert_false(wanted("x", 1000, sample, sizeof(sample)));
    assert_true(wanted("x", 3, "a\xe2\x82", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_match_as_gits_do),
        cmocka_unit_test(patterns_cost_no_more_than_their_length),
        cmocka_unit_test(the_usual_files_are_lfs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
