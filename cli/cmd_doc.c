/* hffs doc KIND: the parts of the documents that are made from the option
 * tables: README's tables, the manual page, and completions for shells. A test
 * holds the files in the tree against this. */
#include "cli/doc.h"

#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/say.h"

/* Exit statuses, for every document. */
const struct doc_status doc_statuses[] = {
    {EXIT_OK, "done"},
    {EXIT_FAILED, "failed; the reason is on stderr"},
    {EXIT_USAGE, "the command line is wrong"},
    {EXIT_NOT_MOUNTED, "stop, status: hffs has nothing mounted there"},
    {EXIT_MAY_NOT_MOUNT, "this user, or this kernel, cannot mount"},
    {EXIT_HUB, "the Hub refused, has no such repo, or cannot be reached"},
    {EXIT_BUSY, "stop: programs use the mount; it was left as it is"},
    {EXIT_RUNNING, "start: already mounted there, or already served"},
    {EXIT_SIGNAL,
        "and the number of a signal: ended by it before it was "
        "ready"},
};
const size_t doc_n_statuses = ARRAY_LEN(doc_statuses);

/* A cell: a bar would end it, and < and * mean something. */
static void cell(const char *text, struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (strchr("|<*", *text) != NULL)
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
}

static void readme_option(const struct opt *o, struct buf *out)
{
    const char *dflt = o->dflt != NULL ? o->dflt : o->initial;

    buf_adds(out, "| `");
    if (o->letter != '\0')
        buf_addf(out, "-%c`, `", o->letter);
    buf_addf(out, "--%s%s%s` | ", o->name, o->type != OPT_FLAG ? " " : "",
        o->type != OPT_FLAG ? o->arg : "");
    cell(o->help, out);
    if (o->type == OPT_LIST)
        buf_adds(out, " (may be repeated)");
    buf_adds(out, " | ");
    cell(dflt != NULL ? dflt : "", out);
    buf_addf(out, " | %s%s%s |\n", o->env != NULL ? "`$" : "",
        o->env != NULL ? o->env : "", o->env != NULL ? "`" : "");
}

static void readme_group(const struct opt_group *group, struct buf *out)
{
    buf_addf(out, "\n| %s | | default | variable |\n|---|---|---|---|\n",
        group->title);
    for (size_t i = 0; i < group->n; i++) {
        if (!group->opt[i].hidden)
            readme_option(&group->opt[i], out);
    }
}

static void readme_idle(const struct opt_group *group, struct buf *out)
{
    buf_addf(out, "\n%s, without effect: ", group->title);
    options_idle(group, false, out);
    buf_adds(out, ". Not supported yet, and refused: ");
    options_idle(group, true, out);
    buf_adds(out, ".\n");
}

const struct command *doc_shown_before(
    const struct command *cmd, const struct opt_group *group)
{
    for (size_t i = 0; commands[i] != cmd; i++) {
        for (size_t g = 0; commands[i]->groups[g] != NULL; g++) {
            if (!commands[i]->hidden && commands[i]->groups[g] == group)
                return commands[i];
        }
    }
    return NULL;
}

const struct command *doc_shares_with(const struct command *cmd)
{
    const struct command *with = NULL;

    for (size_t g = 0; cmd->groups[g] != NULL && with == NULL; g++)
        with = doc_shown_before(cmd, cmd->groups[g]);
    return with;
}

static void readme_command(const struct command *cmd, struct buf *out)
{
    const struct command *with = doc_shares_with(cmd);

    buf_addf(out, "### `%s`\n\n%s.", cmd->usage, cmd->summary);
    if (with != NULL)
        buf_addf(
            out, " It has the options of `hffs %s`, and these.", with->name);
    buf_addc(out, '\n');
    for (size_t g = 0; cmd->groups[g] != NULL; g++) {
        const struct opt_group *group = cmd->groups[g];

        if (group->opt[0].hidden || doc_shown_before(cmd, group) != NULL)
            continue;
        if (option_is_idle(&group->opt[0]))
            readme_idle(group, out);
        else
            readme_group(group, out);
    }
    buf_addc(out, '\n');
}

void doc_readme(struct buf *out)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!commands[i]->hidden)
            readme_command(commands[i], out);
    }
    buf_adds(out, "### Exit statuses\n\n| status | |\n|---|---|\n");
    for (size_t i = 0; i < doc_n_statuses; i++)
        buf_addf(out, "| %d%s | %s |\n", doc_statuses[i].status,
            doc_statuses[i].status == EXIT_SIGNAL ? "+" : "",
            doc_statuses[i].meaning);
}

static const struct {
    const char *name;
    void (*make)(struct buf *out);
} kinds[] = {
    {"readme", doc_readme},
    {"man", doc_man},
    {"bash", doc_bash},
    {"zsh", doc_zsh},
    {"fish", doc_fish},
};

static int run(const struct invocation *in)
{
    struct buf text = {0};
    int err = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, in->words[0]) == 0)
            kinds[i].make(&text);
    }
    if (text.len == 0) {
        complain("hffs doc knows readme, man, bash, zsh and fish");
        return EXIT_USAGE;
    }
    err = print_out(buf_str(&text));
    buf_free(&text);
    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

static const struct opt_group *const groups[] = {NULL};

const struct command cmd_doc = {
    .name = "doc",
    .usage = "hffs doc readme|man|bash|zsh|fish",
    .summary = "Print a document that is made from the option tables",
    .groups = groups,
    .words_min = 1,
    .words_max = 1,
    .hidden = true,
    .run = run,
};
