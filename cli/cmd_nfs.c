/* hffs-nfs: the mount in the foreground, for terminals, CI and containers. */
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/mount_options.h"
#include "cli/server.h"

static const struct opt_group *const groups[] = {
    &mount_group_run,
    &mount_group_source,
    &mount_group_hub,
    &mount_group_cache,
    &mount_group_mount,
    &mount_group_server,
    &mount_group_program,
    &mount_group_compat,
    &mount_group_internal,
    NULL,
};

const struct command cmd_nfs = {
    .name = "nfs",
    .usage = "hffs-nfs repo ID MOUNTPOINT [options]",
    .summary = "Mount a repo of the Hub and serve it until it is unmounted",
    .about =
        "ID is NS/NAME for a model, datasets/NS/NAME or spaces/NS/NAME; "
        "folders\nafter it mount that part only. One line on stdout says when "
        "the mount is\nready; the log goes to stderr. Ctrl-C or SIGTERM "
        "unmounts and ends; while\nprograms use the mount it stays, and a "
        "second signal detaches it by force.\nKilled and started again with "
        "the same words, it takes up its old mount, and\nprograms that were "
        "reading go on.",
    .groups = groups,
    .values_size = sizeof(struct mount_values),
    .words_min = 2,
    .words_max = 3,
    .run = server_run,
};
