/* Completions for bash, zsh and fish. `hffs-nfs` completes as the command
 * `nfs` does. */
#include "cli/doc.h"

#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/invocation.h"

/* Every option of every command that people see, in order. */
typedef void shown_fn(
    const struct command *cmd, const struct opt *o, struct buf *out);

static bool is_shown(const struct opt *o)
{
    return !o->hidden && !option_is_idle(o);
}

static void each_option(
    const struct command *cmd, shown_fn *fn, struct buf *out)
{
    const struct opt *o;

    for (size_t i = 0; (o = option_at(cmd, i)) != NULL; i++) {
        if (is_shown(o))
            fn(cmd, o, out);
    }
}

/* Text inside single quotes of a shell. */
static void quoted(const char *text, struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *text);
    }
}

/* "error|warn" as words. */
static void choices(const struct opt *o, struct buf *out)
{
    for (const char *p = o->choices; *p != '\0'; p++)
        buf_addc(out, *p == '|' ? ' ' : *p);
}

static void top_words(struct buf *out)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!commands[i]->hidden && strcmp(commands[i]->name, "nfs") != 0 &&
            strchr(commands[i]->name, ' ') == NULL)
            buf_addf(out, "%s ", commands[i]->name);
    }
    buf_adds(out, "hub help");
}

/* What may follow "hub". */
static void hub_words(struct buf *out)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strncmp(commands[i]->name, "hub ", 4) == 0)
            buf_addf(out, "%s ", commands[i]->name + 4);
    }
    out->len--;
}

/* ---- bash */

static void bash_name(
    const struct command *cmd, const struct opt *o, struct buf *out)
{
    (void)cmd;
    buf_addf(out, "--%s ", o->name);
}

/* What comes after an option, where more can be said than nothing. */
static void bash_argument(
    const struct command *cmd, const struct opt *o, struct buf *out)
{
    if (o->choices == NULL && o->type != OPT_PATH)
        return;
    buf_addf(out, "    '%s --%s') ", cmd->name, o->name);
    if (o->choices != NULL) {
        buf_adds(out, "words='");
        choices(o, out);
        buf_adds(out, "' ;;\n");
    } else {
        buf_adds(out, "files=1 ;;\n");
    }
}

void doc_bash(struct buf *out)
{
    buf_adds(out,
        "# bash completion for hffs and hffs-nfs; made by: hffs doc bash\n"
        "_hffs()\n"
        "{\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
        "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command=${COMP_WORDS[1]} options='' words='' files=''\n"
        "    [[ ${COMP_WORDS[0]##*/} == hffs-nfs ]] && command=nfs\n"
        "    [[ $command == hub ]] && command=\"hub ${COMP_WORDS[2]}\"\n"
        "    case $command in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->hidden)
            continue;
        buf_addf(out, "    '%s') options='", commands[i]->name);
        each_option(commands[i], bash_name, out);
        buf_adds(out, "--help' ;;\n");
    }
    buf_adds(out, "    esac\n    case \"$command $prev\" in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!commands[i]->hidden)
            each_option(commands[i], bash_argument, out);
    }
    buf_adds(out,
        "    *)\n"
        "        if [[ $cur == -* ]]; then words=$options\n"
        "        elif [[ $COMP_CWORD == 1 && $command != nfs ]]; then words='");
    top_words(out);
    buf_adds(out,
        "'\n"
        "        elif [[ $COMP_CWORD == 2 && $command == hub* ]]; then "
        "words='");
    hub_words(out);
    buf_adds(out,
        "'\n"
        "        else words='repo' files=1\n"
        "        fi ;;\n"
        "    esac\n"
        "    mapfile -t COMPREPLY < <(compgen ${files:+-f} -W \"$words\" -- "
        "\"$cur\")\n"
        "    [[ -n $files ]] && compopt -o filenames\n"
        "}\n"
        "complete -F _hffs hffs hffs-nfs\n");
}

/* ---- zsh */

/* '--port=[phrase]:N: ', as _arguments(zshcompsys) wants it. */
static void zsh_option(
    const struct command *cmd, const struct opt *o, struct buf *out)
{
    (void)cmd;
    buf_addf(out, "            '%s--%s%s[", o->type == OPT_LIST ? "*" : "",
        o->name, o->type != OPT_FLAG ? "=" : "");
    for (const char *p = o->help; *p != '\0'; p++) {
        if (strchr("[]:\\", *p) != NULL)
            buf_addc(out, '\\');
        if (*p == '\'')
            buf_adds(out, "'\\'");
        buf_addc(out, *p);
    }
    buf_addc(out, ']');
    if (o->type != OPT_FLAG) {
        buf_addf(out, ":%s:", o->arg);
        if (o->choices != NULL) {
            buf_addc(out, '(');
            choices(o, out);
            buf_addc(out, ')');
        } else if (o->type == OPT_PATH) {
            buf_adds(out, "_files");
        } else {
            buf_addc(out, ' ');
        }
    }
    buf_adds(out, "' \\\n");
}

void doc_zsh(struct buf *out)
{
    buf_adds(out,
        "#compdef hffs hffs-nfs\n"
        "# zsh completion for hffs and hffs-nfs; made by: hffs doc zsh\n"
        "_hffs()\n"
        "{\n"
        "    local command=$words[2]\n"
        "    [[ $service == hffs-nfs ]] && command=nfs\n"
        "    [[ $command == hub ]] && command=\"hub $words[3]\"\n"
        "    if [[ $service != hffs-nfs && $CURRENT == 2 ]]; then\n"
        "        compadd -- ");
    top_words(out);
    buf_adds(out,
        "\n        return\n    fi\n"
        "    if [[ $command == hub* && $CURRENT == 3 ]]; then\n"
        "        compadd -- ");
    hub_words(out);
    buf_adds(out,
        "\n        return\n    fi\n"
        "    case $command in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->hidden)
            continue;
        buf_addf(out, "    '%s')\n        _arguments \\\n", commands[i]->name);
        each_option(commands[i], zsh_option, out);
        buf_adds(out,
            "            '--help[show help]' \\\n"
            "            '*: :_files' ;;\n");
    }
    buf_adds(out, "    esac\n}\n_hffs \"$@\"\n");
}

/* ---- fish */

static void fish_option(
    const struct command *cmd, const struct opt *o, struct buf *out)
{
    if (strcmp(cmd->name, "nfs") == 0)
        buf_adds(out, "complete -c hffs-nfs");
    else
        buf_addf(out, "complete -c hffs -n '__fish_seen_subcommand_from %s'",
            strrchr(cmd->name, ' ') != NULL ? strrchr(cmd->name, ' ') + 1
                                            : cmd->name);
    buf_addf(out, " -l %s", o->name);
    if (o->letter != '\0')
        buf_addf(out, " -s %c", o->letter);
    if (o->choices != NULL) {
        buf_adds(out, " -x -a '");
        choices(o, out);
        buf_addc(out, '\'');
    } else if (o->type == OPT_PATH) {
        buf_adds(out, " -r -F");
    } else if (o->type != OPT_FLAG) {
        buf_adds(out, " -x");
    }
    buf_adds(out, " -d '");
    quoted(o->help, out);
    buf_adds(out, "'\n");
}

void doc_fish(struct buf *out)
{
    buf_adds(out,
        "# fish completion for hffs and hffs-nfs; made by: "
        "hffs doc fish\n"
        "complete -c hffs -n __fish_use_subcommand -x -a '");
    top_words(out);
    buf_adds(out, "'\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!commands[i]->hidden)
            each_option(commands[i], fish_option, out);
    }
}
