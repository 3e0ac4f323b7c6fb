/* Reads of a file that a scripted Hub sends elsewhere for: signed URLs, and
 * what is believed of another server. */
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
#include "test/lib/httpd_file.h"

#define OTHER_SHA "ffffffffffffffffffffffffffffffffffffffff"

/* ---- Redirects */

static char *location(const struct httpd *h, const char *path)
{
    return xasprintf(COMMIT "X-Linked-Size: 300000\r\nLocation: %s%s\r\n",
        httpd_url(h), path);
}

static void target_is_remembered(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
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

static void foreign_hint_gets_no_token(void **state)
{
    struct file_stage *f = *state;
    char *out = location(f->s.cdn, "/out");
    char *back = location(f->s.http, "/back");

    always(f->s.http, GET_FILE,
        (struct httpd_reply){.status = 302, .headers = out});
    always(f->s.cdn, "GET /out",
        (struct httpd_reply){.status = 302, .headers = back});
    always(f->s.http, "GET /back", good(f));
    check_read(f, 0, 1000);
    check_read(f, 1000, 1000); /* the place is not remembered */
    assert_int_equal(httpd_count(f->s.http, GET_FILE), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(request(f, i), "Authorization: Bearer hf_1"));
        assert_null(
            strstr(httpd_request(f->s.http, "GET /back", i), "Authorization"));
    }
    free(out);
    free(back);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, file_setup, file_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(target_is_remembered),
        TEST(expired_target_is_asked_for_anew),
        TEST(refusing_target_is_an_error_in_the_end),
        TEST(absence_elsewhere_is_not_believed),
        TEST(commit_is_checked_on_the_way),
        TEST(etag_of_another_server_means_nothing),
        TEST(relative_redirect_stays_at_home),
        cmocka_unit_test_setup_teardown(
            foreign_hint_gets_no_token, file_setup_private, file_teardown),
    };

    return cmocka_run_group_tests_name("hub targets", tests, NULL, NULL);
}
