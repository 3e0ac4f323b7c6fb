/* The list of commands. */
#include "cli/commands.h"

#include <string.h>

#include "base/buf.h"
#include "cli/invocation.h"

const struct command *const commands[] = {
    &cmd_start,
    &cmd_stop,
    &cmd_status,
    &cmd_nfs,
    &cmd_hub_serve,
    &cmd_hub_user,
    &cmd_hub_org,
    &cmd_hub_gc,
    &cmd_hub_verify,
    &cmd_hub_import,
    &cmd_hub_export,
    &cmd_xet_hash,
    &cmd_xet_inspect,
    &cmd_supervise,
    &cmd_doc,
    NULL,
};

/* How many words of argv spell the name: 0 if they do not. */
static int words_of(const char *name, int argc, char **argv)
{
    int used = 0;

    while (used < argc) {
        size_t n = strlen(argv[used]);

        if (strncmp(name, argv[used], n) != 0)
            return 0;
        used++;
        if (name[n] == '\0')
            return used;
        if (name[n] != ' ')
            return 0;
        name += n + 1;
    }
    return 0;
}

const struct command *command_find(int argc, char **argv, int *words)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        *words = words_of(commands[i]->name, argc, argv);
        if (*words > 0)
            return commands[i];
    }
    return NULL;
}

bool commands_list(const char *word, struct buf *out)
{
    size_t n = strlen(word);
    bool found = false;

    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *cmd = commands[i];

        if (cmd->hidden || strncmp(cmd->name, word, n) != 0 ||
            (n > 0 && cmd->name[n] != ' '))
            continue;
        buf_addf(out, "  %s\n      %s.\n", cmd->usage, cmd->summary);
        found = true;
    }
    return found;
}

void commands_help(struct buf *out)
{
    buf_adds(out,
        "hffs " HFFS_VERSION
        ": repos of the Hugging Face Hub as folders, over NFS.\n\n");
    commands_list("", out);
    buf_adds(out,
        "\nhffs COMMAND --help lists the options of a command; "
        "hffs --version says which\nversion this is.\n");
}
