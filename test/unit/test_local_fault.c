/* The language of faults, and rules that come to their end. */
#include "hub/local_fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "hub/local_fault_spec.h"

static struct fault_rule *parse(const char *spec)
{
    struct fault_rule *rule = NULL;
    struct buf why = {0};

    if (fault_parse(spec, &rule, &why) != 0)
        fail_msg("%s: %s", spec, buf_str(&why));
    buf_free(&why);
    return rule;
}

static void every_effect_is_understood(void **state)
{
    static const struct {
        const char *text;
        enum fault_effect effect;
        uint64_t number;
        const char *argument;
    } table[] = {
        {"503", FAULT_STATUS, 503, NULL},
        {"429 retry-after=1", FAULT_STATUS, 429, "1"},
        {"delay 30ms", FAULT_DELAY, 30, NULL},
        {"2s delay", FAULT_DELAY, 2000, NULL},
        {"cut after 1000", FAULT_CUT, 1000, NULL},
        {"stall after 5K", FAULT_STALL, 5120, NULL},
        {"corrupt at 4096", FAULT_CORRUPT, 4096, NULL},
        {"truncate", FAULT_TRUNCATE, FAULT_HALF, NULL},
        {"truncate 7", FAULT_TRUNCATE, 7, NULL},
        {"longer 10", FAULT_LONGER, 10, NULL},
        {"redirect http://a/b c", FAULT_REDIRECT, 0, "http://a/b c"},
        {"etag \"x\"", FAULT_ETAG, 0, "\"x\""},
        {"header X-Y=a = b", FAULT_HEADER, 0, "X-Y=a = b"},
        {"drop", FAULT_DROP, 0, NULL},
        {"slow 100KB/s", FAULT_SLOW, 100000, NULL},
        {"pass", FAULT_PASS, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char *spec = xasprintf("* /x: %s", table[i].text);
        struct fault_rule *rule = parse(spec);
        const struct fault_action *a = &rule->action[0];

        assert_int_equal(rule->n_actions, 1);
        assert_int_equal(a->effect, table[i].effect);
        assert_int_equal(a->number, table[i].number);
        if (table[i].argument != NULL)
            assert_string_equal(a->text, table[i].argument);
        else
            assert_null(a->text);
        fault_rule_free(rule);
        free(spec);
    }
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *spec;
        const char *part; /* of the reason */
    } table[] = {
        {"", "PATTERN: ACTIONS"},
        {"GET /x", "PATTERN: ACTIONS"},
        {"GET: 503", "METHOD /path"},
        {"GET x: 503", "METHOD /path"},
        {"GET /x /y: 503", "METHOD /path"},
        {"GET /x: ", "expected an action"},
        {"GET /x: explode", "'explode'"},
        {"GET /x: 99", "200 to 599"},
        {"GET /x: 503 later", "retry-after"},
        {"GET /x: 503, 404", "none of the actions"},
        {"GET /x: 3x", "expected an action"},
        {"GET /x: 0x 503", "from 1"},
        {"GET /x: for ever 503", "after 'for'"},
        {"GET /x: delay", "after 'delay'"},
        {"GET /x: delay 3 hours", "after 'delay'"},
        {"GET /x: cut 100", "'after'"},
        {"GET /x: corrupt after 1", "'at'"},
        {"GET /x: slow 100KB", "100KB/s"},
        {"GET /x: slow 0/s", "100KB/s"},
        {"GET /x: drop it", "too much"},
        {"GET /x: header X", "NAME=VALUE"},
        {"GET /x: header X Y=1", "letters"},
        {"GET /x: redirect", "a URL"},
        {"GET /x: longer 99999999999999999999", "number of bytes"},
        {"GET /x: 503, then ", "expected an action"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct fault_rule *rule;
        struct buf why = {0};

        if (fault_parse(table[i].spec, &rule, &why) != -EINVAL)
            fail_msg("'%s' was taken", table[i].spec);
        if (strstr(buf_str(&why), table[i].part) == NULL)
            fail_msg("'%s' gave '%s'", table[i].spec, buf_str(&why));
        buf_free(&why);
    }
}

static void globs(void **state)
{
    (void)state;
    assert_true(fault_glob("/a/*", "/a/b/c"));
    assert_true(fault_glob("*", ""));
    assert_true(fault_glob("*/resolve/*.bin", "/n/m/resolve/main/d/w.bin"));
    assert_true(fault_glob("/a*b*c", "/a-b-b-c"));
    assert_false(fault_glob("/a*b*c", "/a-b-b-d"));
    assert_false(fault_glob("/a", "/a/"));
    assert_false(fault_glob("/a/*", "/a"));
    assert_true(fault_glob("/a?[b]", "/a?[b]"));
    assert_false(fault_glob("****a", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"));
}

static unsigned status_of(
    struct faults *f, const char *method, const char *path)
{
    struct fault fault;
    unsigned status;

    faults_meet(f, method, path, &fault);
    status = fault.status;
    fault_fini(&fault);
    return status;
}

static void actions_follow_each_other(void **state)
{
    struct faults *f = faults_new();
    struct buf why = {0};
    struct fault fault;

    (void)state;
    assert_int_equal(
        faults_add(f, "GET /a*: 2x 503, then 1x pass, then 404", &why), 0);
    assert_int_equal(status_of(f, "POST", "/a"), 0);
    assert_int_equal(status_of(f, "GET", "/b"), 0);
    assert_int_equal(status_of(f, "GET", "/a"), 503);
    assert_int_equal(status_of(f, "get", "/ab"), 503);
    assert_int_equal(status_of(f, "GET", "/a"), 0);
    assert_int_equal(status_of(f, "GET", "/a"), 404);
    assert_int_equal(status_of(f, "GET", "/a"), 404);
    faults_clear(f);
    assert_int_equal(status_of(f, "GET", "/a"), 0);
    assert_int_equal(faults_add(f, "* *: 1x delay 5ms", &why), 0);
    faults_meet(f, "GET", "/", &fault);
    assert_int_equal(fault.delay_ms, 5);
    fault_fini(&fault);
    faults_meet(f, "GET", "/", &fault);
    assert_int_equal(fault.delay_ms, 0);
    assert_false(fault_in_body(&fault));
    fault_fini(&fault);
    faults_free(f);
    buf_free(&why);
}

static void rules_add_up_until_one_answers(void **state)
{
    struct faults *f = faults_new();
    struct buf why = {0};
    struct fault fault;
    struct buf text = {0};
    struct jsonw w = {.to = &text};

    (void)state;
    faults_add(f, "* *: delay 10ms", &why);
    faults_add(f, "* *: delay 20ms", &why);
    faults_add(f, "* *: cut after 7", &why);
    faults_add(f, "* *: 1x 500", &why);
    faults_add(f, "* *: header A=b", &why);
    faults_meet(f, "GET", "/", &fault);
    assert_int_equal(fault.delay_ms, 30);
    assert_int_equal(fault.cut_after, 7);
    assert_int_equal(fault.status, 500);
    assert_int_equal(fault.n_headers, 0);
    fault_fini(&fault);
    faults_meet(f, "GET", "/", &fault);
    assert_int_equal(fault.status, 0);
    assert_int_equal(fault.n_headers, 1);
    assert_true(fault_in_body(&fault));
    fault_fini(&fault);
    jsonw_array(&w, NULL);
    faults_list(f, &w);
    jsonw_array_end(&w);
    assert_non_null(
        strstr(buf_str(&text), "{\"spec\":\"* *: 1x 500\",\"met\":1,"));
    buf_free(&text);
    faults_free(f);
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_effect_is_understood),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(globs),
        cmocka_unit_test(actions_follow_each_other),
        cmocka_unit_test(rules_add_up_until_one_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
