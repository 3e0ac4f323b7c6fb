/* Texts from outside: header fields, URLs, and what a body's headers say about
 * it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/http_field.h"
#include "hub/resolve_check.h"
#include "hub/url.h"

static void numbers(void **state)
{
    uint64_t v = 7;

    (void)state;
    assert_true(field_u64("0", &v));
    assert_int_equal(v, 0);
    assert_true(field_u64(" 18446744073709551615 ", &v));
    assert_int_equal(v, UINT64_MAX);
    v = 7;
    assert_false(field_u64("18446744073709551616", &v));
    assert_false(field_u64("", &v));
    assert_false(field_u64("-1", &v));
    assert_false(field_u64("1 2", &v));
    assert_false(field_u64("0x10", &v));
    assert_int_equal(v, 7);
}

static void content_ranges(void **state)
{
    static const char *const bad[] = {"", "bytes", "bytes 0-9", "bytes 0-9/*",
        "bytes */10", "bytes 9-0/10", "bytes 0-10/10", "bytes 0-9/10 x",
        "bytes=-0-9/10", "octets 0-9/10", "bytes -9/10",
        "bytes 0-18446744073709551616/18446744073709551617",
        "bytes 0-9/10, bytes 0-9/10"};
    struct field_range r;
    uint64_t total;

    (void)state;
    assert_true(field_content_range("bytes 5-9/10", &r));
    assert_int_equal(r.first, 5);
    assert_int_equal(r.last, 9);
    assert_int_equal(r.total, 10);
    assert_true(field_content_range(" Bytes  0-0/1 ", &r));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(field_content_range(bad[i], &r));
    assert_true(field_range_total("bytes */10", &total));
    assert_int_equal(total, 10);
    assert_false(field_range_total("bytes */x", &total));
    assert_false(field_range_total("bytes 0-1/10", &total));
}

static void etags(void **state)
{
    char tag[8];

    (void)state;
    assert_true(field_etag("\"abc\"", tag, sizeof(tag)));
    assert_string_equal(tag, "abc");
    assert_true(field_etag("W/\"abc\"", tag, sizeof(tag)));
    assert_string_equal(tag, "abc");
    assert_true(field_etag("abc", tag, sizeof(tag)));
    assert_string_equal(tag, "abc");
    assert_true(field_etag("\"1234567\"", tag, sizeof(tag)));
    assert_false(field_etag("\"12345678\"", tag, sizeof(tag)));
    assert_false(field_etag("\"\"", tag, sizeof(tag)));
    assert_false(field_etag("", tag, sizeof(tag)));
    assert_true(field_etag("\"", tag, sizeof(tag)));
}

static void retry_after(void **state)
{
    const int64_t now = (int64_t)784111777 * 1000000000; /* RFC 9110's date */
    uint64_t ms = 1;

    (void)state;
    assert_true(field_retry_after("120", now, &ms));
    assert_int_equal(ms, 120000);
    assert_true(field_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now, &ms));
    assert_int_equal(ms, 60000);
    assert_true(field_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now, &ms));
    assert_int_equal(ms, 0);
    assert_true(field_retry_after("99999999999999999", now, &ms));
    assert_true(ms < UINT64_MAX / 2);
    assert_false(field_retry_after("soon", now, &ms));
    assert_false(field_retry_after("-5", now, &ms));
}

static void rate_limits(void **state)
{
    uint64_t ms = 1;

    (void)state;
    assert_true(field_rate_limit("\"api\";r=0;t=87", &ms));
    assert_int_equal(ms, 87000);
    assert_true(field_rate_limit("\"a\" ; r=0 ; t=3, \"b\";t=9;r=0", &ms));
    assert_int_equal(ms, 9000);
    assert_true(field_rate_limit("\"a\";r=0;t=3, \"b\";r=5;t=9", &ms));
    assert_int_equal(ms, 3000);
    assert_false(field_rate_limit("\"api\";r=12;t=87", &ms));
    assert_false(field_rate_limit("\"api\";r=0", &ms));
    assert_false(field_rate_limit("\"api\";t=87", &ms));
    assert_false(field_rate_limit("\"api\";r=0;t=", &ms));
    assert_false(field_rate_limit("", &ms));
    assert_false(field_rate_limit(";;,,=;", &ms));
}

static void check_next(const char *link, const char *wanted)
{
    char *url = field_link_next(link);

    if (wanted == NULL)
        assert_null(url);
    else
        assert_string_equal(url, wanted);
    free(url);
}

static void links(void **state)
{
    (void)state;
    check_next("<http://h/x?cursor=a>; rel=\"next\"", "http://h/x?cursor=a");
    check_next("<http://h/x>;rel=next", "http://h/x");
    check_next("<a>; rel=prev, <b>; rel=\"last next\"; x=\"1,2\"", "b");
    check_next("<a>; title=\"a, rel=next\"; rel=prev, <b>;rel=next", "b");
    check_next("<a,b>; REL=\"Next\"", "a,b");
    check_next("<a>; rel=\"nextish\"", NULL);
    check_next("<a>; norel=\"next\"", NULL);
    check_next("<a>", NULL);
    check_next("<a; rel=next", NULL);
    check_next("", NULL);
    check_next("<a>; rel=\"", NULL);
    check_next("<>; rel=next", "");
}

static void escaping(void **state)
{
    struct buf b = {0};

    (void)state;
    url_add_path(&b, "a/b c#?%+&\xff");
    assert_string_equal(buf_str(&b), "a/b%20c%23%3F%25%2B%26%FF");
    buf_clear(&b);
    url_add_segment(&b, "refs/pr/1", 9);
    assert_string_equal(buf_str(&b), "refs%2Fpr%2F1");
    buf_free(&b);
}

static bool same_origin(const char *a, const char *b)
{
    char *x = url_origin(a);
    char *y = url_origin(b);
    bool same = x != NULL && y != NULL && strcmp(x, y) == 0;

    free(x);
    free(y);
    return same;
}

static void origins(void **state)
{
    (void)state;
    assert_true(same_origin("https://h/a", "HTTPS://H:443/b?c"));
    assert_true(same_origin("http://h:80", "http://h/"));
    assert_true(same_origin("http://[::1]:8/", "http://[::1]:8/x"));
    assert_false(same_origin("https://h/", "http://h/"));
    assert_false(same_origin("https://h/", "https://h:444/"));
    assert_false(same_origin("https://h/", "https://h.evil/"));
    assert_null(url_origin("ftp://h/"));
    assert_null(url_origin("file:///etc/passwd"));
    assert_null(url_origin("https://user@h/"));
    assert_null(url_origin("https://h@evil/"));
    assert_null(url_origin("huggingface.co"));
    assert_null(url_origin("https://"));
    assert_null(url_origin(""));
}

static void check_resolved(
    const char *base, const char *location, const char *wanted)
{
    char *url = url_resolve(base, location);

    if (wanted == NULL)
        assert_null(url);
    else
        assert_string_equal(url, wanted);
    free(url);
}

static void redirect_targets(void **state)
{
    const char *base = "https://h:8/a/b?q=1";

    (void)state;
    check_resolved(base, "/c?d#e", "https://h:8/c?d");
    check_resolved(base, "c", "https://h:8/a/c");
    check_resolved(base, "?x=%22a%22", "https://h:8/a/b?x=%22a%22");
    check_resolved(base, "//other/c", "https://other/c");
    check_resolved(
        base, "http://o/c%2Fd?s=a%2Fb+c", "http://o/c%2Fd?s=a%2Fb+c");
    check_resolved(base, "/with space", "https://h:8/with%20space");
    check_resolved(base, "file:///etc/passwd", NULL);
    check_resolved(base, "javascript:alert(1)", NULL);
    check_resolved(base, "https://u:p@o/", NULL);
}

static void check_query(const char *url, const char *wanted)
{
    char *value = url_query_raw(url, "cursor");

    if (wanted == NULL)
        assert_null(value);
    else
        assert_string_equal(value, wanted);
    free(value);
}

static void query_values(void **state)
{
    (void)state;
    check_query("http://h/?cursor=a%3D+b", "a%3D+b");
    check_query("http://h/?x=1&cursor=abc&y=2", "abc");
    check_query("http://h/cursor=1?xcursor=2&cursors=3", NULL);
    check_query("http://h/?x#cursor=1", NULL);
    check_query("http://h/?cursor=", NULL);
    check_query("http://h/?cursor=a b", NULL);
    check_query("http://h/?cursor=a\r\nHost:x", NULL);
    check_query("http://h/", NULL);
}

static const uint8_t hash[32] = {0xab, 0xcd};

static int check(const struct resolve_want *want, struct resolve_head head)
{
    struct resolve_body body;
    const char *why = NULL;
    int err = resolve_check(want, &head, &body, &why);

    assert_true((err != 0) == (why != NULL));
    return err;
}

static void heads(void **state)
{
    const struct resolve_want part = {.commit = "c",
        .hash_kind = HUB_HASH_SHA256,
        .hash = hash,
        .size_bytes = 100,
        .ranged = true,
        .first = 10,
        .last = 19};
    struct resolve_head head = {
        .status = 206, .own = true, .content_range = "bytes 10-19/100"};

    (void)state;
    assert_int_equal(check(&part, head), 0);
    head.content_range = "bytes 10-15/100"; /* fewer are fine */
    assert_int_equal(check(&part, head), 0);
    head.content_encoding = "identity";
    assert_int_equal(check(&part, head), 0);
    head.content_encoding = "br";
    assert_int_equal(check(&part, head), -EBADMSG);
    head = (struct resolve_head){
        .status = 302, .redirect = true, .own = true, .repo_commit = "other"};
    assert_int_equal(check(&part, head), -ESTALE);
    head.repo_commit = "C";
    assert_int_equal(check(&part, head), 0);
    head.linked_size = "99";
    assert_int_equal(check(&part, head), -ESTALE);
    head.own = false;
    assert_int_equal(check(&part, head), 0);
    head = (struct resolve_head){.status = 503, .repo_commit = "other"};
    assert_int_equal(check(&part, head), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(content_ranges),
        cmocka_unit_test(etags),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(rate_limits),
        cmocka_unit_test(links),
        cmocka_unit_test(escaping),
        cmocka_unit_test(origins),
        cmocka_unit_test(redirect_targets),
        cmocka_unit_test(query_values),
        cmocka_unit_test(heads),
    };

    return cmocka_run_group_tests_name("hub fields", tests, NULL, NULL);
}
