/* Private to vfs/: one mount, and what its parts share. */
#ifndef VFS_MOUNT_H
#define VFS_MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/op.h"
#include "vfs/inode.h"
#include "vfs/node.h"
#include "vfs/source.h"
#include "vfs/state.h"
#include "vfs/vfs.h"

struct lister;
struct open_file;
struct dir_page;

struct vfs {
    struct vfs_config config;
    struct pool *pool;
    struct source *source;
    struct cache *cache;
    struct state *state;
    struct source_revision revision;
    uint32_t gen; /* generation of that revision; at least 1 */

    struct inodes inodes;
    struct lister *listers;             /* under way, by directory */
    struct open_file *files;            /* by inode number */
    TAILQ_HEAD(, open_file) files_used; /* least recently used first */
    size_t n_files;
    TAILQ_HEAD(page_list, dir_page) pages; /* least recently used first */
    size_t n_pages;

    struct vfs_stats stats;
    unsigned active;      /* operations under way */
    struct op_list quiet; /* wait for active to be 0 */
};

/* Every operation that outlives its caller's look at the mount counts. */
void vfs_busy(struct vfs *v);
void vfs_idle(struct vfs *v);

void vfs_fill_attr(
    const struct vfs *v, const struct inode *i, struct vfs_attr *out);

/* ---- load.c: inodes and names that are not in memory */

/* Brings ino into memory, confirmed in this generation: inode_find() has it in
 * the step that follows. -ESTALE if there is none. */
void vfs_need(struct vfs *v, uint64_t ino, struct op *op);

/* ---- list.c */

/* Waits for the next progress (a page, or the end) of the listing of dir, and
 * starts it if there is none. Fails with the listing's error. */
void vfs_list(struct vfs *v, uint64_t dir, struct op *op);

/* Pages of a directory become visible in ascending order of ino while it is
 * being listed; not so when it was listed in an older generation. */
bool vfs_list_streams(struct vfs *v, uint64_t dir);

/* ---- readdir.c, read.c */
void vfs_pages_free(struct vfs *v);
void vfs_pages_forget(struct vfs *v, uint64_t dir); /* they changed */
void vfs_files_free(struct vfs *v);

#endif
