/* Names of repos as people write them, and token files. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "hub/hub.h"
#include "hub/repo.h"
#include "hub/token.h"

static void parses(
    const char *text, enum hub_kind kind, const char *id, const char *subdir)
{
    struct hub_repo r;
    const char *why = NULL;

    assert_int_equal(hub_repo_parse(text, NULL, &r, &why), 0);
    assert_int_equal(r.kind, kind);
    assert_string_equal(r.id, id);
    assert_string_equal(r.subdir, subdir);
    assert_string_equal(r.revision, "main");
    hub_repo_fini(&r);
}

static void good_names(void **state)
{
    (void)state;
    parses("gpt2", HUB_MODEL, "gpt2", "");
    parses("a/b", HUB_MODEL, "a/b", "");
    parses("a/b/", HUB_MODEL, "a/b", "");
    parses("a/b//", HUB_MODEL, "a/b", "");
    parses("models/a/b", HUB_MODEL, "a/b", "");
    parses("a/b/c/d e", HUB_MODEL, "a/b", "c/d e");
    parses("datasets/squad", HUB_DATASET, "squad", "");
    parses("datasets/a/b/c", HUB_DATASET, "a/b", "c");
    parses("spaces/A-1/b_2.c", HUB_SPACE, "A-1/b_2.c", "");
    parses("datasetsx/y", HUB_MODEL, "datasetsx/y", "");
}

static void bad_names(void **state)
{
    static const char *const bad[] = {"", "/", "a//b", "/a/b", "a/b//c", "a/..",
        "../b", "a/b/../c", "a/b/./c", "datasets/", "a b/c", "a/b#", "a/b?x",
        "https://huggingface.co/a/b", "hf://a/b", "buckets/a/b", "kernels/a/b",
        "a%2Fb", "a/\xc3\xa9", "."};
    struct hub_repo r;
    const char *why;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        why = NULL;
        assert_int_equal(hub_repo_parse(bad[i], NULL, &r, &why), -EINVAL);
        assert_non_null(why);
    }
}

static void revisions(void **state)
{
    static const char *const good[] = {"main", "v1.0", "refs/pr/1",
        "feature/x+y", "refs/convert/parquet",
        "0123456789abcdef0123456789abcdef01234567"};
    static const char *const bad[] = {"", "a..b", "/a", "a/", "a b", "a~1",
        "a^", "a:b", "a?b", "a*", "[a", "a\\b", "a@{1}", "a.", "a\nb", ".."};
    struct hub_repo r;
    const char *why;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(hub_repo_parse("a/b", good[i], &r, &why), 0);
        assert_string_equal(r.revision, good[i]);
        hub_repo_fini(&r);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(hub_repo_parse("a/b", bad[i], &r, &why), -EINVAL);
}

static void routes(void **state)
{
    const struct hub_commit at = {
        .kind = HUB_SPACE, .id = "a/b", .sha = "refs/pr/1"};
    struct buf url = {0};
    char *name = hub_web_name(HUB_MODEL, "a/b");

    (void)state;
    assert_string_equal(name, "a/b");
    free(name);
    hub_route_add(&url, "http://h/base", &at, "tree");
    assert_string_equal(
        buf_str(&url), "http://h/base/api/spaces/a/b/tree/refs%2Fpr%2F1");
    buf_free(&url);
}

static char *temp_file(const char *text)
{
    char *path = xasprintf("%s/hffs-token-%d",
        getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp", (int)getpid());

    assert_int_equal(file_replace(path, text, strlen(text), 0600), 0);
    return path;
}

static int read_token(const char *text, char **out)
{
    char *path = temp_file(text);
    int err = token_read_file(path, out);

    unlink(path);
    free(path);
    return err;
}

static void token_files(void **state)
{
    char *token = NULL;
    char *longer = xmalloc(TOKEN_MAX + 2);

    (void)state;
    assert_int_equal(read_token(" hf_abc \r\n\n", &token), 0);
    assert_string_equal(token, "hf_abc");
    free(token);
    token = NULL;
    assert_int_equal(read_token("\n \n", &token), -ENODATA);
    assert_int_equal(read_token("hf_abc\nX-Evil: 1", &token), -EBADMSG);
    assert_int_equal(read_token("hf abc", &token), -EBADMSG);
    assert_int_equal(token_read_file("/nonexistent/token", &token), -ENOENT);
    memset(longer, 'a', TOKEN_MAX + 1);
    longer[TOKEN_MAX + 1] = '\0';
    assert_int_equal(read_token(longer, &token), -EFBIG);
    assert_null(token);
    free(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(revisions),
        cmocka_unit_test(routes),
        cmocka_unit_test(token_files),
    };

    return cmocka_run_group_tests_name("hub names", tests, NULL, NULL);
}
