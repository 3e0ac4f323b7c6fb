/* Linux: mount(8) and umount(8), as root or by sudo or by a line of fstab. */
#include "cli/mount_cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/fstab.h"
#include "cli/invocation.h"
#include "cli/mount_table.h"

#define READ_AHEAD_KB "8192\n"

/* `nolock`, as a server on a port of its own cannot offer the lock manager;
 * locks then work between the programs of this machine. */
static void options_text(const struct mount_spec *spec, struct buf *out)
{
    buf_addf(out,
        "vers=3,proto=tcp,nolock,port=%u,mountport=%u,mountproto=tcp,"
        "rsize=1048576,wsize=1048576,actimeo=%llu,hard,ro,nosuid,nodev",
        spec->port, spec->port,
        (unsigned long long)(spec->ttl_ms + 999) / 1000);
    if (spec->options != NULL && spec->options[0] != '\0')
        buf_addf(out, ",%s", spec->options);
}

/* mount(8) looks for its helper in these, whatever PATH says. */
static bool have_helper(void)
{
    return access("/sbin/mount.nfs", X_OK) == 0 ||
        access("/usr/sbin/mount.nfs", X_OK) == 0;
}

unsigned mount_ways(
    const struct mount_spec *spec, enum mount_way ways[MOUNT_WAYS_MAX])
{
    unsigned n = 0;

    if (geteuid() == 0) {
        ways[n++] = have_helper() ? MOUNT_DIRECT : MOUNT_BARE;
        return n;
    }
    if (fstab_ask(spec) == FSTAB_ALLOWS)
        ways[n++] = MOUNT_FSTAB;
    ways[n++] = MOUNT_SUDO;
    return n;
}

unsigned umount_ways(enum mount_way ways[MOUNT_WAYS_MAX])
{
    unsigned n = 0;

    if (geteuid() == 0) {
        ways[n++] = MOUNT_BARE;
        return n;
    }
    ways[n++] = MOUNT_FSTAB;
    ways[n++] = MOUNT_SUDO;
    return n;
}

static void add_words(struct opt_list *argv, const char *const *words)
{
    for (; *words != NULL; words++)
        opt_list_add(argv, *words);
}

void mount_argv(
    const struct mount_spec *spec, enum mount_way way, struct opt_list *argv)
{
    static const char *const sudo[] = {"sudo", "-n", NULL};
    bool bare = way == MOUNT_BARE || (way == MOUNT_SUDO && !have_helper());
    struct buf text = {0};

    if (way == MOUNT_SUDO)
        add_words(argv, sudo);
    opt_list_add(argv, "mount");
    if (way == MOUNT_FSTAB) {
        opt_list_add(argv, spec->point);
        return;
    }
    if (bare)
        opt_list_add(argv, "-i");
    opt_list_add(argv, "-t");
    opt_list_add(argv, "nfs");
    opt_list_add(argv, "-o");
    options_text(spec, &text);
    /* What mount.nfs would have found out for the kernel. */
    if (bare)
        buf_addf(&text, ",addr=%s", spec->host);
    opt_list_add(argv, buf_str(&text));
    buf_clear(&text);
    mount_source(spec, &text);
    opt_list_add(argv, buf_str(&text));
    opt_list_add(argv, spec->point);
    buf_free(&text);
}

/* Without its helper, umount does not look for a port mapper that would have
 * to be told, nor at the mounted directory. */
void umount_argv(
    const char *point, enum mount_way way, bool force, struct opt_list *argv)
{
    static const char *const sudo[] = {"sudo", "-n", NULL};
    static const char *const bare[] = {"-i", "-c", NULL};
    static const char *const forced[] = {"-f", "-l", NULL};

    if (way == MOUNT_SUDO)
        add_words(argv, sudo);
    opt_list_add(argv, "umount");
    if (way != MOUNT_FSTAB)
        add_words(argv, bare);
    if (force)
        add_words(argv, forced);
    opt_list_add(argv, point);
}

static void explain_root(const char *said, struct buf *out)
{
    if (strstr(said, "ermission denied") != NULL ||
        strstr(said, "not permitted") != NULL)
        buf_adds(out,
            "this process is root but may not mount, as in a container "
            "without CAP_SYS_ADMIN: start the container with that capability "
            "(docker run --cap-add SYS_ADMIN --security-opt "
            "apparmor=unconfined)");
    else
        buf_adds(out,
            "this kernel has no NFS client: load it with modprobe nfs, or use "
            "a kernel that has it");
}

static void explain_user(const struct mount_spec *spec, struct buf *out)
{
    struct buf options = {0};

    options_text(spec, &options);
    buf_adds(out,
        "only root may mount, and sudo does not work without a password. Any "
        "of these allows it: run this as root; let sudo run mount and umount "
        "without a password; ");
    if (fstab_ask(spec) == FSTAB_DIFFERS)
        buf_addf(out, "change the line for %s in /etc/fstab to", spec->point);
    else
        buf_adds(out, "add this line to /etc/fstab");
    buf_adds(out, " (port and path stay the same):\n    ");
    fstab_line(spec, buf_str(&options), out);
    buf_adds(out, "\n");
    buf_free(&options);
}

static bool no_client(const char *said)
{
    return strstr(said, "No such device") != NULL ||
        strstr(said, "unknown filesystem type") != NULL;
}

/* Of mount, mount.nfs and sudo, in the C locale. */
static bool is_permission(const char *said)
{
    static const char *const signs[] = {"ermission denied", "not permitted",
        "must be superuser", "only root", "password is required",
        "terminal is required", "not in the sudoers", "not allowed",
        "failed to apply fstab options", "sudo: no such file"};

    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (strstr(said, signs[i]) != NULL)
            return true;
    }
    return false;
}

bool mount_explain(
    const struct mount_spec *spec, const char *said, struct buf *out)
{
    bool missing = no_client(said);
    bool forbidden = !missing && is_permission(said);

    buf_addf(out, "cannot mount on %s: ", spec->point);
    if (forbidden && geteuid() != 0)
        explain_user(spec, out);
    else if (missing || forbidden)
        explain_root(said, out);
    else
        buf_addf(out, "%s", said);
    if (missing || forbidden)
        buf_addf(out,
            "%sWith --no-mount the server runs without mounting. "
            "The system said: %s",
            out->data[out->len - 1] == '\n' ? "" : ". ", said);
    return missing || forbidden;
}

void mount_raise_read_ahead(const char *point)
{
    struct mount_table table = {0};
    const struct mount_entry *e;
    char path[96];
    int fd;

    if (mount_table_read(&table) == 0 &&
        (e = mount_table_at(&table, point)) != NULL) {
        snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb",
            e->dev_major, e->dev_minor);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
            file_write(fd, READ_AHEAD_KB, strlen(READ_AHEAD_KB));
            close(fd);
        }
    }
    mount_table_free(&table);
}
