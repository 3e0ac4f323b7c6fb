/* The command line, read by getopt_long with a table made from ours. The order
 * is: defaults of the table, then the environment for what was not typed, so
 * that a broken variable does no harm to those who override it. */
#include "cli/invocation.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_FIRST 256 /* getopt_long's val of option_at(0) */

/* What getopt_long wants: its long options and the string of letters. The
 * leading ':' asks for a distinct answer when an argument is missing. */
static struct option *getopt_table(
    const struct command *cmd, struct buf *letters)
{
    size_t n = option_count(cmd);
    struct option *table = xcalloc(n + 2, sizeof(*table));
    const struct opt *o;

    buf_adds(letters, ":h");
    for (size_t i = 0; (o = option_at(cmd, i)) != NULL; i++) {
        bool arg = o->type != OPT_FLAG;

        table[i] = (struct option){.name = o->name,
            .has_arg = arg ? required_argument : no_argument,
            .val = LONG_FIRST + (int)i};
        if (o->letter != '\0')
            buf_addf(letters, "%c%s", o->letter, arg ? ":" : "");
    }
    table[n] = (struct option){.name = "help", .val = 'h'};
    return table;
}

/* getopt's answer to an option; NULL if it is none of ours. */
static const struct opt *option_of(
    const struct command *cmd, int val, size_t *index)
{
    const struct opt *o;

    for (size_t i = 0; (o = option_at(cmd, i)) != NULL; i++) {
        if (val == LONG_FIRST + (int)i ||
            (o->letter != '\0' && val == o->letter)) {
            *index = i;
            return o;
        }
    }
    return NULL;
}

static int refuse(
    const struct command *cmd, const char *word, struct buf *error)
{
    char name[OPT_NAME_MAX + 1];
    const char *near;

    if (strncmp(word, "--", 2) != 0) {
        buf_addf(error, "unknown option %s; --help lists them", word);
        return -EINVAL;
    }
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
    near = option_nearest(cmd, name);
    if (near == NULL)
        buf_addf(error, "unknown option --%s; --help lists them", name);
    else if (strcmp(near, name) == 0)
        buf_addf(error, "--%s takes no value", name);
    else
        buf_addf(error, "unknown option --%s; did you mean --%s?", name, near);
    return -EINVAL;
}

static int take(
    struct invocation *in, size_t index, const char *text, const char *env)
{
    const struct opt *o = option_at(in->cmd, index);
    struct buf why = {0};
    int err = 0;

    if (o->refused != NULL) {
        buf_addf(&in->error, "--%s %s", o->name, o->refused);
        return -EINVAL;
    }
    if (o->ignored != NULL) {
        buf_addf(&in->notices, "--%s %s\n", o->name, o->ignored);
        return 0;
    }
    err = option_set(o, text, in->values, &why);
    if (err != 0)
        buf_addf(&in->error, "%s%s: %s", env != NULL ? "$" : "--",
            env != NULL ? env : o->name, buf_str(&why));
    buf_free(&why);
    return err;
}

static int take_typed(struct invocation *in, size_t index)
{
    const struct opt *o = option_at(in->cmd, index);
    int err = take(in, index, optarg, NULL);

    if (o->secret && optarg != NULL)
        memset(optarg, '*', strlen(optarg));
    in->typed[index] = true;
    return err;
}

/* One answer of getopt. */
static int take_answer(struct invocation *in, int val, const char *word)
{
    size_t index = 0;

    if (val == 'h') {
        in->help = true;
        return 0;
    }
    if (val == ':') {
        buf_addf(&in->error, "%s needs a value", word);
        return -EINVAL;
    }
    if (option_of(in->cmd, val, &index) == NULL)
        return refuse(in->cmd, word, &in->error);
    return take_typed(in, index);
}

/* After a mistake the rest is still gone through, for the secrets in it. */
static int read_argv(struct invocation *in, int argc, char **argv)
{
    struct buf letters = {0};
    struct option *table = getopt_table(in->cmd, &letters);
    struct buf first = {0};
    int err = 0;
    int val;

    opterr = 0;
    optind = 0; /* begin anew, in glibc and macOS alike */
    while (
        (val = getopt_long(argc, argv, buf_str(&letters), table, NULL)) != -1) {
        int bad = take_answer(in, val, argv[optind - 1]);

        if (bad != 0 && err == 0) {
            err = bad;
            buf_adds(&first, buf_str(&in->error));
        }
    }
    if (err != 0) {
        buf_clear(&in->error);
        buf_adds(&in->error, buf_str(&first));
    }
    for (int i = optind; i < argc; i++) {
        in->words = xrealloc(in->words, (in->n_words + 1) * sizeof(*in->words));
        in->words[in->n_words++] = xstrdup(argv[i]);
    }
    buf_free(&first);
    buf_free(&letters);
    free(table);
    return err;
}

static int read_environment(struct invocation *in)
{
    const struct opt *o;

    for (size_t i = 0; (o = option_at(in->cmd, i)) != NULL; i++) {
        const char *text = o->env != NULL ? getenv(o->env) : NULL;
        int err;

        if (in->typed[i] || text == NULL || text[0] == '\0')
            continue;
        err = take(in, i, text, o->env);
        if (err != 0)
            return err;
    }
    return 0;
}

static int set_initials(struct invocation *in)
{
    const struct opt *o;

    for (size_t i = 0; (o = option_at(in->cmd, i)) != NULL; i++) {
        int err;

        if (o->field == OPT_NO_FIELD)
            continue;
        option_clear(o, in->values);
        err = o->initial != NULL ? take(in, i, o->initial, NULL) : 0;
        if (err != 0)
            return err;
    }
    return 0;
}

static int check_words(struct invocation *in)
{
    const struct command *cmd = in->cmd;

    if (in->n_words >= cmd->words_min && in->n_words <= cmd->words_max)
        return 0;
    if (in->n_words > cmd->words_max)
        buf_addf(&in->error, "'%s' is one word too many; usage: %s",
            in->words[cmd->words_max], cmd->usage);
    else
        buf_addf(&in->error, "something is missing; usage: %s", cmd->usage);
    return -EINVAL;
}

int options_parse(
    const struct command *cmd, int argc, char **argv, struct invocation *in)
{
    int err;

    *in = (struct invocation){.cmd = cmd,
        .values = xcalloc(1, max_size(cmd->values_size, 1)),
        .typed = xcalloc(option_count(cmd) + 1, sizeof(bool))};
    err = set_initials(in);
    if (err == 0)
        err = read_argv(in, argc, argv);
    if (in->help)
        return 0;
    if (err == 0)
        err = read_environment(in);
    if (err == 0)
        err = check_words(in);
    return err;
}

void invocation_fini(struct invocation *in)
{
    const struct opt *o;

    if (in->cmd == NULL)
        return;
    for (size_t i = 0; (o = option_at(in->cmd, i)) != NULL; i++) {
        if (o->field != OPT_NO_FIELD)
            option_clear(o, in->values);
    }
    for (size_t i = 0; i < in->n_words; i++)
        free(in->words[i]);
    free(in->words);
    free(in->values);
    free(in->typed);
    buf_free(&in->notices);
    buf_free(&in->error);
    *in = (struct invocation){0};
}

static void pass_one(
    const struct opt *o, const void *field, struct opt_list *to)
{
    char *word = NULL;

    if (o->field == OPT_LIST_FIELD) {
        const struct opt_list *list = field;

        for (size_t i = 0; i < list->n; i++) {
            word = xasprintf("--%s=%s", o->name, list->v[i]);
            opt_list_add(to, word);
            free(word);
        }
        return;
    }
    if (o->field == OPT_BOOL_FIELD)
        word = xasprintf("--%s", o->name);
    else if (o->field == OPT_TEXT_FIELD)
        word = xasprintf("--%s=%s", o->name, *(const char *const *)field);
    else if (o->field == OPT_U64_FIELD)
        word = xasprintf(
            "--%s=%llu", o->name, (unsigned long long)*(const uint64_t *)field);
    else
        word =
            xasprintf("--%s=%u", o->name, (unsigned)*(const uint16_t *)field);
    opt_list_add(to, word);
    free(word);
}

void options_pass_on(const struct invocation *in, struct opt_list *to)
{
    const struct opt *o;

    for (size_t i = 0; (o = option_at(in->cmd, i)) != NULL; i++) {
        if (in->typed[i] && o->field != OPT_NO_FIELD && !o->secret)
            pass_one(o, (const char *)in->values + o->at, to);
    }
}
