/* The commands of the program, each defined in its own cmd_*.c, and the exit
 * statuses they share. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct command;

/* Documented in README and hffs(1). `--run` gives the status of its command
 * instead, once the mount was there. */
enum exit_status {
    EXIT_OK = 0,
    EXIT_FAILED = 1,      /* the reason is on stderr */
    EXIT_USAGE = 2,       /* the command line is wrong */
    EXIT_NOT_MOUNTED = 3, /* nothing of ours is mounted there */
    EXIT_MAY_NOT_MOUNT = 4,
    EXIT_HUB = 5,     /* the Hub refused, has no such thing, or is away */
    EXIT_BUSY = 6,    /* programs use the mount: it was left as it is */
    EXIT_RUNNING = 7, /* already mounted, or its state is in use */
    EXIT_SIGNAL = 128 /* and the signal's number: ended before it was ready */
};

extern const struct command cmd_start;
extern const struct command cmd_stop;
extern const struct command cmd_status;
extern const struct command cmd_nfs;
extern const struct command cmd_hub_serve; /* cli/cmd_hub.c */
extern const struct command cmd_hub_user;  /* cli/cmd_hub_people.c */
extern const struct command cmd_hub_org;
extern const struct command cmd_hub_gc; /* cli/cmd_hub_care.c */
extern const struct command cmd_hub_verify;
extern const struct command cmd_hub_import; /* cli/cmd_hub_import.c */
extern const struct command cmd_hub_export; /* cli/cmd_hub_export.c */
extern const struct command cmd_xet_hash, cmd_xet_inspect; /* cmd_xet.c */
extern const struct command cmd_supervise; /* by `hffs start` only */
extern const struct command cmd_doc;       /* makes doc/ and README's table */

/* In the order of `hffs --help`; ends with NULL. */
extern const struct command *const commands[];
void commands_help(struct buf *out);

/* Appends the commands that begin with this word, as `hub` does; all if it is
 * "". False if there are none. */
bool commands_list(const char *word, struct buf *out);

/* The command that the first words of argv name, and how many words that took;
 * NULL if there is none. */
const struct command *command_find(int argc, char **argv, int *words);

#endif
