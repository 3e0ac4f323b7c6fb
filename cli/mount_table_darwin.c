/* macOS: getfsstat(2), told not to ask the file systems themselves. */
#include "cli/mount_table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/mount.h>

#include "base/mem.h"

#define SPARE 16 /* mounts that may appear between the two calls */

int mount_table_read(struct mount_table *out)
{
    int n = getfsstat(NULL, 0, MNT_NOWAIT);
    struct statfs *fs;

    if (n < 0)
        return -errno;
    n += SPARE;
    fs = xcalloc((size_t)n, sizeof(*fs));
    n = getfsstat(fs, n * (int)sizeof(*fs), MNT_NOWAIT);
    for (int i = 0; i < n; i++) {
        struct mount_entry e = {.point = fs[i].f_mntonname,
            .type = fs[i].f_fstypename,
            .source = fs[i].f_mntfromname,
            .options = (char[]){""}};

        mount_table_add(out, &e);
    }
    free(fs);
    return n < 0 ? -errno : 0;
}
