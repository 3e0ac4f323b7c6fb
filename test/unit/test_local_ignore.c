/* .gitignore, as gitignore(5) has it. */
#include "hub/local_ignore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"

static const char rules[] = "# a comment\n"
                            "\n"
                            "*.log\r\n"
                            "!keep.log\n"
                            "/top.txt\n"
                            "build/\n"
                            "docs/*.tmp\n"
                            "**/cache/*.bin\n"
                            "all/**\n"
                            "trailing   \n"
                            "\\#hash\n"
                            "\\!bang\n"
                            "/\n";

static void rules_match_as_gits_do(void **state)
{
    static const struct {
        const char *path;
        bool wanted;
    } table[] = {
        {"x.log", true},
        {"a/b/x.log", true},
        {"keep.log", false},
        {"a/keep.log", false},
        {"x.log.txt", false},
        {"top.txt", true},
        {"a/top.txt", false},
        {"build", false},
        {"build/x", true},
        {"a/build/b/x", true},
        {"docs/a.tmp", true},
        {"docs/sub/a.tmp", false},
        {"a/docs/a.tmp", false},
        {"cache/w.bin", true},
        {"a/b/cache/w.bin", true},
        {"cache/b/w.bin", false},
        {"all/x", true},
        {"all/y/z", true},
        {"trailing", true},
        {"#hash", true},
        {"!bang", true},
        {"other", false},
        {"# a comment", false},
        /* what is in a folder that is left out cannot come back */
        {"build/keep.log", true},
    };
    struct ignore *g = ignore_parse(rules, strlen(rules));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (ignore_has(g, table[i].path) != table[i].wanted)
            fail_msg("%s", table[i].path);
    }
    ignore_free(g);
}

static void no_rules_leave_out_nothing(void **state)
{
    struct ignore *g = ignore_parse("", 0);

    (void)state;
    assert_false(ignore_has(g, "a"));
    ignore_free(g);
    ignore_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_match_as_gits_do),
        cmocka_unit_test(no_rules_leave_out_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
