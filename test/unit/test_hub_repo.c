/* Repos as a scripted Hub shows them: commits, folders page by page, single
 * paths, and listings that lie. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/repo.h"
#include "test/lib/httpd_hub.h"

#define HASH64 SHA "0123456789abcdef01234567"
#define TREE "GET /api/models/a/b/tree/" SHA

/* ---- The parser */

static struct hub_page parse(const char *dir, const char *text)
{
    struct hub_page page = {0};

    assert_int_equal(hub_page_parse(&page, dir, text, strlen(text)), 0);
    return page;
}

static void check_name(const struct hub_page *page, size_t i, const char *name)
{
    assert_true(i < page->n);
    assert_int_equal(page->entry[i].name_len, strlen(name));
    assert_memory_equal(page->entry[i].name, name, strlen(name));
}

static void files_and_folders(void **state)
{
    struct hub_page page = parse("",
        "[{\"type\":\"directory\",\"oid\":\"x\",\"size\":0,\"path\":\"d\"},"
        "{\"type\":\"file\",\"oid\":\"" SHA "\",\"size\":11,"
        "\"path\":\"README.md\",\"lastCommit\":{\"id\":\"1\","
        "\"date\":\"2026-09-01T10:00:00.500Z\"}},"
        "{\"type\":\"file\",\"oid\":\"" SHA "\",\"size\":132,\"path\":\"w\","
        "\"lfs\":{\"oid\":\"" HASH64 "\",\"size\":7000000000,"
        "\"pointerSize\":132}}]");

    (void)state;
    assert_int_equal(page.n, 3);
    assert_int_equal(page.bad, 0);
    check_name(&page, 0, "d");
    assert_true(page.entry[0].dir);
    check_name(&page, 1, "README.md");
    assert_int_equal(page.entry[1].hash_kind, HUB_HASH_GIT);
    assert_int_equal(page.entry[1].hash[0], 0x01);
    assert_int_equal(page.entry[1].size_bytes, 11);
    assert_int_equal(page.entry[1].mtime_ns, 1788256800500000000);
    check_name(&page, 2, "w");
    assert_int_equal(page.entry[2].hash_kind, HUB_HASH_SHA256);
    assert_int_equal(page.entry[2].size_bytes, 7000000000);
    hub_page_free(&page);
}

static void only_direct_children_count(void **state)
{
    struct hub_page page = parse("d/e",
        "[{\"type\":\"file\",\"size\":1,\"path\":\"d/e/ok\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"d/e\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"d/e/\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"d/ef\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"d/e/f/g\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"x\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"/d/e/x\"},"
        "{\"type\":\"file\",\"size\":1,\"path\":\"d/e/a\\u0000b\"}]");

    (void)state;
    assert_int_equal(page.n, 1);
    assert_int_equal(page.bad, 7);
    check_name(&page, 0, "ok");
    assert_int_equal(page.entry[0].hash_kind, HUB_HASH_NONE);
    hub_page_free(&page);
}

static void malformed_entries_are_counted(void **state)
{
    struct hub_page page = parse("",
        "[1,null,\"x\",[],{},{\"type\":\"file\"},{\"path\":\"a\"},"
        "{\"type\":\"file\",\"path\":\"a\"},"
        "{\"type\":\"file\",\"path\":\"a\",\"size\":-1},"
        "{\"type\":\"file\",\"path\":\"a\",\"size\":\"1\"},"
        "{\"type\":\"file\",\"path\":\"a\",\"size\":1e300},"
        "{\"type\":\"file\",\"path\":\"a\",\"size\":1.5},"
        "{\"type\":\"file\",\"path\":7,\"size\":1},"
        "{\"type\":\"file\",\"path\":\"\",\"size\":1},"
        "{\"type\":\"file\",\"path\":\"a\",\"size\":1,\"lfs\":{}},"
        "{\"type\":\"unknown\",\"path\":\"a\",\"size\":1},"
        "{\"type\":\"unknown\",\"path\":\"a\",\"oid\":\"" SHA "\"}]");

    (void)state;
    assert_int_equal(page.n, 0);
    assert_int_equal(page.bad, 17);
    hub_page_free(&page);
}

static void links_are_shown_as_files(void **state)
{
    struct hub_page page = parse("",
        "[{\"type\":\"unknown\",\"path\":\"l\",\"size\":4,"
        "\"oid\":\"" SHA "\"}]");

    (void)state;
    assert_int_equal(page.n, 1);
    assert_false(page.entry[0].dir);
    assert_int_equal(page.entry[0].hash_kind, HUB_HASH_GIT);
    hub_page_free(&page);
}

static void odd_hashes_are_no_hashes(void **state)
{
    struct hub_page page = parse("",
        "[{\"type\":\"file\",\"path\":\"a\",\"size\":4,\"oid\":\"abc\"},"
        "{\"type\":\"file\",\"path\":\"b\",\"size\":4,\"oid\":\"" SHA "0\"},"
        "{\"type\":\"file\",\"path\":\"c\",\"size\":4,\"oid\":\"" SHA "\","
        "\"lfs\":{\"oid\":\"" SHA "\",\"size\":5}}]");

    (void)state;
    assert_int_equal(page.n, 3);
    for (size_t i = 0; i < page.n; i++)
        assert_int_equal(page.entry[i].hash_kind, HUB_HASH_NONE);
    hub_page_free(&page);
}

static void no_listing(void **state)
{
    static const char *const bad[] = {
        "", "{}", "{\"error\":\"x\"}", "[", "[]]", "<html>", "null", "[{]"};
    struct hub_page page = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(
            hub_page_parse(&page, "", bad[i], strlen(bad[i])), -EBADMSG);
    assert_int_equal(hub_page_parse(&page, "", "[]", 2), 0);
    assert_int_equal(page.n, 0);
    hub_page_free(&page);
}

/* ---- Over a scripted Hub */

static const struct hub_commit at = {
    .kind = HUB_MODEL, .id = "a/b", .sha = SHA};

static int setup(void **state)
{
    struct stage *s = xcalloc(1, sizeof(*s));

    stage_open(s, NULL);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    stage_close(*state);
    free(*state);
    return 0;
}

static void on_text(
    struct stage *s, const char *line, const char *headers, const char *text)
{
    const struct httpd_reply r = {.headers = headers,
        .body = text,
        .len = strlen(text),
        .times = HTTPD_ALWAYS};

    httpd_on(s->http, line, &r);
}

static int list(struct stage *s, const char *dir, struct hub_page *page)
{
    struct waiting w;

    waiting_begin(&w);
    hub_repo_list(s->hub, &at, dir, false, page, &w.op);
    return waiting_end(&w, &s->loop);
}

static int info(struct stage *s, const char *revision, struct hub_info *out)
{
    struct hub_repo repo;
    struct waiting w;
    const char *why;
    int err;

    assert_int_equal(hub_repo_parse("a/b", revision, &repo, &why), 0);
    waiting_begin(&w);
    hub_repo_info(s->hub, &repo, out, &w.op);
    err = waiting_end(&w, &s->loop);
    hub_repo_fini(&repo);
    return err;
}

static void commit_of_a_revision(void **state)
{
    struct stage *s = *state;
    struct hub_info found = {0};

    on_text(s,
        "GET /api/models/a/b/revision/refs%2Fpr%2F1"
        "?expand=sha&expand=lastModified HTTP/1.1",
        NULL,
        "{\"id\":\"new/name\",\"sha\":\"" SHA "\","
        "\"lastModified\":\"2026-09-01T10:00:00.000Z\",\"siblings\":[]}");
    assert_int_equal(info(s, "refs/pr/1", &found), 0);
    assert_string_equal(found.sha, SHA);
    assert_string_equal(buf_str(&found.id), "new/name");
    assert_int_equal(found.time_ns, 1788256800000000000);
    buf_free(&found.id);
}

static void hub_without_expand(void **state)
{
    struct stage *s = *state;
    const struct httpd_reply bad = {.status = 400, .times = HTTPD_ALWAYS};
    struct hub_info found = {0};

    httpd_on(s->http, "GET /api/models/a/b/revision/main?", &bad);
    on_text(s, "GET /api/models/a/b/revision/main ", NULL,
        "{\"id\":\"a/b\",\"sha\":\"" SHA "\"}");
    on_text(s, "GET /api/models/a/b/revision/v1?", NULL, "{\"id\":\"a/b\"}");
    on_text(s, "GET /api/models/a/b/revision/v1 ", NULL,
        "{\"id\":\"../../x\",\"sha\":\"" SHA "\",\"lastModified\":1}");
    assert_int_equal(info(s, NULL, &found), 0);
    assert_string_equal(found.sha, SHA);
    buf_free(&found.id);
    assert_int_equal(info(s, "v1", &found), 0);
    assert_string_equal(buf_str(&found.id), "a/b"); /* not the odd one */
    buf_free(&found.id);
}

static void renamed_repo_is_followed(void **state)
{
    struct stage *s = *state;
    const struct httpd_reply moved = {.status = 307,
        .headers = "Location: /api/models/new/name/revision/main\r\n",
        .times = HTTPD_ALWAYS};
    struct hub_info found = {0};

    httpd_on(s->http, "GET /api/models/a/b/", &moved);
    on_text(s, "GET /api/models/new/name/", NULL,
        "{\"id\":\"new/name\",\"sha\":\"" SHA "\"}");
    assert_int_equal(info(s, NULL, &found), 0);
    assert_string_equal(buf_str(&found.id), "new/name");
    buf_free(&found.id);
}

static void infos_that_lie(void **state)
{
    struct stage *s = *state;
    struct hub_info found = {0};

    on_text(s, "GET /api/models/a/b/revision/main", NULL, "{\"id\":\"a/b\"}");
    assert_int_equal(info(s, NULL, &found), -EIO);
    on_text(s, "GET /api/models/a/b/revision/v1", NULL, "<html>");
    assert_int_equal(info(s, "v1", &found), -EIO);
    on_text(s, "GET /api/models/a/b/revision/v2", NULL,
        "{\"id\":\"a/b\",\"sha\":\"short\"}");
    assert_int_equal(info(s, "v2", &found), -EIO);
    on_text(s, "GET /api/models/a/b/revision/" SHA, NULL,
        "{\"id\":\"a/b\",\"sha\":\"ffffffffffffffffffffffffffffffffffffffff\""
        "}");
    assert_int_equal(info(s, SHA, &found), -EIO);
    assert_non_null(strstr(hub_last_error(s->hub), "another commit"));
    assert_null(found.id.data);
}

static char *page_of(size_t from, size_t n)
{
    struct buf b = {0};

    buf_addc(&b, '[');
    for (size_t i = from; i < from + n; i++)
        buf_addf(&b, "%s{\"type\":\"file\",\"size\":1,\"path\":\"d/f%zu\"}",
            i > from ? "," : "", i);
    buf_addc(&b, ']');
    return buf_take(&b);
}

static void pages_follow_each_other(void **state)
{
    struct stage *s = *state;
    struct hub_page page = {0};
    char *first = page_of(0, 1000);
    char *second = page_of(1000, 5);
    /* The Link leads to another host: only its cursor may be used. */
    const char *link = "Link: <http://evil.example/x?limit=1&cursor=a%3D%3D>; "
                       "rel=\"next\"\r\n";

    on_text(s,
        TREE "/d?recursive=false&expand=false&limit=1000&cursor=a%3D%3D ", NULL,
        second);
    on_text(s, TREE "/d?recursive=false&expand=false&limit=1000 ", link, first);
    assert_int_equal(list(s, "d", &page), 0);
    assert_int_equal(page.n, 1000);
    assert_false(page.last);
    check_name(&page, 999, "f999");
    assert_int_equal(list(s, "d", &page), 0);
    assert_int_equal(page.n, 5);
    assert_true(page.last);
    check_name(&page, 4, "f1004");
    assert_int_equal(httpd_count(s->http, ""), 2);
    hub_page_free(&page);
    free(first);
    free(second);
}

static void link_without_cursor_must_be_at_home(void **state)
{
    struct stage *s = *state;
    struct hub_page page = {0};

    on_text(s, "GET /api/models/a/b/page2 ", NULL, "[]");
    on_text(
        s, TREE "/d", "Link: </api/models/a/b/page2>; rel=\"next\"\r\n", "[]");
    on_text(
        s, TREE "/e", "Link: <http://evil.example/p2>; rel=\"next\"\r\n", "[]");
    assert_int_equal(list(s, "d", &page), 0);
    assert_false(page.last);
    assert_int_equal(list(s, "d", &page), 0);
    assert_true(page.last);
    hub_page_free(&page);
    assert_int_equal(list(s, "e", &page), -EIO);
    hub_page_free(&page);
}

/* Lists until an error or the last page. */
static int list_all(struct stage *s, const char *dir, size_t *pages)
{
    struct hub_page page = {0};
    int err;

    *pages = 0;
    do {
        err = list(s, dir, &page);
        (*pages)++;
    } while (err == 0 && !page.last);
    hub_page_free(&page);
    return err;
}

static void circles_end(void **state)
{
    struct stage *s = *state;
    char line[200];
    char link[7][80];
    size_t pages;

    on_text(
        s, TREE "/same", "Link: <http://h/?cursor=a>; rel=\"next\"\r\n", "[]");
    assert_int_equal(list_all(s, "same", &pages), -EIO);
    assert_true(pages <= 3);
    for (int i = 0; i < 7; i++) {
        snprintf(line, sizeof(line),
            TREE "/circle?recursive=false&expand=false&limit=1000&cursor=%d ",
            i);
        snprintf(link[i], sizeof(link[i]),
            "Link: <http://h/?cursor=%d>; rel=\"next\"\r\n", (i + 1) % 7);
        httpd_on(s->http, line,
            &(struct httpd_reply){.headers = link[i],
                .body = "[]",
                .len = 2,
                .times = HTTPD_ALWAYS});
    }
    on_text(s, TREE "/circle", "Link: <http://h/?cursor=0>; rel=\"next\"\r\n",
        "[]");
    assert_int_equal(list_all(s, "circle", &pages), -EIO);
    assert_true(pages < 40);
    assert_non_null(strstr(hub_last_error(s->hub), "without end"));
}

static void one_path(void **state)
{
    struct stage *s = *state;
    struct hub_page page = {0};
    struct waiting w;

    on_text(s, "POST /api/models/a/b/paths-info/" SHA, NULL,
        "[{\"type\":\"file\",\"size\":1,\"path\":\"d/other\"},"
        "{\"type\":\"file\",\"size\":9,\"path\":\"d/a&b\"}]");
    waiting_begin(&w);
    hub_repo_stat(s->hub, &at, "d/a&b", true, &page, &w.op);
    assert_int_equal(waiting_end(&w, &s->loop), 0);
    assert_int_equal(page.n, 1);
    assert_int_equal(page.bad, 1);
    check_name(&page, 0, "a&b");
    assert_int_equal(page.entry[0].size_bytes, 9);
    assert_non_null(strstr(httpd_request(s->http, "POST", 0),
        "\r\n\r\npaths=d%2Fa%26b&expand=true"));
    hub_page_free(&page);
}

static void missing_path(void **state)
{
    struct stage *s = *state;
    struct hub_page page = {0};
    struct waiting w;

    on_text(s, "POST /api/models/a/b/paths-info/" SHA, NULL, "[]");
    waiting_begin(&w);
    hub_repo_stat(s->hub, &at, "x", false, &page, &w.op);
    assert_int_equal(waiting_end(&w, &s->loop), 0);
    assert_int_equal(page.n, 0);
    hub_page_free(&page);
}

static void missing_folder(void **state)
{
    struct stage *s = *state;
    struct hub_page page = {0};
    const struct httpd_reply absent = {.status = 404,
        .headers = "X-Error-Code: EntryNotFound\r\n",
        .times = HTTPD_ALWAYS};

    httpd_on(s->http, TREE, &absent);
    assert_int_equal(list(s, "x", &page), -ENOENT);
    assert_int_equal(httpd_count(s->http, ""), 1);
    hub_page_free(&page);
}

static void broken_listing_is_asked_again(void **state)
{
    struct stage *s = *state;
    struct hub_page page = {0};
    const struct httpd_reply cut = {.body = "[{\"type\":\"directory\"",
        .len = 20,
        .limited = true,
        .after = 10};

    httpd_on(s->http, TREE, &cut);
    on_text(s, TREE, NULL, "[{\"type\":\"directory\",\"path\":\"x\"}]");
    assert_int_equal(list(s, "", &page), 0);
    assert_int_equal(page.n, 1);
    hub_page_free(&page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_folders),
        cmocka_unit_test(only_direct_children_count),
        cmocka_unit_test(malformed_entries_are_counted),
        cmocka_unit_test(links_are_shown_as_files),
        cmocka_unit_test(odd_hashes_are_no_hashes),
        cmocka_unit_test(no_listing),
        TEST(commit_of_a_revision),
        TEST(hub_without_expand),
        TEST(renamed_repo_is_followed),
        TEST(infos_that_lie),
        TEST(pages_follow_each_other),
        TEST(link_without_cursor_must_be_at_home),
        TEST(circles_end),
        TEST(one_path),
        TEST(missing_path),
        TEST(missing_folder),
        TEST(broken_listing_is_asked_again),
    };

    return cmocka_run_group_tests_name("hub repos", tests, NULL, NULL);
}
