/* Parts of uploads that have come, as files below a directory. All functions
 * block, and are for pool jobs; any number may run at once. */
#ifndef HUB_LOCAL_PART_H
#define HUB_LOCAL_PART_H

#include <stdint.h>

struct blob_in;
struct upload;

#define PART_TAG_MAX 33 /* a text of hex digits, new for each */

struct part {
    unsigned number;
    char tag[PART_TAG_MAX];
};

/* Keeps what in holds as a part; out tells it from others of its number. */
int part_keep(const char *dir, const struct upload *u, struct blob_in *in,
    struct part *part);

/* Writes parts 1 to n one behind the other, and hashes what it writes. -ENOENT:
 * one is not there; -EBADMSG: they are not what u says. */
int part_join(const char *dir, const struct upload *u, const struct part *part,
    struct blob_in *to);

/* Removes all parts of it; of all that nobody has added to since then. */
int part_remove(const char *dir, const struct upload *u);
int part_sweep(const char *dir, int64_t before_s);

#endif
