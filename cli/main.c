/* The program: which command the words name, its options, its exit status.
 * `hffs-nfs` is the same program under another name: the command `hffs nfs`. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/say.h"

static int print_help(const struct command *cmd)
{
    struct buf text = {0};
    int err;

    options_help(cmd, &text);
    err = print_out(buf_str(&text));
    buf_free(&text);
    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

/* Without a command there is nothing to do, so the list is help only when it
 * was asked for. */
static int print_commands(bool asked)
{
    struct buf text = {0};
    int err = 0;

    commands_help(&text);
    if (asked)
        err = print_out(buf_str(&text));
    else
        complain("no command was given\n\n%s", buf_str(&text));
    buf_free(&text);
    if (!asked)
        return EXIT_USAGE;
    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

static void print_notices(const struct buf *notices)
{
    const char *at = (const char *)notices->data;
    const char *end = at + notices->len;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        complain("%.*s", (int)(stop - at), at);
        at = stop + 1;
    }
}

static int run(const struct command *cmd, int argc, char **argv)
{
    struct invocation in;
    int err = options_parse(cmd, argc, argv, &in);
    int status;

    if (in.help) {
        status = print_help(cmd);
    } else if (err != 0) {
        complain("%s", buf_str(&in.error));
        status = EXIT_USAGE;
    } else {
        print_notices(&in.notices);
        status = cmd->run(&in);
    }
    invocation_fini(&in);
    return status;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* The first word may be one that several commands begin with. */
static int not_found(int argc, char **argv, bool asks)
{
    bool asked = asks || (argc > 1 && is_one_of(argv[1], "--help", "-h"));
    struct buf text = {0};
    int status = EXIT_USAGE;

    if (argv[0][0] == '\0' || !commands_list(argv[0], &text))
        complain("'%s' is no command; hffs --help lists them", argv[0]);
    else if (!asked)
        complain("'%s%s%s' is no command; those of '%s' are\n\n%s", argv[0],
            argc > 1 ? " " : "", argc > 1 ? argv[1] : "", argv[0],
            buf_str(&text));
    else
        status = print_out(buf_str(&text)) == 0 ? EXIT_OK : EXIT_FAILED;
    buf_free(&text);
    return status;
}

static int dispatch(int argc, char **argv)
{
    bool asks = argc > 1 && strcmp(argv[1], "help") == 0;
    const struct command *cmd;
    int words = 0;

    if (argc < 2 || is_one_of(argv[1], "--help", "-h") || (asks && argc == 2))
        return print_commands(argc > 1);
    cmd = command_find(argc - 1 - asks, argv + 1 + asks, &words);
    if (cmd == NULL)
        return not_found(argc - 1 - asks, argv + 1 + asks, asks);
    if (asks)
        return print_help(cmd);
    return run(cmd, argc - words, argv + words);
}

/* Whoever starts us with one of the first three descriptors closed must not
 * find there a database or a connection, written to as if it were stderr. What
 * is missing can be read, at its end, and not be written to. */
static void hold_first_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argv[0];

    hold_first_descriptors();
    /* A reader that goes away is an error of its write, not our end. */
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && is_one_of(argv[1], "--version", "-V"))
        return print_out("hffs " HFFS_VERSION "\n") == 0 ? EXIT_OK
                                                         : EXIT_FAILED;
    if (argc > 0 && strcmp(name, "hffs-nfs") == 0)
        return run(&cmd_nfs, argc, argv);
    return dispatch(argc, argv);
}
