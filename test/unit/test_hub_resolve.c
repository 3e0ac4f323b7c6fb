/* Reads of a file from a scripted Hub that fails on the way: what is asked, how
 * a transfer goes on, how it ends. */
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
#include "test/lib/httpd_file.h"

/* ---- What is asked */

static void whole_file_is_asked_without_a_range(void **state)
{
    struct file_stage *f = *state;

    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, FILE_SIZE);
    assert_null(strstr(request(f, 0), "Range:"));
    assert_non_null(strstr(request(f, 0), "Accept-Encoding: identity\r\n"));
    assert_non_null(
        strstr(request(f, 0), "User-Agent: hffs/test; fs/none\r\n"));
}

static void part_is_asked_as_a_range(void **state)
{
    struct file_stage *f = *state;

    always(f->s.http, GET_FILE, good(f));
    check_read(f, 100, 1000);
    assert_non_null(strstr(request(f, 0), "Range: bytes=100-1099\r\n"));
    check_read(f, FILE_SIZE - 1, 1);
    check_read(f, 0, FILE_SIZE - 1);
}

static void nothing_asks_nothing(void **state)
{
    struct file_stage *f = *state;

    check_read(f, 0, 0);
    check_read(f, FILE_SIZE, 0);
    f->file.size_bytes = 0;
    check_read(f, 0, 0);
    assert_int_equal(httpd_count(f->s.http, ""), 0);
}

static void range_outside_is_refused(void **state)
{
    struct file_stage *f = *state;

    assert_int_equal(read_part(f, FILE_SIZE, 1), -EINVAL);
    assert_int_equal(read_part(f, 1, UINT64_MAX), -EINVAL);
    assert_int_equal(read_part(f, FILE_SIZE + 1, 0), -EINVAL);
    assert_int_equal(httpd_count(f->s.http, ""), 0);
}

static void odd_names_are_escaped(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;

    always(f->s.http, GET_FILE, good(f));
    for (size_t i = 0; i < 20; i++)
        check_read(f, i * 1000, 1000);
    assert_int_equal(httpd_connections(f->s.http), 1);
}

/* ---- Transfers that break */

static void cut_transfer_goes_on_where_it_broke(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct httpd_reply cut = good(f);

    cut.limited = true;
    cut.after = 65536;
    always(f->s.http, GET_FILE, cut);
    check_read(f, 10, FILE_SIZE - 10);
    assert_int_equal(hub_stats(f->s.hub).retries, 0);
}

static void stalled_transfer_goes_on_elsewhere(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    const struct httpd_reply mute = {.mute = true};

    httpd_on(f->s.http, GET_FILE, &mute);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void dripping_is_a_stall(void **state)
{
    struct file_stage *f = *state;
    struct httpd_reply drip = good(f);

    drip.drip_ms = 20;
    httpd_on(f->s.http, GET_FILE, &drip);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, FILE_SIZE);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void dropped_connection_is_tried_again(void **state)
{
    struct file_stage *f = *state;
    const struct httpd_reply drop = {.drop = true, .times = 3};

    httpd_on(f->s.http, GET_FILE, &drop);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
}

static void no_http_is_tried_again(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct buf lines = {0};
    struct httpd_reply r = good(f);

    while (lines.len < 280000)
        buf_addf(&lines, "X-Filler-%zu: %0900d\r\n", lines.len, 0);
    r.headers = buf_str(&lines);
    httpd_on(f->s.http, GET_FILE, &r);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
    buf_free(&lines);
}

/* One line that curl has no room for. */
static void endless_header_line_ends(void **state)
{
    struct file_stage *f = *state;
    struct httpd_reply r = good(f);
    char *line = xasprintf("X-Filler: %0200000d\r\n", 0);

    r.headers = line;
    httpd_on(f->s.http, GET_FILE, &r);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, 0, 1000);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
    free(line);
}

/* ---- Refusals */

static void read_fails_with(struct file_stage *f, const struct httpd_reply *r,
    int err, const char *text)
{
    httpd_clear(f->s.http);
    always(f->s.http, GET_FILE, *r);
    assert_int_equal(read_part(f, 0, 1000), err);
    assert_int_equal(f->to.got.len, 0);
    assert_non_null(strstr(hub_last_error(f->s.hub), text));
}

static void refusals_are_final(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    static const int sick[] = {500, 502, 503, 504, 408, 429, 404};

    for (size_t i = 0; i < ARRAY_LEN(sick); i++) {
        const struct httpd_reply r = {
            .status = sick[i], .body = "<html>", .len = 6};

        bad_then_good(f, &r, 0, 1000);
    }
}

static void sick_for_ever_is_an_error(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;

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
    struct file_stage *f;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct collector to[MANY];
    struct waiting w;
    const struct httpd_reply limit = {
        .status = 429, .headers = "Retry-After: 1\r\n", .times = 2};

    httpd_on(f->s.http, GET_FILE, &limit);
    always(f->s.http, GET_FILE, good(f));
    waiting_begin(&w);
    for (size_t i = 0; i < MANY; i++) {
        collector_init(&to[i]);
        hub_file_read(&f->file, i * 1000, 2000, &to[i].sink, &w.op);
    }
    assert_int_equal(waiting_end(&w, &f->s.loop), 0);
    /* Those that are on their way when it says so go on; others wait. */
    assert_true(httpd_count_within(f->s.http, 900) < MANY / 2);
    assert_int_equal(httpd_count(f->s.http, ""), MANY + 2);
    for (size_t i = 0; i < MANY; i++)
        buf_free(&to[i].got);
}

static void quitting_ends_all(void **state)
{
    struct file_stage *f = *state;
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

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, file_setup, file_teardown)

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
        TEST(endless_header_line_ends),
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
