/* Ranges and conditions of requests, against RFC 9110. */
#include "hub/local_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/mem.h"

#define TIME 1788256800 /* Tue, 01 Sep 2026 10:00:00 GMT */

static void ranges(void **state)
{
    static const struct {
        const char *header;
        uint64_t size;
        struct range wanted;
    } table[] = {
        {NULL, 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=0-3", 10, {RANGE_PART, 0, 3}},
        {"bytes=3-", 10, {RANGE_PART, 3, 9}},
        {"bytes=-4", 10, {RANGE_PART, 6, 9}},
        {"bytes=-40", 10, {RANGE_PART, 0, 9}},
        {"bytes=9-9", 10, {RANGE_PART, 9, 9}},
        {"bytes=5-50", 10, {RANGE_PART, 5, 9}},
        {"BYTES= 1-2 ", 10, {RANGE_PART, 1, 2}},
        {"bytes=5-99999999999999999999999", 10, {RANGE_PART, 5, 9}},
        {"bytes=10-", 10, {RANGE_NONE, 0, 0}},
        {"bytes=10-20", 10, {RANGE_NONE, 0, 0}},
        {"bytes=99999999999999999999999-", 10, {RANGE_NONE, 0, 0}},
        {"bytes=-0", 10, {RANGE_NONE, 0, 0}},
        {"bytes=0-0", 0, {RANGE_NONE, 0, 0}},
        {"bytes=0-", 0, {RANGE_NONE, 0, 0}},
        {"bytes=-5", 0, {RANGE_WHOLE, 0, 0}},
        {"bytes=4-3", 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=a-b", 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=-", 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=1", 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=", 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=0-1,3-4", 10, {RANGE_WHOLE, 0, 0}},
        {"bytes=-1,2-3", 10, {RANGE_WHOLE, 0, 0}},
        {"items=0-1", 10, {RANGE_WHOLE, 0, 0}},
        {"", 10, {RANGE_WHOLE, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct range r = range_parse(table[i].header, table[i].size);
        const struct range *w = &table[i].wanted;

        if (r.kind != w->kind ||
            (r.kind == RANGE_PART &&
                (r.first != w->first || r.last != w->last)))
            fail_msg("'%s' of %llu gave %d %llu-%llu", table[i].header,
                (unsigned long long)table[i].size, r.kind,
                (unsigned long long)r.first, (unsigned long long)r.last);
    }
}

static void conditions(void **state)
{
    static const char now[] = "Tue, 01 Sep 2026 10:00:00 GMT";
    static const char before[] = "Tue, 01 Sep 2026 09:59:59 GMT";
    static const struct {
        struct condition c;
        enum verdict wanted;
    } table[] = {
        {{0}, VERDICT_SEND},
        {{.if_none_match = "\"abc\""}, VERDICT_UNCHANGED},
        {{.if_none_match = "W/\"abc\""}, VERDICT_UNCHANGED},
        {{.if_none_match = "\"x\", \"abc\" , \"y\""}, VERDICT_UNCHANGED},
        {{.if_none_match = "*"}, VERDICT_UNCHANGED},
        {{.if_none_match = "\"ab\""}, VERDICT_SEND},
        {{.if_none_match = "abc"}, VERDICT_SEND},
        {{.if_none_match = "\"abc"}, VERDICT_SEND},
        {{.if_none_match = ""}, VERDICT_SEND},
        {{.if_match = "\"abc\""}, VERDICT_SEND},
        {{.if_match = "*"}, VERDICT_SEND},
        {{.if_match = "W/\"abc\""}, VERDICT_REFUSED},
        {{.if_match = "\"other\""}, VERDICT_REFUSED},
        {{.if_match = "\"abc\"", .if_none_match = "\"abc\""},
            VERDICT_UNCHANGED},
        {{.if_modified_since = now}, VERDICT_UNCHANGED},
        {{.if_modified_since = before}, VERDICT_SEND},
        {{.if_modified_since = "yesterday"}, VERDICT_SEND},
        {{.if_none_match = "\"x\"", .if_modified_since = now}, VERDICT_SEND},
        {{.if_unmodified_since = now}, VERDICT_SEND},
        {{.if_unmodified_since = before}, VERDICT_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct condition c = table[i].c;

        c.etag = "\"abc\"";
        c.mtime_s = TIME;
        if (condition_check(&c) != table[i].wanted)
            fail_msg("row %zu gave %d", i, condition_check(&c));
    }
}

static void if_range_takes_strong_tags_and_exact_dates(void **state)
{
    static const struct {
        const char *value;
        bool wanted;
    } table[] = {
        {NULL, true},
        {"\"abc\"", true},
        {"W/\"abc\"", false},
        {"\"x\"", false},
        {"Tue, 01 Sep 2026 10:00:00 GMT", true},
        {"Tue, 01 Sep 2026 10:00:01 GMT", false},
        {"soon", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct condition c = {
            .etag = "\"abc\"", .mtime_s = TIME, .if_range = table[i].value};

        if (condition_range(&c) != table[i].wanted)
            fail_msg("%s", table[i].value);
    }
}

static void dates(void **state)
{
    char text[HTTP_DATE_MAX];

    (void)state;
    http_date(TIME, text);
    assert_string_equal(text, "Tue, 01 Sep 2026 10:00:00 GMT");
    http_date(0, text);
    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(conditions),
        cmocka_unit_test(if_range_takes_strong_tags_and_exact_dates),
        cmocka_unit_test(dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
