/* macOS: mount_nfs(8), which an ordinary user may run for a directory of their
 * own. `locallocks` and not `nolocks`, which makes every lock fail. */
#include "cli/mount_cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/invocation.h"

static void options_text(const struct mount_spec *spec, struct buf *out)
{
    buf_addf(out,
        "vers=3,tcp,locallocks,port=%u,mountport=%u,rsize=1048576,"
        "wsize=1048576,actimeo=%llu,hard,rdonly,nobrowse,nosuid,nodev",
        spec->port, spec->port,
        (unsigned long long)(spec->ttl_ms + 999) / 1000);
    if (spec->options != NULL && spec->options[0] != '\0')
        buf_addf(out, ",%s", spec->options);
}

unsigned mount_ways(
    const struct mount_spec *spec, enum mount_way ways[MOUNT_WAYS_MAX])
{
    unsigned n = 0;

    (void)spec;
    ways[n++] = MOUNT_DIRECT;
    if (geteuid() != 0)
        ways[n++] = MOUNT_SUDO;
    return n;
}

unsigned umount_ways(enum mount_way ways[MOUNT_WAYS_MAX])
{
    return mount_ways(NULL, ways);
}

static void add_sudo(enum mount_way way, struct opt_list *argv)
{
    if (way != MOUNT_SUDO)
        return;
    opt_list_add(argv, "sudo");
    opt_list_add(argv, "-n");
}

void mount_argv(
    const struct mount_spec *spec, enum mount_way way, struct opt_list *argv)
{
    struct buf text = {0};

    add_sudo(way, argv);
    opt_list_add(argv, "mount_nfs");
    opt_list_add(argv, "-o");
    options_text(spec, &text);
    opt_list_add(argv, buf_str(&text));
    buf_clear(&text);
    mount_source(spec, &text);
    opt_list_add(argv, buf_str(&text));
    opt_list_add(argv, spec->point);
    buf_free(&text);
}

void umount_argv(
    const char *point, enum mount_way way, bool force, struct opt_list *argv)
{
    add_sudo(way, argv);
    opt_list_add(argv, "umount");
    if (force)
        opt_list_add(argv, "-f");
    opt_list_add(argv, point);
}

bool mount_explain(
    const struct mount_spec *spec, const char *said, struct buf *out)
{
    bool forbidden = strstr(said, "not permitted") != NULL ||
        strstr(said, "ermission denied") != NULL;

    buf_addf(out, "cannot mount on %s: ", spec->point);
    if (forbidden)
        buf_adds(out,
            "choose a directory that you own and that is not below /Volumes, "
            "or run this as root; --no-mount serves without mounting. The "
            "system said: ");
    buf_adds(out, said);
    return forbidden;
}

void mount_users(const char *point, struct buf *out)
{
    (void)point;
    buf_adds(out, "; lsof +f -- MOUNTPOINT lists them");
}

void mount_raise_read_ahead(const char *point)
{
    (void)point; /* an option of the mount here, 16 by default */
}
