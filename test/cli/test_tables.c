/* The option tables of all commands: each entry makes sense by itself, and
 * fits the field that it names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/invocation.h"

static const enum opt_field right_field[] = {
    [OPT_FLAG] = OPT_BOOL_FIELD,
    [OPT_STR] = OPT_TEXT_FIELD,
    [OPT_PATH] = OPT_TEXT_FIELD,
    [OPT_LIST] = OPT_LIST_FIELD,
    [OPT_U64] = OPT_U64_FIELD,
    [OPT_SIZE] = OPT_U64_FIELD,
    [OPT_MS] = OPT_U64_FIELD,
    [OPT_PORT] = OPT_U16_FIELD,
};

/* Calls fn for every option of every command. */
static void each_option(
    void (*fn)(const struct command *cmd, size_t i, const struct opt *o))
{
    const struct opt *o;

    for (size_t c = 0; commands[c] != NULL; c++) {
        for (size_t i = 0; (o = option_at(commands[c], i)) != NULL; i++)
            fn(commands[c], i, o);
    }
}

static void check_field(
    const struct command *cmd, size_t i, const struct opt *o)
{
    (void)i;
    if (o->ignored != NULL || o->refused != NULL) {
        assert_int_equal(o->field, OPT_NO_FIELD);
        return;
    }
    assert_int_equal(o->field, right_field[o->type]);
    assert_true(o->at < cmd->values_size);
}

static void fields_fit(void **state)
{
    (void)state;
    each_option(check_field);
}

static void check_words(
    const struct command *cmd, size_t i, const struct opt *o)
{
    size_t len = strlen(o->help);

    (void)cmd;
    (void)i;
    assert_true(strlen(o->name) <= OPT_NAME_MAX);
    assert_int_equal(strspn(o->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
        strlen(o->name));
    assert_true(len > 0 && o->help[len - 1] != '.');
    assert_int_equal(o->arg != NULL, o->type != OPT_FLAG);
    if (o->choices != NULL)
        assert_int_equal(o->type, OPT_STR);
}

static void words_are_there(void **state)
{
    (void)state;
    each_option(check_words);
}

static void check_unique(
    const struct command *cmd, size_t i, const struct opt *o)
{
    for (size_t j = 0; j < i; j++) {
        const struct opt *other = option_at(cmd, j);

        assert_string_not_equal(other->name, o->name);
        assert_true(o->letter == '\0' || o->letter != other->letter);
    }
    assert_string_not_equal(o->name, "help");
    assert_int_not_equal(o->letter, 'h');
}

static void names_are_unique(void **state)
{
    (void)state;
    each_option(check_unique);
}

/* Defaults are what may be typed: nobody's first start should fail. */
static void defaults_are_good(void **state)
{
    char name[] = "hffs";
    char word[] = "word";

    (void)state;
    for (size_t c = 0; commands[c] != NULL; c++) {
        char *argv[] = {name, word, word, word, NULL};
        int argc = 1 + (int)commands[c]->words_min;
        struct invocation in;

        assert_int_equal(options_parse(commands[c], argc, argv, &in), 0);
        invocation_fini(&in);
    }
}

/* A name that is the beginning of another's words would hide it. */
static void commands_are_found(void **state)
{
    (void)state;
    for (size_t c = 0; commands[c] != NULL; c++) {
        char text[64];
        char *argv[4];
        char *at = text;
        int argc = 0;
        int used = 0;

        snprintf(text, sizeof(text), "%s", commands[c]->name);
        while ((argv[argc] = strsep(&at, " ")) != NULL)
            argc++;
        assert_ptr_equal(command_find(argc, argv, &used), commands[c]);
        assert_int_equal(used, argc);
    }
}

static void other_words_are_no_commands(void **state)
{
    char hub[] = "hub";
    char serv[] = "serv";
    char empty[] = "";
    char *one[] = {hub};
    char *two[] = {hub, serv};
    char *none[] = {empty};
    int used;

    (void)state;
    assert_null(command_find(1, one, &used));
    assert_null(command_find(2, two, &used));
    assert_null(command_find(1, none, &used));
    assert_null(command_find(0, none, &used));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_fit),
        cmocka_unit_test(words_are_there),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(defaults_are_good),
        cmocka_unit_test(commands_are_found),
        cmocka_unit_test(other_words_are_no_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
