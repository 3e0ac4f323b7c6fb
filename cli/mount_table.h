/* What is mounted where. Reading the table never touches a mounted file
 * system, so it is safe beside a mount whose server is gone. */
#ifndef CLI_MOUNT_TABLE_H
#define CLI_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount_entry {
    char *point;   /* as the kernel knows it: canonical, unescaped */
    char *type;    /* "nfs" */
    char *source;  /* "127.0.0.1:/export" */
    char *options; /* of the file system: "ro,vers=3,...,port=20490" */
    unsigned dev_major;
    unsigned dev_minor;
};

/* In the order of mounting: a later entry hides an earlier one at the same
 * point. Zeroed means empty. */
struct mount_table {
    struct mount_entry *entry;
    size_t n;
};

/* ---- mount_table_linux.c, mount_table_darwin.c. 0 or -errno. */
int mount_table_read(struct mount_table *out);

/* ---- mount_table.c */
void mount_table_free(struct mount_table *t);
void mount_table_add(struct mount_table *t, const struct mount_entry *e);

/* What one sees at exactly this path, or NULL: it is no mount point. */
const struct mount_entry *mount_table_at(
    const struct mount_table *t, const char *point);

/* Reads the table and says whether the mount at point is still the one of this
 * source. An unreadable table counts as "still there". */
bool mount_still_there(const char *point, const char *source);

/* The text of /proc/self/mountinfo (proc(5)); malformed lines are left out. */
void mountinfo_parse(const char *text, size_t n, struct mount_table *out);

/* Undoes the escapes of mountinfo and fstab, "\040" for a space. In place. */
void mountinfo_unescape(char *text);

/* ---- A mount of this program, seen from outside. */

/* The export path is "/" and this many hex digits. */
#define EXPORT_SECRET_SIZE 16
#define EXPORT_PATH_SIZE (1 + 2 * EXPORT_SECRET_SIZE + 1)

struct own_mount {
    char host[64];
    char export_path[EXPORT_PATH_SIZE];
    uint16_t port; /* 0: the system does not tell */
};

/* An NFS mount of an export that looks like one of ours. */
bool mount_entry_own(const struct mount_entry *e, struct own_mount *out);

/* One of ours, alive or dead, is what one sees at this path. */
bool mount_is_own(const char *point);

#endif
