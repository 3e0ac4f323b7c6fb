/* The manual page hffs(1), in man(7). */
#include "cli/doc.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/invocation.h"

/* Backslashes and dashes mean something, and so does a dot or a quote at the
 * start of a line. */
static void roff(const char *text, struct buf *out)
{
    bool start = true;

    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\''))
            buf_adds(out, "\\&");
        start = *text == '\n';
        if (*text == '\\')
            buf_adds(out, "\\e");
        else if (*text == '-')
            buf_adds(out, "\\-");
        else
            buf_addc(out, *text);
    }
}

static void man_option(const struct opt *o, struct buf *out)
{
    struct buf remarks = {0};

    buf_adds(out, ".TP\n.B ");
    if (o->letter != '\0')
        buf_addf(out, "\\-%c, ", o->letter);
    buf_adds(out, "\\-\\-");
    roff(o->name, out);
    if (o->type != OPT_FLAG) {
        buf_adds(out, " \\fI");
        roff(o->arg, out);
        buf_adds(out, "\\fP");
    }
    buf_addc(out, '\n');
    roff(o->help, out);
    if (o->type == OPT_LIST)
        buf_adds(out, " (may be repeated)");
    option_remarks(o, &remarks);
    roff(buf_str(&remarks), out);
    buf_addc(out, '\n');
    buf_free(&remarks);
}

static void man_idle(const struct opt_group *group, struct buf *out)
{
    struct buf names = {0};

    options_idle(group, false, &names);
    buf_adds(out, ".TP\n.B without effect\n");
    roff(buf_str(&names), out);
    buf_clear(&names);
    options_idle(group, true, &names);
    buf_adds(out, "\n.TP\n.B not supported yet\n");
    roff(buf_str(&names), out);
    buf_addc(out, '\n');
    buf_free(&names);
}

static void man_command(const struct command *cmd, struct buf *out)
{
    const struct command *with = doc_shares_with(cmd);

    buf_adds(out, ".SS \"");
    roff(cmd->usage, out);
    buf_adds(out, "\"\n");
    roff(cmd->summary, out);
    buf_adds(out, ".\n");
    if (with != NULL)
        buf_addf(out, "It has the options of\n.B hffs %s\nand those below.\n",
            with->name);
    if (cmd->about != NULL) {
        buf_adds(out, ".PP\n.nf\n");
        roff(cmd->about, out);
        buf_adds(out, "\n.fi\n");
    }
    for (size_t g = 0; cmd->groups[g] != NULL; g++) {
        const struct opt_group *group = cmd->groups[g];

        if (group->opt[0].hidden || doc_shown_before(cmd, group) != NULL)
            continue;
        buf_addf(out, ".PP\n.I %s\n", group->title);
        for (size_t i = 0; i < group->n; i++) {
            if (!group->opt[i].hidden && !option_is_idle(&group->opt[i]))
                man_option(&group->opt[i], out);
        }
        if (option_is_idle(&group->opt[0]))
            man_idle(group, out);
    }
}

static const char man_head[] =
    ".TH HFFS 1 \"\" \"hffs " HFFS_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "hffs, hffs\\-nfs \\- mount repos of the Hugging Face Hub over NFS\n"
    ".SH DESCRIPTION\n"
    "hffs serves a repo of the Hub as an NFSv3 file system on this machine and "
    "has the kernel mount it: no kernel module, no FUSE. Files are fetched as "
    "they are read, verified where the Hub names a hash, and kept in a cache. "
    "A mount shows one commit from beginning to end.\n"
    ".SH COMMANDS\n";

static const char man_files[] =
    ".SH FILES\n"
    ".TP\n.I $XDG_CACHE_HOME/hffs\nfetched data (~/.cache/hffs)\n"
    ".TP\n.I $XDG_STATE_HOME/hffs/mounts\n"
    "what a mount keeps across restarts (~/.local/state/hffs)\n"
    ".TP\n.I $XDG_STATE_HOME/hffs/logs\n"
    "logs of hffs start, with three older ones each\n"
    ".TP\n.I $HF_TOKEN_PATH, $HF_HOME/token, ~/.cache/huggingface/token\n"
    "the stored login, used when no token is given\n"
    ".SH SEE ALSO\n.BR mount (8),\n.BR nfs (5)\n";

void doc_man(struct buf *out)
{
    buf_adds(out, man_head);
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!commands[i]->hidden)
            man_command(commands[i], out);
    }
    buf_adds(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < doc_n_statuses; i++)
        buf_addf(out, ".TP\n.B %d%s\n%s\n", doc_statuses[i].status,
            doc_statuses[i].status == EXIT_SIGNAL ? "+" : "",
            doc_statuses[i].meaning);
    buf_adds(out, man_files);
}
