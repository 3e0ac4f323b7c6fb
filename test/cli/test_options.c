/* The option tables and the parser over them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/invocation.h"

struct values {
    const char *text;
    const char *path;
    const char *level;
    const char *token;
    struct opt_list nets;
    uint64_t count;
    uint64_t size_bytes;
    uint64_t wait_ms;
    uint16_t port;
    bool verbose;
};

static const struct opt first[] = {
    {.name = "text",
        .type = OPT_STR,
        .arg = "T",
        .letter = 't',
        .env = "HFFS_TEST_TEXT",
        .help = "a text",
        OPT_INTO(values, text)},
    {.name = "path",
        .type = OPT_PATH,
        .arg = "P",
        .help = "a path",
        OPT_INTO(values, path)},
    {.name = "level",
        .type = OPT_STR,
        .arg = "L",
        .choices = "low|high",
        .initial = "low",
        .help = "a level",
        OPT_INTO(values, level)},
    {.name = "token",
        .type = OPT_STR,
        .arg = "T",
        .secret = true,
        .help = "a secret",
        OPT_INTO(values, token)},
    {.name = "net",
        .type = OPT_LIST,
        .arg = "N",
        .help = "a net",
        OPT_INTO(values, nets)},
    {.name = "verbose",
        .type = OPT_FLAG,
        .letter = 'v',
        .help = "say more",
        OPT_INTO(values, verbose)},
};

static const struct opt second[] = {
    {.name = "count",
        .type = OPT_U64,
        .arg = "N",
        .min = 1,
        .max = 100,
        .help = "a count",
        OPT_INTO(values, count)},
    {.name = "size",
        .type = OPT_SIZE,
        .arg = "S",
        .initial = "4K",
        .help = "a size",
        OPT_INTO(values, size_bytes)},
    {.name = "wait",
        .type = OPT_MS,
        .arg = "T",
        .initial = "2s",
        .env = "HFFS_TEST_WAIT",
        .help = "a wait",
        OPT_INTO(values, wait_ms)},
    {.name = "port",
        .type = OPT_PORT,
        .arg = "N",
        .initial = "0",
        .help = "a port",
        OPT_INTO(values, port)},
    {.name = "direct-io",
        .type = OPT_FLAG,
        .help = "nothing",
        .ignored = "has no meaning on NFS"},
    {.name = "overlay",
        .type = OPT_FLAG,
        .help = "nothing",
        .refused = "is not supported yet"},
    {.name = "internal",
        .type = OPT_FLAG,
        .hidden = true,
        .help = "hidden",
        .ignored = "-"},
};

static const struct opt_group group_first = OPT_GROUP("First", first);
static const struct opt_group group_second = OPT_GROUP("Second", second);
static const struct opt_group *const groups[] = {
    &group_first, &group_second, NULL};

static const struct command cmd = {
    .name = "test",
    .usage = "hffs test WORD [options]",
    .summary = "Tests",
    .groups = groups,
    .values_size = sizeof(struct values),
    .words_min = 1,
    .words_max = 2,
};

#define ARGC_MAX 16

/* A command line whose words are writable, as main's are. */
struct line {
    int argc;
    char *argv[ARGC_MAX + 1];
    struct invocation in;
    int err;
};

static struct line parse(const char *text)
{
    struct line l = {.argc = 1};
    char *copy = xstrdup(text);
    char *at = copy;
    char *word;

    l.argv[0] = xstrdup("hffs");
    while ((word = strsep(&at, " ")) != NULL && l.argc < ARGC_MAX)
        l.argv[l.argc++] = xstrdup(word);
    free(copy);
    l.err = options_parse(&cmd, l.argc, l.argv, &l.in);
    return l;
}

static void drop(struct line *l)
{
    invocation_fini(&l->in);
    for (int i = 0; i < l->argc; i++)
        free(l->argv[i]);
}

static void assert_error(const char *text, const char *why)
{
    struct line l = parse(text);

    assert_int_equal(l.err, -22);
    assert_string_equal(buf_str(&l.in.error), why);
    drop(&l);
}

static void defaults(void **state)
{
    struct line l = parse("one");
    const struct values *v = l.in.values;

    (void)state;
    assert_int_equal(l.err, 0);
    assert_null(v->text);
    assert_null(v->path);
    assert_string_equal(v->level, "low");
    assert_int_equal(v->nets.n, 0);
    assert_true(v->count == OPT_UNSET);
    assert_int_equal(v->size_bytes, 4096);
    assert_int_equal(v->wait_ms, 2000);
    assert_int_equal(v->port, 0);
    assert_false(v->verbose);
    assert_int_equal(l.in.n_words, 1);
    assert_string_equal(l.in.words[0], "one");
    drop(&l);
}

static void every_type(void **state)
{
    struct line l = parse("one -v --text=a --path /x two --net=a --net b "
                          "--count 7 --size=10GB --wait 5m --port=65535");
    const struct values *v = l.in.values;

    (void)state;
    assert_int_equal(l.err, 0);
    assert_true(v->verbose);
    assert_string_equal(v->text, "a");
    assert_string_equal(v->path, "/x");
    assert_int_equal(v->nets.n, 2);
    assert_string_equal(v->nets.v[0], "a");
    assert_string_equal(v->nets.v[1], "b");
    assert_int_equal(v->count, 7);
    assert_true(v->size_bytes == 10000000000ull);
    assert_int_equal(v->wait_ms, 300000);
    assert_int_equal(v->port, 65535);
    assert_int_equal(l.in.n_words, 2);
    assert_string_equal(l.in.words[1], "two");
    drop(&l);
}

static void later_wins_and_dashes_end(void **state)
{
    struct line l = parse("--text a -tb -- --text");
    const struct values *v = l.in.values;

    (void)state;
    assert_int_equal(l.err, 0);
    assert_string_equal(v->text, "b");
    assert_int_equal(l.in.n_words, 1);
    assert_string_equal(l.in.words[0], "--text");
    drop(&l);
}

static void relative_path(void **state)
{
    struct line l = parse("w --path sub/dir");
    const struct values *v = l.in.values;
    char *want = path_absolute("sub/dir");

    (void)state;
    assert_int_equal(want[0], '/');
    assert_string_equal(v->path, want);
    free(want);
    drop(&l);
}

static void environment(void **state)
{
    struct line l;

    (void)state;
    setenv("HFFS_TEST_TEXT", "from-env", 1);
    setenv("HFFS_TEST_WAIT", "", 1);
    l = parse("w");
    assert_string_equal(((struct values *)l.in.values)->text, "from-env");
    assert_int_equal(((struct values *)l.in.values)->wait_ms, 2000);
    drop(&l);
    l = parse("w --text typed");
    assert_string_equal(((struct values *)l.in.values)->text, "typed");
    drop(&l);
    setenv("HFFS_TEST_WAIT", "soon", 1);
    assert_error("w",
        "$HFFS_TEST_WAIT: 'soon' is not a time such as 500, "
        "500ms or 30s");
    l = parse("w --wait 1"); /* a broken variable harms only who uses it */
    assert_int_equal(l.err, 0);
    drop(&l);
    unsetenv("HFFS_TEST_TEXT");
    unsetenv("HFFS_TEST_WAIT");
}

static void errors(void **state)
{
    (void)state;
    assert_error("w --verbose=1", "--verbose takes no value");
    assert_error("w --txet x", "unknown option --txet; did you mean --text?");
    assert_error("w --zzzzzz", "unknown option --zzzzzz; --help lists them");
    assert_error("w -z", "unknown option -z; --help lists them");
    assert_error("w --text", "--text needs a value");
    assert_error("w -t", "-t needs a value");
    assert_error("w --count 0", "--count: 0 is out of range: 1 to 100");
    assert_error("w --count 101", "--count: 101 is out of range: 1 to 100");
    assert_error("w --count -1", "--count: '-1' is not a number");
    assert_error("w --count 1x", "--count: '1x' is not a number");
    assert_error("w --port 65536", "--port: 65536 is out of range: 0 to 65535");
    assert_error(
        "w --size 1Q", "--size: '1Q' is not a size such as 4096, 64M or 10G");
    assert_error("w --size 99999999999999999999",
        "--size: '99999999999999999999' is not a size such as 4096, 64M or "
        "10G");
    assert_error("w --level mid", "--level: 'mid' is not one of low|high");
    assert_error("w --level lo", "--level: 'lo' is not one of low|high");
    assert_error("w --path=", "--path: an empty path is no path");
    assert_error("w --overlay", "--overlay is not supported yet");
    assert_error("-v", "something is missing; usage: hffs test WORD [options]");
    assert_error("a b c",
        "'c' is one word too many; usage: hffs test WORD "
        "[options]");
}

static void numbers(void **state)
{
    uint64_t n = 0;

    (void)state;
    assert_true(option_size("16EiB", &n) == false);
    assert_true(option_size("16777215T", &n));
    assert_true(n == 16777215ull << 40);
    assert_false(option_size("16777216T", &n)); /* 2^64 */
    assert_false(option_size("", &n));
    assert_false(option_size(" 1", &n));
    assert_false(option_size("+1", &n));
    assert_false(option_size("1 K", &n));
    assert_true(option_size("3KB", &n) && n == 3000);
    assert_true(option_size("3KiB", &n) && n == 3072);
    assert_true(option_ms("1h", &n) && n == 3600000);
    assert_false(option_ms("1d", &n));
    assert_true(option_u64("18446744073709551615", &n) && n == UINT64_MAX);
    assert_false(option_u64("18446744073709551616", &n));
}

static void notices(void **state)
{
    struct line l = parse("w --direct-io");

    (void)state;
    assert_int_equal(l.err, 0);
    assert_string_equal(
        buf_str(&l.in.notices), "--direct-io has no meaning on NFS\n");
    drop(&l);
}

static void secret_is_scrubbed(void **state)
{
    struct line l = parse("w --token hf_abc --token=hf_defg");
    const struct values *v = l.in.values;

    (void)state;
    assert_string_equal(v->token, "hf_defg");
    for (int i = 0; i < l.argc; i++)
        assert_null(strstr(l.argv[i], "hf_"));
    drop(&l);
}

/* ... also when something before it is wrong, and the first thing is said. */
static void secret_behind_a_mistake(void **state)
{
    struct line l = parse("w --nonsense -z --token=hf_abc --count x");

    (void)state;
    assert_int_equal(l.err, -22);
    assert_string_equal(
        buf_str(&l.in.error), "unknown option --nonsense; --help lists them");
    for (int i = 0; i < l.argc; i++)
        assert_null(strstr(l.argv[i], "hf_"));
    drop(&l);
}

static void help_beats_errors(void **state)
{
    struct line l = parse("--help");
    struct buf text = {0};

    (void)state;
    assert_int_equal(l.err, 0);
    assert_true(l.in.help);
    options_help(&cmd, &text);
    assert_non_null(strstr(buf_str(&text), "Usage: hffs test WORD [options]"));
    assert_non_null(strstr(buf_str(&text), "\nSecond:\n"));
    assert_non_null(strstr(buf_str(&text), "  -t, --text T"));
    assert_non_null(strstr(buf_str(&text), "[$HFFS_TEST_WAIT; default: 2s]"));
    assert_null(strstr(buf_str(&text), "internal"));
    buf_free(&text);
    drop(&l);
}

static void passed_on(void **state)
{
    struct line l = parse("w -v --text=a,b --token=t --net 1 --net 2 "
                          "--size 1K --port 7 --direct-io");
    struct opt_list to = {0};
    static const char *const want[] = {"--text=a,b", "--net=1", "--net=2",
        "--verbose", "--size=1024", "--port=7"};

    (void)state;
    options_pass_on(&l.in, &to);
    assert_int_equal(to.n, ARRAY_LEN(want));
    for (size_t i = 0; i < to.n; i++)
        assert_string_equal(to.v[i], want[i]);
    opt_list_free(&to);
    drop(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_type),
        cmocka_unit_test(later_wins_and_dashes_end),
        cmocka_unit_test(relative_path),
        cmocka_unit_test(environment),
        cmocka_unit_test(errors),
        cmocka_unit_test(numbers),
        cmocka_unit_test(notices),
        cmocka_unit_test(secret_is_scrubbed),
        cmocka_unit_test(secret_behind_a_mistake),
        cmocka_unit_test(help_beats_errors),
        cmocka_unit_test(passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
