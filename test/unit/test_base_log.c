/* base/log: what a line looks like, and which lines there are. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/timer.h"

static char line[16384]; /* what the last call wrote */

/* What has been written since the last time. */
static const char *written(void **state)
{
    int fd = *(int *)*state;
    ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

    line[n > 0 ? n : 0] = '\0';
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return line;
}

/* The part after "2026-09-01T10:00:00.123Z ". */
static const char *after_stamp(const char *text)
{
    char stamp[32] = {0};
    int64_t ns;

    assert_true(strlen(text) > 25);
    memcpy(stamp, text, 24);
    assert_int_equal(time_parse_rfc3339(stamp, &ns), 0);
    assert_true(clock_wall_ns() - ns < INT64_C(60000000000));
    assert_int_equal(text[24], ' ');
    return text + 25;
}

static void levels_are_shown_from_the_chosen_one_up(void **state)
{
    log_error("a: b %s: %d", "c", 4);
    assert_string_equal(after_stamp(written(state)), "error a: b c: 4\n");
    log_warn("w: x");
    assert_string_equal(after_stamp(written(state)), "warn  w: x\n");
    log_info("i: x");
    assert_string_equal(after_stamp(written(state)), "info  i: x\n");
    log_debug("d: x");
    assert_string_equal(written(state), "");

    log_level_set(LOG_ERROR);
    log_warn("w: x");
    assert_string_equal(written(state), "");
    log_error("e: x");
    assert_string_equal(after_stamp(written(state)), "error e: x\n");

    log_level_set(LOG_DEBUG);
    assert_true(log_debugging);
    log_debug("d: x");
    assert_string_equal(after_stamp(written(state)), "debug d: x\n");
    log_level_set(LOG_INFO);
    assert_false(log_debugging);
}

static void debugging_is_by_module(void **state)
{
    char many[600];

    assert_true(log_debug_modules("rpc,cache"));
    log_debug("cache: seen");
    assert_string_equal(after_stamp(written(state)), "debug cache: seen\n");
    log_debug("rpc: seen");
    assert_string_equal(after_stamp(written(state)), "debug rpc: seen\n");
    log_debug("hub: no");
    log_debug("cach: no");
    log_debug("no module");
    assert_string_equal(written(state), "");
    assert_true(log_debug_modules("all"));
    log_debug("hub: yes");
    assert_string_equal(after_stamp(written(state)), "debug hub: yes\n");

    memset(many, 'm', sizeof(many));
    many[sizeof(many) - 1] = '\0';
    assert_false(log_debug_modules(many));
    log_debug("mmm: no");
    assert_string_equal(written(state), "");
    assert_true(log_debug_modules(""));
}

static void a_name_cannot_forge_a_line(void **state)
{
    log_warn("x: open %s", "a\n2026-01-01 error: \x1b[31m");
    assert_string_equal(after_stamp(written(state)),
        "warn  x: open a?2026-01-01 error: ?[31m\n");
}

static void lines_are_bounded(void **state)
{
    char *name = malloc(20001);
    struct json *root = NULL;
    size_t n;

    memset(name, '"', 20000);
    name[20000] = '\0';
    log_warn("x: %s", name);
    n = strlen(written(state));
    assert_true(n > 3000 && n <= 4096);
    assert_int_equal(line[n - 1], '\n');
    log_json_set(true);
    log_warn("x: %s", name);
    n = strlen(written(state));
    assert_true(n > 3000 && n < sizeof(line) - 1);
    assert_int_equal(json_parse(line, n, &root), 0);
    json_free(root);
    log_json_set(false);
    free(name);
}

static void json_lines_are_json(void **state)
{
    struct json *root = NULL;
    const char *text;

    log_json_set(true);
    log_warn("x: open %s", "a\n\"\\\x01\xff\xc3\xa9");
    text = written(state);
    log_json_set(false);
    assert_int_equal(json_parse(text, strlen(text), &root), 0);
    assert_string_equal(json_str(root, "level"), "warn");
    assert_string_equal(
        json_str(root, "text"), "x: open a?\"\\?\xef\xbf\xbd\xc3\xa9");
    assert_non_null(json_str(root, "time"));
    assert_int_equal(json_count(root), 3);
    json_free(root);
}

/* A descriptor that takes nothing must not end the program. */
static void a_dead_log_is_survived(void **state)
{
    log_to(-1);
    log_error("x: nobody reads this");
    log_to(*(int *)*state);
    log_error("x: y");
    assert_string_equal(after_stamp(written(state)), "error x: y\n");
}

static int to_a_file(void **state)
{
    static int fd;
    FILE *f = tmpfile();

    if (f == NULL)
        return -1;
    fd = dup(fileno(f));
    fclose(f);
    *state = &fd;
    log_to(fd);
    return fd < 0;
}

static int close_it(void **state)
{
    log_to(STDERR_FILENO);
    return close(*(int *)*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_shown_from_the_chosen_one_up),
        cmocka_unit_test(debugging_is_by_module),
        cmocka_unit_test(a_name_cannot_forge_a_line),
        cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(json_lines_are_json),
        cmocka_unit_test(a_dead_log_is_survived),
    };

    return cmocka_run_group_tests(tests, to_a_file, close_it);
}
