/* What a folder holds, for a snapshot of it. Blocks: for pool jobs. */
#ifndef HUB_LOCAL_SCAN_H
#define HUB_LOCAL_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "hub/local_meta_commit.h"

struct scan_file {
    char *path; /* relative to the folder */
    struct seen seen;
    bool executable;
    bool linked; /* reached by a symbolic link */
};

struct scan {
    int root_fd;
    char *root;       /* the folder without any link in its path */
    struct buf files; /* of struct scan_file, sorted by path */
    size_t skipped;   /* what no repo can hold; warned about */
    uint64_t avoid_device;
    uint64_t avoid_inode; /* 0: none */
};

/* Every regular file below the folder. Links are followed when they stay
 * inside it. ".git", what the Hub's clients leave behind in ".cache", and the
 * folder `avoid` are passed over. scan_fini() in any case. */
int scan_folder(const char *folder, const char *avoid, struct scan *out);
void scan_fini(struct scan *s);

static inline struct scan_file *scan_files(const struct scan *s, size_t *n)
{
    *n = s->files.len / sizeof(struct scan_file);
    return (struct scan_file *)(void *)s->files.data;
}

/* A descriptor for reading the file, and what it is now; -ELOOP when it is
 * none of the folder's any more. */
int scan_open(
    const struct scan *s, const struct scan_file *file, struct seen *now);

#endif
