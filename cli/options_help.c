/* --help: usage, what the command does, and its options in groups, wrapped to
 * 80 columns. */
#include "cli/options.h"

#include <string.h>

#include "cli/invocation.h"

#define HELP_WIDTH 79
#define HELP_INDENT 28

void option_remarks(const struct opt *o, struct buf *out)
{
    const char *dflt = o->dflt != NULL ? o->dflt : o->initial;
    bool env = o->env != NULL;

    if (!env && dflt == NULL)
        return;
    buf_addf(out, " [%s%s%s%s%s]", env ? "$" : "", env ? o->env : "",
        env && dflt != NULL ? "; " : "", dflt != NULL ? "default: " : "",
        dflt != NULL ? dflt : "");
}

/* Words of text, broken into lines that begin at the column of the phrases. */
static void wrapped(const char *text, size_t column, struct buf *out)
{
    while (*text != '\0') {
        size_t n = strcspn(text, " ");

        if (column + 1 + n > HELP_WIDTH) {
            buf_addf(out, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (column > HELP_INDENT) {
            buf_addc(out, ' ');
            column++;
        }
        buf_add(out, text, n);
        column += n;
        text += n + strspn(text + n, " ");
    }
    buf_addc(out, '\n');
}

static void help_option(const struct opt *o, struct buf *out)
{
    size_t start = out->len;
    struct buf phrase = {0};
    size_t column;

    if (o->letter != '\0')
        buf_addf(out, "  -%c, --%s", o->letter, o->name);
    else
        buf_addf(out, "      --%s", o->name);
    if (o->type != OPT_FLAG)
        buf_addf(out, " %s", o->arg);
    column = out->len - start;
    if (column + 2 > HELP_INDENT) {
        buf_addc(out, '\n');
        column = 0;
    }
    buf_addf(out, "%*s", (int)(HELP_INDENT - column), "");
    buf_adds(&phrase, o->help);
    if (o->type == OPT_LIST)
        buf_adds(&phrase, " (may be repeated)");
    option_remarks(o, &phrase);
    wrapped(buf_str(&phrase), HELP_INDENT, out);
    buf_free(&phrase);
}

bool option_is_idle(const struct opt *o)
{
    return o->ignored != NULL || o->refused != NULL;
}

void options_idle(const struct opt_group *group, bool refused, struct buf *out)
{
    size_t start = out->len;

    for (size_t i = 0; i < group->n; i++) {
        const struct opt *o = &group->opt[i];

        if (!o->hidden && (refused ? o->refused : o->ignored) != NULL)
            buf_addf(out, "%s--%s", out->len > start ? ", " : "", o->name);
    }
}

static void help_idle(
    const struct opt_group *group, bool refused, struct buf *out)
{
    struct buf names = {0};

    options_idle(group, refused, &names);
    if (names.len > 0) {
        buf_addf(out, "  %-*s", HELP_INDENT - 2,
            refused ? "not supported yet:" : "without effect:");
        wrapped(buf_str(&names), HELP_INDENT, out);
    }
    buf_free(&names);
}

static void help_group(const struct opt_group *group, struct buf *out)
{
    bool titled = false;

    for (size_t i = 0; i < group->n; i++) {
        if (group->opt[i].hidden)
            continue;
        if (!titled)
            buf_addf(out, "\n%s:\n", group->title);
        titled = true;
        if (!option_is_idle(&group->opt[i]))
            help_option(&group->opt[i], out);
    }
    help_idle(group, false, out);
    help_idle(group, true, out);
}

void options_help(const struct command *cmd, struct buf *out)
{
    buf_addf(out, "Usage: %s\n\n%s.\n", cmd->usage, cmd->summary);
    if (cmd->about != NULL)
        buf_addf(out, "\n%s\n", cmd->about);
    for (size_t g = 0; cmd->groups[g] != NULL; g++)
        help_group(cmd->groups[g], out);
    buf_adds(out, "\n  -h, --help                show this text\n");
}
