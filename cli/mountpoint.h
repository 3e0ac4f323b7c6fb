/* The directory to mount on: its canonical name, found without touching a
 * mount that is there already, and what is known of such a mount. */
#ifndef CLI_MOUNTPOINT_H
#define CLI_MOUNTPOINT_H

#include <stdbool.h>

#include "cli/mount_table.h"

/* The canonical form of path, whose last components need not exist. A mount
 * point in the table is never looked into, so a dead mount there does no harm.
 * 0 and *out to free(), or -errno (-ELOOP, -EACCES, -ENOTDIR, ...). */
int mountpoint_canonical(
    const char *path, const struct mount_table *t, char **out);

/* Makes the directory and its missing parents; *made says whether path itself
 * was not there. -ENOTDIR when it is something else. */
int mountpoint_make(const char *path, bool *made);

/* inner is outer, or lies below it. Canonical paths. */
bool path_contains(const char *outer, const char *inner);

#endif
