/* Mounting and unmounting as waits of an operation: the command runs as a
 * child, while the loop serves what it asks. */
#ifndef CLI_MOUNTING_H
#define CLI_MOUNTING_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/op.h"
#include "base/timer.h"
#include "cli/child.h"
#include "cli/invocation.h"
#include "cli/mount_cmd.h"

/* Embedded where the waiting operation lives; zero it before use. */
struct mounting {
    struct op op;
    uv_loop_t *loop;
    const struct mount_spec *spec; /* of mounting */
    const char *point;             /* of unmounting */
    bool force;
    enum mount_way ways[MOUNT_WAYS_MAX];
    unsigned n_ways;
    unsigned at; /* the way being tried */
    struct child child;
    struct buf said; /* output of what failed, a line each */
};

/* Tries all ways. -EPERM when it is a matter of permission or the kernel has
 * no NFS client, -EIO for anything else, with m->said; see mount_explain(). */
void mount_run(struct mounting *m, uv_loop_t *loop,
    const struct mount_spec *spec, struct op *op);

/* -EBUSY when programs use the mount, -EIO else. force detaches it in any
 * case. */
void umount_run(struct mounting *m, uv_loop_t *loop, const char *point,
    bool force, struct op *op);

void mounting_fini(struct mounting *m);

/* umount_run() for a program without a loop; what failed is added to *said. */
int umount_now(const char *point, bool force, struct buf *said);

#endif
