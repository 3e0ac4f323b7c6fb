/* Starting another process of this program with the options of this one. */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include <uv.h>

#include "cli/child.h"
#include "cli/mount_target.h"

struct invocation;
struct op;

struct launch {
    uv_loop_t *loop;
    const struct invocation *in; /* of start or supervise */
    const struct mount_target *target;
    const char *program; /* argv[0]: "hffs", "hffs-nfs" */
    const char *command; /* NULL: none, as for hffs-nfs */
    bool detached;
    bool restarted; /* see struct mount_values */
};

/* Runs it as child_run() does, with a pipe for its report. The token travels
 * in the environment, where only this user can see it. */
void launch_run(struct child *c, const struct launch *l, struct op *op);

#endif
