/* Bodies of commits: lines out of pieces, and what lines say. */
#include "hub/local_ndjson.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/path.h"

struct text {
    const char *p;
    size_t n;
    size_t piece; /* no more than this at once */
    int err;      /* at its end */
};

static long read_text(void *ctx, void *p, size_t n, uint64_t at)
{
    const struct text *t = ctx;

    if (at >= t->n)
        return t->err;
    n = min_size(min_size(n, t->piece), t->n - at);
    memcpy(p, t->p + at, n);
    return (long)n;
}

/* wanted: the lines, each behind a bar. */
static void assert_lines(struct text t, const char *wanted, int end)
{
    struct ndjson in = {.read = read_text, .ctx = &t};
    struct buf all = {0};
    const char *line;
    size_t n;
    int got;

    while ((got = ndjson_next(&in, &line, &n)) == 1)
        buf_addf(&all, "|%.*s", (int)n, line);
    assert_string_equal(buf_str(&all), wanted);
    assert_int_equal(got, end);
    buf_free(&all);
    ndjson_fini(&in);
}

static void lines_do_not_depend_on_pieces(void **state)
{
    static const char body[] = "one\n\ntwo and more\r\n \t\nthree";

    (void)state;
    for (size_t piece = 1; piece < sizeof(body); piece++)
        assert_lines((struct text){body, sizeof(body) - 1, piece, 0},
            "|one|two and more\r|three", 0);
}

static void an_error_ends_the_lines(void **state)
{
    (void)state;
    assert_lines((struct text){"one\ntw", 6, 3, -EIO}, "|one", -EIO);
    assert_lines((struct text){"", 0, 3, 0}, "", 0);
    assert_lines((struct text){"\n\n", 2, 1, 0}, "", 0);
}

static void a_line_has_a_maximum(void **state)
{
    size_t n = NDJSON_LINE_MAX + 10;
    char *body = xmalloc(n);

    (void)state;
    memset(body, 'x', n);
    assert_lines((struct text){body, n, n, 0}, "", -EMSGSIZE);
    body[n - 2] = '\n';
    assert_lines((struct text){body, n, n, 0}, "", -EMSGSIZE);
    free(body);
}

static void numbers_count_blank_lines(void **state)
{
    struct text t = {"a\n\n\nb\n", 6, 100, 0};
    struct ndjson in = {.read = read_text, .ctx = &t};
    const char *line;
    size_t n;

    (void)state;
    assert_int_equal(ndjson_next(&in, &line, &n), 1);
    assert_int_equal(in.line, 1);
    assert_int_equal(ndjson_next(&in, &line, &n), 1);
    assert_int_equal(in.line, 4);
    ndjson_fini(&in);
}

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char *parse(const char *text, struct commit_line *out)
{
    return commit_line_parse(text, strlen(text), out);
}

static void lines_of_all_kinds(void **state)
{
    struct commit_line l;

    (void)state;
    assert_null(parse("{\"key\":\"header\",\"value\":{\"summary\":\"s\","
                      "\"description\":null,\"parentCommit\":\"abc\"}}",
        &l));
    assert_int_equal(l.kind, LINE_HEADER);
    assert_string_equal(l.summary, "s");
    assert_string_equal(l.description, "");
    assert_string_equal(l.parent, "abc");
    commit_line_fini(&l);

    assert_null(parse("{\"key\":\"file\",\"value\":{\"path\":\"a/b\","
                      "\"encoding\":\"base64\",\"content\":\"AAECAw==\"}}",
        &l));
    assert_int_equal(l.kind, LINE_FILE);
    assert_string_equal(l.path, "a/b");
    assert_int_equal(l.content_len, 4);
    assert_memory_equal(l.content, "\0\1\2\3", 4);
    assert_null(l.old_path);
    commit_line_fini(&l);

    assert_null(parse("{\"key\":\"file\",\"value\":{\"path\":\"a\","
                      "\"content\":\"\\u00fc\",\"oldPath\":\"b\"}}",
        &l));
    assert_int_equal(l.content_len, 2);
    assert_memory_equal(l.content, "\xc3\xbc", 2);
    assert_string_equal(l.old_path, "b");
    commit_line_fini(&l);

    assert_null(parse("{\"key\":\"lfsFile\",\"value\":{\"path\":\"w\","
                      "\"algo\":\"sha256\",\"oid\":\"" HASH "\",\"size\":7}}",
        &l));
    assert_int_equal(l.sha256[1], 0x11);
    assert_true(l.has_size);
    assert_int_equal(l.size, 7);
    commit_line_fini(&l);

    assert_null(parse("{\"key\":\"lfsFile\",\"value\":{\"path\":\"w\","
                      "\"oid\":\"" HASH "\"}}",
        &l));
    assert_false(l.has_size);
    commit_line_fini(&l);

    assert_null(
        parse("{\"key\":\"deletedFolder\",\"value\":{\"path\":\"a/b/\"}}", &l));
    assert_int_equal(l.kind, LINE_DELETE_FOLDER);
    assert_string_equal(l.path, "a/b");
    commit_line_fini(&l);

    assert_null(parse("{\"key\":\"copyFile\",\"value\":{\"path\":\"a\","
                      "\"srcPath\":\"b\",\"srcRevision\":\"v1\"}}",
        &l));
    assert_string_equal(l.source_path, "b");
    assert_string_equal(l.source_rev, "v1");
    assert_null(l.source_repo);
    commit_line_fini(&l);
}

static void what_is_wrong_is_said(void **state)
{
    static const char *const wrong[] = {
        "",
        "x",
        "[]",
        "{}",
        "{\"key\":\"header\"}",
        "{\"key\":\"header\",\"value\":[]}",
        "{\"key\":\"header\",\"value\":{\"summary\":\" \"}}",
        "{\"key\":\"header\",\"value\":{\"summary\":7}}",
        "{\"key\":\"what\",\"value\":{\"path\":\"a\"}}",
        "{\"key\":\"file\",\"value\":{\"path\":\"a\"}}",
        "{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"!\","
        "\"encoding\":\"base64\"}}",
        "{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"\","
        "\"encoding\":\"rot13\"}}",
        "{\"key\":\"file\",\"value\":{\"path\":\"a/\",\"content\":\"\"}}",
        "{\"key\":\"lfsFile\",\"value\":{\"path\":\"a\",\"oid\":\"12\"}}",
        "{\"key\":\"lfsFile\",\"value\":{\"path\":\"a\",\"oid\":\"" HASH "\","
        "\"algo\":\"md5\"}}",
        "{\"key\":\"lfsFile\",\"value\":{\"path\":\"a\",\"oid\":\"" HASH "\","
        "\"size\":-1}}",
        "{\"key\":\"deletedFile\",\"value\":{}}",
        "{\"key\":\"deletedFolder\",\"value\":{\"path\":\"/\"}}",
        "{\"key\":\"copyFile\",\"value\":{\"path\":\"a\"}}",
        "{\"key\":\"copyFile\",\"value\":{\"path\":\"a\",\"srcPath\":\"b\","
        "\"srcRepoId\":\"x/y\"}}",
        "{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"\","
        "\"oldPath\":\"../b\"}}",
        "{\"key\":\"file\",\"value\":{\"path\":\"a\\u0000b\",\"content\":"
        "\"\"}}",
    };
    struct commit_line l;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (parse(wrong[i], &l) == NULL)
            fail_msg("taken: %s", wrong[i]);
        commit_line_fini(&l);
    }
}

static void paths_that_git_cannot_have(void **state)
{
    static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..",
        "a/./b", "a/../b", ".git", ".git/config", "a/.GIT/b", "a/.git", "\xff",
        "a/\xc0\x80"};
    static const char *const good[] = {"a", "a/b", ".gitattributes",
        ".github/x", "a/...", "git/.git2", "n\xc3\xa4ive",
        "a b+c&d#e%f?;\\\"'"};
    char name[PATH_NAME_MAX + 2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(commit_path_ok(bad[i]));
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(commit_path_ok(good[i]));
    memset(name, 'n', sizeof(name));
    name[PATH_NAME_MAX] = '\0';
    assert_true(commit_path_ok(name));
    name[PATH_NAME_MAX] = 'n';
    name[PATH_NAME_MAX + 1] = '\0';
    assert_false(commit_path_ok(name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_do_not_depend_on_pieces),
        cmocka_unit_test(an_error_ends_the_lines),
        cmocka_unit_test(a_line_has_a_maximum),
        cmocka_unit_test(numbers_count_blank_lines),
        cmocka_unit_test(lines_of_all_kinds),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(paths_that_git_cannot_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
