/* A Hub repo as a source: revisions, listings below a folder of the repo, and
 * files as origins. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "cache/origin.h"
#include "test/lib/httpd_hub.h"
#include "vfs/source.h"
#include "vfs/source_hub.h"

#define INFO_V1 "GET /api/datasets/a/b/revision/v1?"
#define PATHS_INFO "POST /api/datasets/a/b/paths-info/" SHA
#define TREE "GET /api/datasets/a/b/tree/" SHA "/sub/dir"
#define BODY "0123456789"

struct fixture {
    struct stage s;
    struct source *source;
};

static int open_source(void **state, const char *name, bool times)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct source_hub_config config = {.commit_times = times};
    struct hub_repo repo;
    const char *why;

    stage_open(&f->s, NULL);
    assert_int_equal(hub_repo_parse(name, "v1", &repo, &why), 0);
    config.hub = f->s.hub;
    config.repo = &repo;
    f->source = source_hub_new(&config);
    hub_repo_fini(&repo);
    *state = f;
    return 0;
}

static int with_subdir(void **state)
{
    return open_source(state, "datasets/a/b/sub/dir", false);
}

static int with_times(void **state)
{
    return open_source(state, "datasets/a/b/sub/dir", true);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    source_hub_free(f->source);
    stage_close(&f->s);
    free(f);
    return 0;
}

static void on_text(struct fixture *f, const char *line, const char *text)
{
    const struct httpd_reply r = {
        .body = text, .len = strlen(text), .times = HTTPD_ALWAYS};

    httpd_on(f->s.http, line, &r);
}

static int resolve(struct fixture *f, struct source_revision *rev)
{
    struct waiting w;

    waiting_begin(&w);
    f->source->ops->resolve(f->source, rev, &w.op);
    return waiting_end(&w, &f->s.loop);
}

static int list(struct fixture *f, const char *path, struct source_page *page)
{
    struct waiting w;

    waiting_begin(&w);
    f->source->ops->list(f->source, path, page, &w.op);
    return waiting_end(&w, &f->s.loop);
}

static int stat_path(
    struct fixture *f, const char *path, struct source_page *page)
{
    struct waiting w;

    waiting_begin(&w);
    f->source->ops->stat(f->source, path, page, &w.op);
    return waiting_end(&w, &f->s.loop);
}

static void pin(struct fixture *f)
{
    struct source_revision rev = {.id = SHA};

    f->source->ops->pin(f->source, &rev);
}

static void check_name(
    const struct source_page *page, size_t i, const char *name)
{
    assert_true(i < page->n);
    assert_int_equal(page->entry[i].name_len, strlen(name));
    assert_memory_equal(page->entry[i].name, name, strlen(name));
}

static void on_info(struct fixture *f)
{
    on_text(f, INFO_V1,
        "{\"id\":\"a/b\",\"sha\":\"" SHA "\","
        "\"lastModified\":\"2026-09-01T10:00:00.000Z\"}");
}

static void revision_is_resolved(void **state)
{
    struct fixture *f = *state;
    struct source_revision rev = {.id = ""};

    on_info(f);
    on_text(f, PATHS_INFO, "[{\"type\":\"directory\",\"path\":\"sub/dir\"}]");
    assert_int_equal(resolve(f, &rev), 0);
    assert_string_equal(rev.id, SHA);
    assert_int_equal(rev.time_ns, 1788256800000000000);
}

static void missing_subdir_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct source_revision rev = {.id = ""};

    on_info(f);
    on_text(f, PATHS_INFO, "[]");
    assert_int_equal(resolve(f, &rev), -ENOENT);
    assert_non_null(strstr(hub_last_error(f->s.hub), "no folder sub/dir"));
    httpd_clear(f->s.http);
    on_info(f);
    on_text(
        f, PATHS_INFO, "[{\"type\":\"file\",\"size\":1,\"path\":\"sub/dir\"}]");
    assert_int_equal(resolve(f, &rev), -ENOTDIR);
    assert_string_equal(rev.id, "");
}

static void folder_below_the_subdir(void **state)
{
    struct fixture *f = *state;
    struct source_page page = {0};

    pin(f);
    on_text(f, TREE "/x?recursive=false&expand=false&",
        "[{\"type\":\"directory\",\"path\":\"sub/dir/x/d\"},"
        "{\"type\":\"file\",\"size\":5,\"path\":\"sub/dir/x/f\","
        "\"oid\":\"" SHA "\"},"
        "{\"type\":\"file\",\"size\":5,\"path\":\"x/f\"},"
        "{\"type\":\"file\",\"size\":6,\"path\":\"sub/dir/x/n\"}]");
    assert_int_equal(list(f, "x", &page), 0);
    assert_int_equal(page.n, 3);
    assert_int_equal(page.bad, 1);
    assert_true(page.last);
    check_name(&page, 0, "d");
    assert_int_equal(page.entry[0].kind, VFS_DIR);
    assert_int_equal(page.entry[0].content.kind, CONTENT_NONE);
    check_name(&page, 1, "f");
    assert_int_equal(page.entry[1].kind, VFS_FILE);
    assert_int_equal(page.entry[1].size_bytes, 5);
    assert_int_equal(page.entry[1].content.kind, CONTENT_GIT);
    assert_int_equal(page.entry[1].content.hash[0], 0x01);
    assert_int_equal(page.entry[1].mtime_ns, 0);
    check_name(&page, 2, "n");
    assert_int_equal(page.entry[2].content.kind, CONTENT_PATH);
    source_page_free(&page);
}

static void times_are_asked_for(void **state)
{
    struct fixture *f = *state;
    struct source_page page = {0};

    pin(f);
    on_text(f, TREE "?recursive=false&expand=true&limit=100 ",
        "[{\"type\":\"file\",\"size\":5,\"path\":\"sub/dir/f\",\"oid\":\"" SHA
        "\",\"lastCommit\":{\"date\":\"2026-09-01T10:00:00.000Z\"}}]");
    assert_int_equal(list(f, "", &page), 0);
    assert_int_equal(page.entry[0].mtime_ns, 1788256800000000000);
    source_page_free(&page);
}

static void pages_continue(void **state)
{
    struct fixture *f = *state;
    struct source_page page = {0};
    const struct httpd_reply first = {
        .headers = "Link: <http://h/?cursor=c2>; rel=\"next\"\r\n",
        .body = "[{\"type\":\"directory\",\"path\":\"sub/dir/one\"}]",
        .len = 43};

    pin(f);
    httpd_on(
        f->s.http, TREE "?recursive=false&expand=false&limit=1000 ", &first);
    on_text(f, TREE "?recursive=false&expand=false&limit=1000&cursor=c2 ",
        "[{\"type\":\"directory\",\"path\":\"sub/dir/two\"}]");
    assert_int_equal(list(f, "", &page), 0);
    assert_false(page.last);
    check_name(&page, 0, "one");
    assert_int_equal(list(f, "", &page), 0);
    assert_true(page.last);
    assert_int_equal(page.n, 1);
    check_name(&page, 0, "two");
    source_page_free(&page);
}

static void single_paths(void **state)
{
    struct fixture *f = *state;
    struct source_page page = {0};

    pin(f);
    on_text(f, PATHS_INFO,
        "[{\"type\":\"file\",\"size\":7,\"path\":\"sub/dir/x/f\","
        "\"lfs\":{\"oid\":\"" SHA "0123456789abcdef01234567\","
        "\"size\":77}}]");
    assert_int_equal(stat_path(f, "x/f", &page), 0);
    assert_int_equal(page.n, 1);
    check_name(&page, 0, "f");
    assert_int_equal(page.entry[0].size_bytes, 77);
    assert_int_equal(page.entry[0].content.kind, CONTENT_SHA256);
    assert_int_equal(stat_path(f, "x/g", &page), 0);
    assert_int_equal(page.n, 0);
    source_page_free(&page);
}

/* An origin's sink that keeps what comes. */
struct keeper {
    struct origin_sink sink;
    struct buf got;
    int result;
};

static int keep(struct origin_sink *sink, const uint8_t *p, size_t n)
{
    struct keeper *k = container_of(sink, struct keeper, sink);

    buf_add(&k->got, p, n);
    return k->result;
}

static int read_origin(struct fixture *f, struct origin *o, struct keeper *k)
{
    struct waiting w;

    waiting_begin(&w);
    o->ops->read(o, 2, 5, &k->sink, &w.op);
    origin_put(o); /* a read holds a reference of its own */
    return waiting_end(&w, &f->s.loop);
}

static void files_are_origins(void **state)
{
    struct fixture *f = *state;
    struct content_id id = {.kind = CONTENT_SHA256};
    struct keeper k = {.sink.data = keep};
    struct origin *o;
    const struct source_revision other = {.id = "ffffffffff"
                                                "ffffffffff"
                                                "ffffffffff"
                                                "ffffffffff"};

    digest_once(DIGEST_SHA256, BODY, 10, id.hash);
    httpd_on(f->s.http, "GET /datasets/a/b/resolve/" SHA "/sub/dir/x/f ",
        &(struct httpd_reply){
            .body = BODY, .len = 10, .ranges = true, .times = HTTPD_ALWAYS});
    pin(f);
    o = f->source->ops->origin(f->source, "x/f", &id, 10);
    f->source->ops->pin(f->source, &other); /* the origin stays as it was */
    assert_int_equal(read_origin(f, o, &k), 0);
    assert_int_equal(k.got.len, 5);
    assert_memory_equal(k.got.data, "23456", 5);
    pin(f);
    k.result = -ENOSPC;
    o = f->source->ops->origin(f->source, "x/f", &id, 10);
    assert_int_equal(read_origin(f, o, &k), -ENOSPC);
    buf_free(&k.got);
}

static void wrong_hash_is_stale(void **state)
{
    struct fixture *f = *state;
    struct content_id id = {.kind = CONTENT_GIT};
    struct keeper k = {.sink.data = keep};

    httpd_on(f->s.http, "GET /datasets/a/b/resolve/" SHA "/sub/dir/x/f ",
        &(struct httpd_reply){.headers = "ETag: \"" SHA "\"\r\n",
            .body = BODY,
            .len = 10,
            .ranges = true,
            .times = HTTPD_ALWAYS});
    pin(f);
    assert_int_equal(
        read_origin(f, f->source->ops->origin(f->source, "x/f", &id, 10), &k),
        -ESTALE);
    id.kind = CONTENT_PATH; /* names no bytes: nothing to compare */
    assert_int_equal(
        read_origin(f, f->source->ops->origin(f->source, "x/f", &id, 10), &k),
        0);
    assert_int_equal(k.got.len, 5);
    buf_free(&k.got);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(revision_is_resolved, with_subdir),
        TEST(missing_subdir_is_noticed, with_subdir),
        TEST(folder_below_the_subdir, with_subdir),
        TEST(times_are_asked_for, with_times),
        TEST(pages_continue, with_subdir),
        TEST(single_paths, with_subdir),
        TEST(files_are_origins, with_subdir),
        TEST(wrong_hash_is_stale, with_subdir),
    };

    return cmocka_run_group_tests_name("hub source", tests, NULL, NULL);
}
