/* Reads of a file from a scripted Hub: right bytes, or a clean error, whatever
 * the server does; and no byte of anything that was not asked for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/timer.h"
#include "test/lib/httpd_hub.h"

#define FILE_SIZE ((size_t)300000)
#define URL "/a/b/resolve/" SHA "/dir/w.bin"
#define GET_FILE "GET " URL
#define COMMIT "X-Repo-Commit: " SHA "\r\n"
#define OTHER_SHA "ffffffffffffffffffffffffffffffffffffffff"

struct fixture {
    struct stage s;
    uint8_t *bytes;
    struct hub_file file;
    struct collector to;
};

static int open_with(void **state, const struct hub_config *config)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    stage_open(&f->s, config);
    f->bytes = pattern_new(FILE_SIZE);
    f->file = (struct hub_file){.hub = f->s.hub,
        .at = {.kind = HUB_MODEL, .id = "a/b", .sha = SHA},
        .path = "dir/w.bin",
        .size_bytes = FILE_SIZE,
        .hash_kind = HUB_HASH_SHA256};
    digest_once(DIGEST_SHA256, f->bytes, FILE_SIZE, f->file.hash);
    collector_init(&f->to);
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return open_with(state, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    stage_close(&f->s);
    buf_free(&f->to.got);
    free(f->bytes);
    free(f);
    return 0;
}

/* An answer of the whole file, or of a range of it. */
static struct httpd_reply good(const struct fixture *f)
{
    return (struct httpd_reply){
        .headers = COMMIT, .body = f->bytes, .len = FILE_SIZE, .ranges = true};
}

static void always(struct httpd *h, const char *line, struct httpd_reply r)
{
    r.times = HTTPD_ALWAYS;
    httpd_on(h, line, &r);
}

static int read_part(struct fixture *f, uint64_t offset, uint64_t len)
{
    struct waiting w;

    waiting_begin(&w);
    buf_clear(&f->to.got);
    hub_file_read(&f->file, offset, len, &f->to.sink, &w.op);
    return waiting_end(&w, &f->s.loop);
}

static void check_got(const struct fixture *f, uint64_t offset, uint64_t len)
{
    assert_int_equal(f->to.got.len, len);
    if (len > 0)
        assert_memory_equal(f->to.got.data, f->bytes + offset, len);
}

static void check_read(struct fixture *f, uint64_t offset, uint64_t len)
{
    assert_int_equal(read_part(f, offset, len), 0);
    check_got(f, offset, len);
}

static const char *request(const struct fixture *f, size_t nth)
{
    const char *text = httpd_request(f->s.http, GET_FILE, nth);

    assert_non_null(text);
    return text;
}

/* ---- What is asked */

static void whole_file_is_asked_without_a_range(void **state)
{
    struct fixture *f = *state;

    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, FILE_SIZE);
    assert_null(strstr(request(f, 0), "Range:"));
    assert_non_null(strstr(request(f, 0), "Accept-Encoding: identity\r\n"));
    assert_non_null(
        strstr(request(f, 0), "User-Agent: hffs/test; fs/none\r\n"));
}

static void part_is_asked_as_a_range(void **state)
{
    struct fixture *f = *state;

    always(f->s.http, GET_FILE, good(f));
    check_read(f, 100, 1000);
    assert_non_null(strstr(request(f, 0), "Range: bytes=100-1099\r\n"));
    check_read(f, FILE_SIZE - 1, 1);
    check_read(f, 0, FILE_SIZE - 1);
}

static void nothing_asks_nothing(void **state)
{
    struct fixture *f = *state;

    check_read(f, 0, 0);
    check_read(f, FILE_SIZE, 0);
    f->file.size_bytes = 0;
    check_read(f, 0, 0);
    assert_int_equal(httpd_count(f->s.http, ""), 0);
}

static void range_outside_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_part(f, FILE_SIZE, 1), -EINVAL);
    assert_int_equal(read_part(f, 1, UINT64_MAX), -EINVAL);
    assert_int_equal(read_part(f, FILE_SIZE + 1, 0), -EINVAL);
    assert_int_equal(httpd_count(f->s.http, ""), 0);
}

static void odd_names_are_escaped(void **state)
{
    struct fixture *f = *state;
    static const char line[] =
        "GET /datasets/a/b/resolve/" SHA
        "/a%23b%3Fc%25%20d%2B/%C3%A9%22%5C%7B%5E HTTP/1.1";

    f->file.at.kind = HUB_DATASET;
    f->file.path = "a#b?c% d+/\xc3\xa9\"\\{^";
    always(f->s.http, line, good(f));
    check_read(f, 5, 10);
}

static void connections_are_used_again(void **state)
{
    struct fixture *f = *state;

    always(f->s.http, GET_FILE, good(f));
    for (size_t i = 0; i < 20; i++)
        check_read(f, i * 1000, 1000);
    assert_int_equal(httpd_connections(f->s.http), 1);
}

/* ---- Transfers that break */

static void cut_transfer_goes_on_where_it_broke(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply cut = good(f);

    cut.limited = true;
    cut.after = 70000;
    httpd_on(f->s.http, GET_FILE, &cut);
    cut.after = 1;
    httpd_on(f->s.http, GET_FILE, &cut);
    cut.after = 0;
    httpd_on(f->s.http, GET_FILE, &cut);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, FILE_SIZE);
    assert_int_equal(httpd_count(f->s.http, ""), 4);
    assert_non_null(strstr(request(f, 1), "Range: bytes=70000-299999\r\n"));
    assert_non_null(strstr(request(f, 3), "Range: bytes=70001-299999\r\n"));
    assert_int_equal(hub_stats(f->s.hub).retries, 2); /* one needs no pause */
}

static void cut_always_ends(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply cut = good(f);

    cut.limited = true;
    cut.after = 1;
    always(f->s.http, GET_FILE, cut);
    assert_int_equal(read_part(f, 1000, 100000), -EIO);
    assert_true(f->to.got.len < 100000);
    assert_memory_equal(f->to.got.data, f->bytes + 1000, f->to.got.len);
    assert_non_null(strstr(hub_last_error(f->s.hub), "breaks"));
}

static void cut_after_each_64_kib_is_read_whole(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply cut = good(f);

    cut.limited = true;
    cut.after = 65536;
    always(f->s.http, GET_FILE, cut);
    check_read(f, 10, FILE_SIZE - 10);
    assert_int_equal(hub_stats(f->s.hub).retries, 0);
}

static void stalled_transfer_goes_on_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply stall = good(f);

    stall.limited = true;
    stall.stall = true;
    stall.after = 5000;
    httpd_on(f->s.http, GET_FILE, &stall);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, FILE_SIZE);
    assert_non_null(strstr(request(f, 1), "Range: bytes=5000-299999\r\n"));
}

static void silence_is_a_stall(void **state)
{
    struct fixture *f = *state;
    const struct httpd_reply mute = {.mute = true};

    httpd_on(f->s.http, GET_FILE, &mute);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void dripping_is_a_stall(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply drip = good(f);

    drip.drip_ms = 20;
    httpd_on(f->s.http, GET_FILE, &drip);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, FILE_SIZE);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void dropped_connection_is_tried_again(void **state)
{
    struct fixture *f = *state;
    const struct httpd_reply drop = {.drop = true, .times = 3};

    httpd_on(f->s.http, GET_FILE, &drop);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
}

static void no_http_is_tried_again(void **state)
{
    struct fixture *f = *state;
    const struct httpd_reply junk = {.raw = "SSH-2.0-OpenSSH_9.2\r\n"};
    const struct httpd_reply twice = {
        .raw = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
               "Content-Length: 5\r\n\r\nabcde"};

    httpd_on(f->s.http, GET_FILE, &junk);
    httpd_on(f->s.http, GET_FILE, &twice);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
}

static void endless_headers_end(void **state)
{
    struct fixture *f = *state;
    struct buf lines = {0};
    struct httpd_reply r = good(f);

    while (lines.len < 400000)
        buf_addf(&lines, "X-Filler-%zu: %0900d\r\n", lines.len, 0);
    r.headers = buf_str(&lines);
    httpd_on(f->s.http, GET_FILE, &r);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
    buf_free(&lines);
}

/* ---- Bodies that are not what was asked */

static void longer_body_is_cut(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.length = "300010"; /* right range, ten bytes too many announced */
    r.range = "bytes 1000-299999/300000";
    r.status = 206;
    r.ranges = false;
    r.body = f->bytes + 1000;
    r.len = FILE_SIZE - 1000;
    always(f->s.http, GET_FILE, r);
    check_read(f, 1000, FILE_SIZE - 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 1);
}

static void longer_chunked_body_is_cut(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = {.status = 206,
        .range = "bytes 1000-1999/300000",
        .chunked = true,
        .headers = COMMIT,
        .body = f->bytes + 1000,
        .len = 5000};

    always(f->s.http, GET_FILE, r);
    check_read(f, 1000, 1000);
}

static void bad_then_good(
    struct fixture *f, const struct httpd_reply *bad, uint64_t at, uint64_t n)
{
    httpd_clear(f->s.http);
    httpd_on(f->s.http, GET_FILE, bad);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, at, n);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void wrong_answers_are_not_believed(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.range = "bytes 1001-2000/300000"; /* another start */
    bad_then_good(f, &r, 1000, 1000);
    r.range = "bytes 1000-1999/300001"; /* another total */
    bad_then_good(f, &r, 1000, 1000);
    r.range = "bytes 1000-2999/300000"; /* more than was asked */
    bad_then_good(f, &r, 1000, 1000);
    r.range = ""; /* none */
    bad_then_good(f, &r, 1000, 1000);
    r.range = "lines 1000-1999/300000";
    bad_then_good(f, &r, 1000, 1000);
    r = good(f);
    r.status = 206; /* a part without having been asked for */
    r.range = "bytes 0-299999/300000";
    bad_then_good(f, &r, 0, FILE_SIZE);
    r = good(f);
    r.status = 203;
    bad_then_good(f, &r, 0, FILE_SIZE);
}

static void whole_of_another_length_is_not_believed(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.len = FILE_SIZE - 1;
    bad_then_good(f, &r, 0, FILE_SIZE);
    r.len = FILE_SIZE;
    r.length = "300001";
    bad_then_good(f, &r, 0, FILE_SIZE);
}

static void compressed_body_is_refused(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.headers = COMMIT "Content-Encoding: gzip\r\n";
    bad_then_good(f, &r, 0, FILE_SIZE);
    always(f->s.http, "x", r);
    httpd_clear(f->s.http);
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 0, FILE_SIZE), -EIO);
    assert_int_equal(f->to.got.len, 0);
}

static void wrong_range_for_ever_ends(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.range = "bytes 0-9/300000";
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 1000, 1000), -EIO);
    assert_int_equal(f->to.got.len, 0);
}

/* ---- Servers without ranges */

static void server_without_ranges_is_read_from_its_start(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.ranges = false;
    always(f->s.http, GET_FILE, r);
    check_read(f, 12345, 1000);
    check_read(f, 0, 1000);
    check_read(f, FILE_SIZE - 5, 5);
    r.chunked = true;
    httpd_clear(f->s.http);
    always(f->s.http, GET_FILE, r);
    check_read(f, 12345, 1000);
}

static void far_place_without_ranges_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = {.length = "100000000", .body = "x", .len = 1};

    f->file.size_bytes = 100000000;
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 17 << 20, 1000), -EIO);
    assert_int_equal(httpd_count(f->s.http, ""), 1);
    assert_int_equal(f->to.got.len, 0);
}

/* ---- Other versions */

static void stale_once(struct fixture *f, const char *headers)
{
    struct httpd_reply bad = good(f);

    bad.headers = headers;
    bad_then_good(f, &bad, 10, 1000);
    assert_non_null(strstr(request(f, 1), "Cache-Control: no-cache\r\n"));
}

static void other_versions_are_not_read(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply bad = good(f);
    char same[2 * SHA256_SIZE + 1];
    char *mine;

    hex_format(f->file.hash, SHA256_SIZE, same);
    stale_once(f, "X-Repo-Commit: " OTHER_SHA "\r\n");
    stale_once(f, "X-Linked-Size: 299999\r\n");
    stale_once(f, "ETag: \"" OTHER_SHA "ffffffffffffffffffffffff\"\r\n");
    mine = xasprintf("ETag: \"%s\"\r\nX-Linked-ETag: W/\"%s\"\r\n", same,
        OTHER_SHA "ffffffffffffffffffffffff");
    stale_once(f, mine);
    free(mine);

    httpd_clear(f->s.http);
    bad.headers = "X-Repo-Commit: " OTHER_SHA "\r\n";
    always(f->s.http, GET_FILE, bad);
    assert_int_equal(read_part(f, 0, FILE_SIZE), -ESTALE);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
    assert_int_equal(f->to.got.len, 0);
}

static void shorter_file_is_stale(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);

    r.len = 500;
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 1000, 1000), -ESTALE);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void right_or_foreign_etags_pass(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = good(f);
    char same[2 * SHA256_SIZE + 1];
    char *headers;

    hex_format(f->file.hash, SHA256_SIZE, same);
    headers = xasprintf(COMMIT "ETag: W/\"" OTHER_SHA "\"\r\n"
                               "X-Linked-ETag: \"%s\"\r\n"
                               "X-Linked-Size: 300000\r\n",
        same);
    r.headers = headers;
    always(f->s.http, GET_FILE, r);
    check_read(f, 10, 1000);
    free(headers);

    httpd_clear(f->s.http);
    r.headers = "ETag: \"" OTHER_SHA "ffffffffffffffffffffffff\"\r\n"
                "X-Xet-Hash: " OTHER_SHA "ffffffffffffffffffffffff\r\n";
    always(f->s.http, GET_FILE, r);
    check_read(f, 10, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 1);
}

static void git_hash_is_compared(void **state)
{
    struct fixture *f = *state;

    f->file.hash_kind = HUB_HASH_GIT;
    memset(f->file.hash, 0xff, SHA1_SIZE);
    stale_once(f, "ETag: \"" SHA "\"\r\n");
}

/* ---- Redirects */

static char *location(const struct httpd *h, const char *path)
{
    return xasprintf(COMMIT "X-Linked-Size: 300000\r\nLocation: %s%s\r\n",
        httpd_url(h), path);
}

static void target_is_remembered(void **state)
{
    struct fixture *f = *state;
    char *headers = location(f->s.cdn, "/blob?sig=1");
    const struct httpd_reply found = {
        .status = 302, .headers = headers, .body = "moved", .len = 5};

    always(f->s.http, GET_FILE, found);
    always(f->s.cdn, "GET /blob?sig=1 ", good(f));
    check_read(f, 0, FILE_SIZE);
    check_read(f, 1000, 1000);
    check_read(f, 2000, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 1);
    assert_int_equal(httpd_count(f->s.cdn, ""), 3);
    free(headers);
}

static void expired_target_is_asked_for_anew(void **state)
{
    struct fixture *f = *state;
    char *first = location(f->s.cdn, "/blob?sig=1");
    char *second = location(f->s.cdn, "/blob?sig=2");
    struct httpd_reply found = {.status = 302, .headers = first};
    const struct httpd_reply expired = {.status = 403, .body = "no", .len = 2};
    struct httpd_reply once = good(f);

    httpd_on(f->s.http, GET_FILE, &found);
    found.headers = second;
    always(f->s.http, GET_FILE, found);
    httpd_on(f->s.cdn, "GET /blob?sig=1 ", &once);
    always(f->s.cdn, "GET /blob?sig=1 ", expired);
    always(f->s.cdn, "GET /blob?sig=2 ", good(f));
    check_read(f, 0, 1000);
    check_read(f, 1000, 1000);
    check_read(f, 2000, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
    assert_int_equal(hub_stats(f->s.hub).retries, 0);
    free(first);
    free(second);
}

static void refusing_target_is_an_error_in_the_end(void **state)
{
    struct fixture *f = *state;
    char *headers = location(f->s.cdn, "/blob?sig=1");
    const struct httpd_reply found = {.status = 302, .headers = headers};
    const struct httpd_reply refused = {.status = 403};

    always(f->s.http, GET_FILE, found);
    always(f->s.cdn, "", refused);
    assert_int_equal(read_part(f, 0, 1000), -EIO);
    free(headers);
}

static void absence_elsewhere_is_not_believed(void **state)
{
    struct fixture *f = *state;
    char *headers = location(f->s.cdn, "/blob");
    const struct httpd_reply found = {.status = 302, .headers = headers};
    const struct httpd_reply absent = {
        .status = 404, .headers = "X-Error-Code: EntryNotFound\r\n"};

    always(f->s.http, GET_FILE, found);
    httpd_on(f->s.cdn, "", &absent);
    always(f->s.cdn, "", good(f));
    check_read(f, 0, 1000);
    free(headers);
}

static void commit_is_checked_on_the_way(void **state)
{
    struct fixture *f = *state;
    char *headers =
        xasprintf("X-Repo-Commit: " OTHER_SHA "\r\nLocation: %s/blob\r\n",
            httpd_url(f->s.cdn));
    const struct httpd_reply found = {.status = 302, .headers = headers};

    always(f->s.http, GET_FILE, found);
    always(f->s.cdn, "", good(f));
    assert_int_equal(read_part(f, 0, 1000), -ESTALE);
    assert_int_equal(httpd_count(f->s.cdn, ""), 0);
    free(headers);
}

static void etag_of_another_server_means_nothing(void **state)
{
    struct fixture *f = *state;
    char *headers = location(f->s.cdn, "/blob");
    const struct httpd_reply found = {.status = 302, .headers = headers};
    struct httpd_reply r = good(f);

    r.headers = "ETag: \"" OTHER_SHA "ffffffffffffffffffffffff\"\r\n";
    always(f->s.http, GET_FILE, found);
    always(f->s.cdn, "", r);
    check_read(f, 0, 1000);
    free(headers);
}

static void relative_redirect_stays_at_home(void **state)
{
    struct fixture *f = *state;
    const struct httpd_reply found = {.status = 307,
        .headers = COMMIT
        "Location: /api/resolve-cache/models/a/b/x?etag=%22ab%22#frag\r\n",
        .body = "Temporary Redirect",
        .len = 18};

    always(f->s.http, GET_FILE, found);
    always(f->s.http,
        "GET /api/resolve-cache/models/a/b/x?etag=%22ab%22 HTTP/1.1", good(f));
    check_read(f, 0, FILE_SIZE);
    assert_int_equal(httpd_connections(f->s.http), 1);
}

/* ---- Refusals */

static void read_fails_with(
    struct fixture *f, const struct httpd_reply *r, int err, const char *text)
{
    httpd_clear(f->s.http);
    always(f->s.http, GET_FILE, *r);
    assert_int_equal(read_part(f, 0, 1000), err);
    assert_int_equal(f->to.got.len, 0);
    assert_non_null(strstr(hub_last_error(f->s.hub), text));
}

static void refusals_are_final(void **state)
{
    struct fixture *f = *state;
    struct httpd_reply r = {.status = 401};

    read_fails_with(f, &r, -EACCES, "401");
    assert_int_equal(httpd_count(f->s.http, ""), 1);
    r = (struct httpd_reply){.status = 403,
        .headers = "X-Error-Code: GatedRepo\r\n"
                   "X-Error-Message: You must be granted access\r\n"};
    read_fails_with(f, &r, -EACCES, "You must be granted access");
    r = (struct httpd_reply){.status = 404,
        .headers = "X-Error-Code: EntryNotFound\r\n",
        .body = "{\"error\":\"Entry not found\"}",
        .len = 27};
    read_fails_with(f, &r, -ENOENT, "Entry not found");
    assert_int_equal(httpd_count(f->s.http, ""), 1);
    r = (struct httpd_reply){.status = 410};
    read_fails_with(f, &r, -EIO, "410");
    assert_int_equal(httpd_count(f->s.http, ""), 1);
}

static void sick_server_is_asked_again(void **state)
{
    struct fixture *f = *state;
    static const int sick[] = {500, 502, 503, 504, 408, 429, 404};

    for (size_t i = 0; i < ARRAY_LEN(sick); i++) {
        const struct httpd_reply r = {
            .status = sick[i], .body = "<html>", .len = 6};

        bad_then_good(f, &r, 0, 1000);
    }
}

static void sick_for_ever_is_an_error(void **state)
{
    struct fixture *f = *state;
    const struct httpd_reply r = {.status = 503};
    const struct httpd_reply absent = {.status = 404};

    read_fails_with(f, &r, -EIO, "503");
    assert_true(httpd_count(f->s.http, "") > 2);
    read_fails_with(f, &absent, -EIO, "404");
    assert_true(httpd_count(f->s.http, "") > 2);
}

/* ---- The sink */

static void sink_can_stop(void **state)
{
    struct fixture *f = *state;

    always(f->s.http, GET_FILE, good(f));
    f->to.refuse_at = 100000;
    f->to.refuse_err = -ENOSPC;
    assert_int_equal(read_part(f, 0, FILE_SIZE), -ENOSPC);
    assert_int_equal(httpd_count(f->s.http, ""), 1);
    f->to.refuse_err = -ECANCELED;
    assert_int_equal(read_part(f, 0, FILE_SIZE), -ECANCELED);
}

/* A sink that starts another read, as a reader that is woken may. */
struct nested {
    struct hub_sink sink;
    struct fixture *f;
    struct waiting inner;
    bool started;
};

static int start_another(struct hub_sink *sink, const uint8_t *p, size_t n)
{
    struct nested *s = container_of(sink, struct nested, sink);

    (void)p;
    (void)n;
    if (!s->started)
        hub_file_read(&s->f->file, 500, 1000, &s->f->to.sink, &s->inner.op);
    s->started = true;
    return 0;
}

static void sink_may_start_a_read(void **state)
{
    struct fixture *f = *state;
    struct nested s = {.sink.data = start_another, .f = f};
    struct waiting w;

    always(f->s.http, GET_FILE, good(f));
    waiting_begin(&s.inner);
    waiting_begin(&w);
    hub_file_read(&f->file, 0, FILE_SIZE, &s.sink, &w.op);
    assert_int_equal(waiting_end(&w, &f->s.loop), 0);
    assert_int_equal(waiting_end(&s.inner, &f->s.loop), 0);
    check_got(f, 500, 1000);
}

/* ---- Many at once */

#define MANY 100

static void many_reads_pass_the_gate(void **state)
{
    struct fixture *f = *state;
    struct collector to[MANY];
    struct waiting w;

    always(f->s.http, GET_FILE, good(f));
    waiting_begin(&w);
    for (size_t i = 0; i < MANY; i++) {
        collector_init(&to[i]);
        hub_file_read(&f->file, i * 1000, 2000, &to[i].sink, &w.op);
    }
    assert_int_equal(waiting_end(&w, &f->s.loop), 0);
    assert_true(httpd_connections(f->s.http) <= 16);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(to[i].got.len, 2000);
        assert_memory_equal(to[i].got.data, f->bytes + i * 1000, 2000);
        buf_free(&to[i].got);
    }
}

static void rate_limit_pauses_everybody(void **state)
{
    struct fixture *f = *state;
    struct collector to[MANY];
    struct waiting w;
    const struct httpd_reply limit = {
        .status = 429, .headers = "Retry-After: 1\r\n", .times = 2};
    uint64_t begun = clock_mono_ms();

    httpd_on(f->s.http, GET_FILE, &limit);
    always(f->s.http, GET_FILE, good(f));
    waiting_begin(&w);
    for (size_t i = 0; i < MANY; i++) {
        collector_init(&to[i]);
        hub_file_read(&f->file, i * 1000, 2000, &to[i].sink, &w.op);
    }
    assert_int_equal(waiting_end(&w, &f->s.loop), 0);
    assert_true(clock_mono_ms() - begun >= 1000);
    /* Those that were on their way go on; no others come before the pause is
     * over. */
    assert_true(httpd_count(f->s.http, "") <= MANY + 2);
    for (size_t i = 0; i < MANY; i++)
        buf_free(&to[i].got);
}

static void quitting_ends_all(void **state)
{
    struct fixture *f = *state;
    const struct httpd_reply mute = {.mute = true};
    const struct httpd_reply sick = {.status = 503};
    struct collector other;
    struct waiting w;
    struct waiting v;
    size_t seen = 0;

    collector_init(&other);
    always(f->s.http, GET_FILE, mute);
    waiting_begin(&w);
    hub_file_read(&f->file, 0, 1000, &f->to.sink, &w.op);
    while (seen == 0) {
        uv_run(&f->s.loop, UV_RUN_ONCE);
        seen = httpd_count(f->s.http, "");
    }
    httpd_clear(f->s.http);
    always(f->s.http, GET_FILE, sick);
    waiting_begin(&v);
    hub_file_read(&f->file, 0, 1000, &other.sink, &v.op);
    while (hub_stats(f->s.hub).retries == 0)
        uv_run(&f->s.loop, UV_RUN_ONCE);
    hub_quit(f->s.hub);
    assert_int_equal(waiting_end(&w, &f->s.loop), -ECANCELED);
    assert_int_equal(waiting_end(&v, &f->s.loop), -ECANCELED);
    assert_int_equal(read_part(f, 0, 1000), -ECANCELED);
    buf_free(&other.got);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_file_is_asked_without_a_range),
        TEST(part_is_asked_as_a_range),
        TEST(nothing_asks_nothing),
        TEST(range_outside_is_refused),
        TEST(odd_names_are_escaped),
        TEST(connections_are_used_again),
        TEST(cut_transfer_goes_on_where_it_broke),
        TEST(cut_always_ends),
        TEST(cut_after_each_64_kib_is_read_whole),
        TEST(stalled_transfer_goes_on_elsewhere),
        TEST(silence_is_a_stall),
        TEST(dripping_is_a_stall),
        TEST(dropped_connection_is_tried_again),
        TEST(no_http_is_tried_again),
        TEST(endless_headers_end),
        TEST(longer_body_is_cut),
        TEST(longer_chunked_body_is_cut),
        TEST(wrong_answers_are_not_believed),
        TEST(whole_of_another_length_is_not_believed),
        TEST(compressed_body_is_refused),
        TEST(wrong_range_for_ever_ends),
        TEST(server_without_ranges_is_read_from_its_start),
        TEST(far_place_without_ranges_is_an_error),
        TEST(other_versions_are_not_read),
        TEST(shorter_file_is_stale),
        TEST(right_or_foreign_etags_pass),
        TEST(git_hash_is_compared),
        TEST(target_is_remembered),
        TEST(expired_target_is_asked_for_anew),
        TEST(refusing_target_is_an_error_in_the_end),
        TEST(absence_elsewhere_is_not_believed),
        TEST(commit_is_checked_on_the_way),
        TEST(etag_of_another_server_means_nothing),
        TEST(relative_redirect_stays_at_home),
        TEST(refusals_are_final),
        TEST(sick_server_is_asked_again),
        TEST(sick_for_ever_is_an_error),
        TEST(sink_can_stop),
        TEST(sink_may_start_a_read),
        TEST(many_reads_pass_the_gate),
        TEST(rate_limit_pauses_everybody),
        TEST(quitting_ends_all),
    };

    return cmocka_run_group_tests_name("hub resolve", tests, NULL, NULL);
}
