/* base/timer: dates as the Hub writes them. */
#include "base/timer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

#define NS INT64_C(1000000000)

static void dates_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0}, {"2026-09-01T10:00:00Z", 1788256800 * NS},
        {"2026-09-01T10:00:00.123Z", 1788256800 * NS + 123000000},
        {"2026-09-01T10:00:00.000Z", 1788256800 * NS},
        {"2026-09-01T10:00:00.123456789Z", 1788256800 * NS + 123456789},
        {"2026-09-01T10:00:00.1234567899Z", 1788256800 * NS + 123456789},
        {"2026-09-01T12:00:00+02:00", 1788256800 * NS},
        {"2024-12-31T23:30:00-05:30", 1735707600 * NS},
        {"2026-09-01t10:00:00z", 1788256800 * NS},
        {"2026-09-01 10:00:00Z", 1788256800 * NS},
        {"2000-02-29T23:59:59Z", 951868799 * NS},
        {"2250-12-31T23:59:59Z", 8867491199 * NS},
        {"2016-12-31T23:59:60Z", 1483228800 * NS}, /* a leap second */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ns = -1;

        assert_int_equal(time_parse_rfc3339(cases[i].text, &ns), 0);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "yesterday",
        "2026-09-01",
        "2026-09-01T10:00:00",
        "2026-09-01T10:00:00.Z",
        "2026-09-01T10:00Z",
        "2026-09-01T10:00:00Z ",
        " 2026-09-01T10:00:00Z",
        "2026-9-01T10:00:00Z",
        "2026-09-01TT10:00:00Z",
        "2026-09- 1T10:00:00Z",
        "2026-09-+1T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-00-01T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-04-31T10:00:00Z",
        "1900-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z",
        "2026-09-01T24:00:00Z",
        "2026-09-01T10:60:00Z",
        "2026-09-01T10:00:61Z",
        "2026-09-01T10:00:00+2:00",
        "2026-09-01T10:00:00+02:00x",
        "2026-09-01T10:00:00+24:00",
        "2026-09-01T10:00:00+00:60",
        "2026-09-01T10:00:00+-1:00",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ns = 77;

        if (time_parse_rfc3339(cases[i], &ns) != -EBADMSG)
            fail_msg("accepted: \"%s\"", cases[i]);
        assert_int_equal(ns, 77);
    }
}

static void dates_are_written(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1788256800 * NS + 123456789, "2026-09-01T10:00:00.123Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-NS, "1969-12-31T23:59:59.000Z"},
        {951868799 * NS, "2000-02-29T23:59:59.000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854Z"},
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        time_format_rfc3339(cases[i].ns, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void clocks_go_forward(void **state)
{
    uint64_t mono = clock_mono_ms();
    int64_t wall = clock_wall_ns();
    char text[32];
    int64_t back = 0;

    (void)state;
    assert_true(wall > 1700000000 * NS);
    assert_true(clock_mono_ms() >= mono);
    time_format_rfc3339(wall, text);
    assert_int_equal(time_parse_rfc3339(text, &back), 0);
    assert_int_equal(back, wall / 1000000 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(dates_are_written),
        cmocka_unit_test(clocks_go_forward),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
