/* A folder as a repo: what is in it becomes a commit, once. */
#ifndef HUB_LOCAL_SNAPSHOT_H
#define HUB_LOCAL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "hub/hub.h"

struct blobs;
struct meta;
struct op;
struct pool;

/* Strings are borrowed until op wakes. */
struct snapshot_config {
    struct meta *meta;
    struct blobs *blobs;
    struct pool *pool;
    enum hub_kind kind;
    const char *name; /* of the repo */
    const char *folder;
    const char *avoid;  /* a folder in it that is no part: the root */
    const char *author; /* of the commit */
    bool private;       /* of a mirror, and of a repo that is made */
    /* For an import: the repo is none of a folder, before or afterwards, and
     * has further files. */
    bool import;
    bool remove_others;             /* those that are not in the folder go */
    const char *title;              /* of the commit; NULL: a usual one */
    struct snapshot_result *result; /* or NULL */
};

struct snapshot_result {
    size_t files; /* in the folder */
    bool made;    /* a commit: something was new */
    uint8_t oid[SHA1_SIZE];
};

/* Compares the folder with the repo's last snapshot, copies what is new into
 * the blobs, and commits it. A folder that did not change costs a look at its
 * files' sizes and times, and makes no commit. A crash at any moment leaves
 * the last snapshot. -EEXIST when the repo is there and was not made from a
 * folder, or for an import, when it was; otherwise the folder's or the disk's
 * error. */
void snapshot_run(const struct snapshot_config *config, struct op *op);

#endif
