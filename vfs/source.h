/* Where a mount's tree and bytes come from: the vtable below the tree. A Hub
 * repo or a bucket is a source (vfs/source_hub.c); tests have scripted ones.
 *
 * A source shows one immutable tree at a time, named by its revision id (for a
 * repo the commit sha): everything it lists or reads belongs to that. */
#ifndef VFS_SOURCE_H
#define VFS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cache/content.h"
#include "vfs/vfs.h"

struct op;
struct origin;

/* One name of a listing. */
struct source_entry {
    const char *name; /* one component; not yet checked; lives in the page */
    size_t name_len;
    enum vfs_kind kind;
    uint64_t size_bytes;
    int64_t mtime_ns;          /* 0: not known, use the revision's time */
    struct content_id content; /* of a file; kind CONTENT_NONE if unknown */
};

/* A page of a directory. Zero it before the first page of a directory; the
 * source fills it, and finds in `next` where to go on. */
struct source_page {
    struct source_entry *entry;
    size_t n;
    bool last;       /* no page follows */
    size_t bad;      /* entries left out: malformed, or not below the path */
    struct buf next; /* the source's own cursor */
    struct buf mem;  /* what `entry` and its names point into */
};

void source_page_free(struct source_page *page);

struct source_revision {
    char id[72];     /* a commit sha, for a repo: 40 hex digits */
    int64_t time_ns; /* of the commit: default of every mtime */
};

struct source {
    const struct source_ops *ops;
};

/* Paths are relative to the mount's root: components joined by '/', "" the
 * root itself; the source adds a sub-folder of its own. Errors as in vfs.h:
 * -ENOENT only when the Hub itself said that the path or revision is absent. */
struct source_ops {
    /* Finds out which revision is to be shown now. */
    void (*resolve)(
        struct source *s, struct source_revision *out, struct op *op);

    /* From now on everything belongs to this revision. Does not wait. */
    void (*pin)(struct source *s, const struct source_revision *rev);

    /* The next page of directory `path` into *page. */
    void (*list)(struct source *s, const char *path, struct source_page *page,
        struct op *op);

    /* One path, into a page of one entry (n is 0 when it does not exist). */
    void (*stat)(struct source *s, const char *path, struct source_page *page,
        struct op *op);

    /* Where the bytes of a file come from; the caller owns the reference. The
     * path is copied. */
    struct origin *(*origin)(struct source *s, const char *path,
        const struct content_id *content, uint64_t size_bytes);
};

#endif
