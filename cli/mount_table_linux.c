/* Linux: /proc/self/mountinfo. */
#include "cli/mount_table.h"

#include "base/buf.h"
#include "base/file.h"

#define MOUNTINFO_MAX ((size_t)64 << 20)

int mount_table_read(struct mount_table *out)
{
    struct buf text = {0};
    int err = file_read_all("/proc/self/mountinfo", MOUNTINFO_MAX, &text);

    if (err == 0)
        mountinfo_parse(buf_str(&text), text.len, out);
    buf_free(&text);
    return err;
}
