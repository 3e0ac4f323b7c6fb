/* Reads of a file from a scripted Hub whose answers are not what was asked for:
 * no byte of them may reach a reader. */
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

/* ---- Bodies that are not what was asked */

static void longer_body_is_cut(void **state)
{
    struct file_stage *f = *state;
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

/* The rest of what was announced never comes: nobody waits for it. */
static void rest_is_not_waited_for(void **state)
{
    struct file_stage *f = *state;
    struct httpd_reply r = good(f);
    uint64_t begun = clock_mono_ms();

    r.ranges = false;
    r.limited = true;
    r.stall = true;
    r.after = 2000;
    always(f->s.http, GET_FILE, r);
    check_read(f, 1000, 1000);
    assert_true(clock_mono_ms() - begun < 15000);
}

static void longer_chunked_body_is_cut(void **state)
{
    struct file_stage *f = *state;
    struct httpd_reply r = {.status = 206,
        .range = "bytes 1000-1999/300000",
        .chunked = true,
        .headers = COMMIT,
        .body = f->bytes + 1000,
        .len = 5000};

    always(f->s.http, GET_FILE, r);
    check_read(f, 1000, 1000);
}

static void wrong_answers_are_not_believed(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct httpd_reply r = good(f);

    r.len = FILE_SIZE - 1;
    bad_then_good(f, &r, 0, FILE_SIZE);
    r.len = FILE_SIZE;
    r.length = "300001";
    bad_then_good(f, &r, 0, FILE_SIZE);
}

static void compressed_body_is_refused(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct httpd_reply r = good(f);

    r.range = "bytes 0-9/300000";
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 1000, 1000), -EIO);
    assert_int_equal(f->to.got.len, 0);
}

/* ---- Servers without ranges */

static void server_without_ranges_is_read_from_its_start(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct httpd_reply r = {.length = "100000000", .body = "x", .len = 1};

    f->file.size_bytes = 100000000;
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 17 << 20, 1000), -EIO);
    assert_int_equal(httpd_count(f->s.http, ""), 1);
    assert_int_equal(f->to.got.len, 0);
}

/* ---- Other versions */

static void stale_once(struct file_stage *f, const char *headers)
{
    struct httpd_reply bad = good(f);

    bad.headers = headers;
    bad_then_good(f, &bad, 10, 1000);
    assert_non_null(strstr(request(f, 1), "Cache-Control: no-cache\r\n"));
}

static void other_versions_are_not_read(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;
    struct httpd_reply r = good(f);

    r.len = 500;
    always(f->s.http, GET_FILE, r);
    assert_int_equal(read_part(f, 1000, 1000), -ESTALE);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}

static void right_or_foreign_etags_pass(void **state)
{
    struct file_stage *f = *state;
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
    struct file_stage *f = *state;

    f->file.hash_kind = HUB_HASH_GIT;
    memset(f->file.hash, 0xff, SHA1_SIZE);
    stale_once(f, "ETag: \"" SHA "\"\r\n");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, file_setup, file_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(longer_body_is_cut),
        TEST(longer_chunked_body_is_cut),
        cmocka_unit_test_setup_teardown(
            rest_is_not_waited_for, file_setup_private, file_teardown),
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
    };

    return cmocka_run_group_tests_name("hub answers", tests, NULL, NULL);
}
