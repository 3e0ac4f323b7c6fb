/* The commands that mount and unmount, as words: which ones this system has,
 * and with what privileges they can be tried. */
#ifndef CLI_MOUNT_CMD_H
#define CLI_MOUNT_CMD_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct opt_list;

/* What to mount. All borrowed. */
struct mount_spec {
    const char *host; /* numeric address that the server listens on */
    uint16_t port;
    const char *export_path;
    const char *point;   /* NULL: not known yet */
    uint64_t ttl_ms;     /* of attributes in the kernel */
    const char *options; /* the user's own, last; may be NULL */
};

/* Ways to run a mount or unmount command, in the order they are tried. */
enum mount_way {
    MOUNT_DIRECT,
    MOUNT_BARE,  /* Linux, root: without the helper program mount.nfs */
    MOUNT_FSTAB, /* a line of /etc/fstab lets users mount it */
    MOUNT_SUDO,  /* sudo, if it asks for no password */
};

#define MOUNT_WAYS_MAX 4

/* How often it makes sense to try, for this user, and how. */
unsigned mount_ways(
    const struct mount_spec *spec, enum mount_way ways[MOUNT_WAYS_MAX]);
unsigned umount_ways(enum mount_way ways[MOUNT_WAYS_MAX]);

void mount_argv(
    const struct mount_spec *spec, enum mount_way way, struct opt_list *argv);

/* force: detach even if it is in use or its server is gone. */
void umount_argv(
    const char *point, enum mount_way way, bool force, struct opt_list *argv);

/* "127.0.0.1:/export", as the mount table shows it. */
void mount_source(const struct mount_spec *spec, struct buf *out);

/* The command line to type; "MOUNTPOINT" where the point is not known. */
void mount_command(const struct mount_spec *spec, struct buf *out);

/* Why it could not be mounted, and what would allow it, as the user should
 * read it. said: the output of the last attempt. Returns whether it is a
 * matter of permission (or of a missing NFS client). */
bool mount_explain(
    const struct mount_spec *spec, const char *said, struct buf *out);

/* Programs with a hold on the mount: ": bash (pid 7), ..." or nothing. Looks
 * at other processes of this user only, never at the mount. */
void mount_users(const char *point, struct buf *out);

/* Lets the kernel read further ahead than its 128 KiB. Quiet if it may not. */
void mount_raise_read_ahead(const char *point);

/* ---- mount_cmd.c, the part that all systems share */

/* Text quoted for a shell, if it needs to be. */
void shell_quote(const char *text, struct buf *out);

/* argv as one would type it. */
void shell_line(const struct opt_list *argv, struct buf *out);

#endif
