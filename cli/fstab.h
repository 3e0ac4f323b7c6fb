/* /etc/fstab: does it let an ordinary user mount this? */
#ifndef CLI_FSTAB_H
#define CLI_FSTAB_H

struct buf;
struct mount_spec;

enum fstab_answer {
    FSTAB_NONE,    /* no line for this mount point */
    FSTAB_DIFFERS, /* there is one, but for another server or without "user" */
    FSTAB_ALLOWS,
};

enum fstab_answer fstab_ask(const struct mount_spec *spec);

/* text: the content of such a file. */
enum fstab_answer fstab_search(const char *text, const struct mount_spec *spec);

/* The line that would allow it, without a line end. options: as for mount. */
void fstab_line(
    const struct mount_spec *spec, const char *options, struct buf *out);

#endif
