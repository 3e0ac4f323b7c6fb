/* What a frontend (nfsd/, later fuse/) may ask of a mounted file system.
 *
 * Objects are named by inode number, which is the NFS fileid: never 0, never
 * reused, and the same for the same file across restarts. A frontend sees this
 * header and nothing below it; nothing here knows NFS or HTTP.
 *
 * All asynchronous functions follow base/op.h. Common errors: -ESTALE no such
 * inode (any more), -ENOTDIR, -EISDIR, -ENOENT, -EIO the Hub or the disk
 * failed, -EACCES the Hub refused, -EROFS. */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bytes;
struct op;
struct pool;
struct source;
struct cache;
struct vfs; /* one mount */

#define VFS_ROOT_INO 1
#define VFS_READ_MAX ((uint32_t)1 << 20)

enum vfs_kind { VFS_FILE = 1, VFS_DIR, VFS_SYMLINK };

struct vfs_attr {
    uint64_t ino;
    uint64_t size_bytes;
    uint64_t used_bytes;
    int64_t atime_ns; /* since 1970 */
    int64_t mtime_ns;
    int64_t ctime_ns; /* changes whenever content or attributes do */
    uint32_t mode;    /* permission bits only */
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    enum vfs_kind kind;
};

/* ---- Life of a mount */

struct vfs_config {
    struct pool *pool;
    struct source *source; /* borrowed; outlives the vfs */
    struct cache *cache;   /* borrowed; outlives the vfs */
    const char *state_dir; /* of this mount; exists, mode 0700 */
    uint32_t uid;          /* owner that attributes show */
    uint32_t gid;
    size_t inode_limit;  /* hot inodes kept in memory */
    size_t window_bytes; /* most read-ahead of one file */
    bool resolve_anew;   /* the revision, also after an unclean end: no client
                            can have survived it */
};

/* Opens or creates the mount's database, resolves the source's revision (or
 * keeps the one that is pinned) and has the root ready. *out is the mount. */
void vfs_open(const struct vfs_config *config, struct vfs **out, struct op *op);

/* Waits for what is under way. clean: the mount ended on purpose, so that the
 * next start may resolve the revision anew. Frees v. */
void vfs_close(struct vfs *v, bool clean, struct op *op);

/* What a frontend keeps with the mount across restarts: small named values
 * (port, export secret, key of handles), durable when set returns. get gives
 * -ENOENT for a name never set, -ERANGE if cap is too small. Synchronous: only
 * before serving starts. */
int vfs_value_get(
    struct vfs *v, const char *name, void *p, size_t cap, size_t *len);
int vfs_value_set(struct vfs *v, const char *name, const void *p, size_t len);

/* The revision that is pinned: for a repo, the commit sha. */
const char *vfs_revision(const struct vfs *v);

struct vfs_info {
    bool read_only;
    uint64_t total_bytes; /* for FSSTAT; what is known, never absurd */
    uint64_t free_bytes;
    uint64_t total_files;
    uint64_t free_files;
};

struct vfs_info vfs_info(const struct vfs *v);

/* For `hffs status` and tests: counters since the start. */
struct vfs_stats {
    uint64_t hot_inodes;
    uint64_t entries;       /* in the tree, on disk */
    uint64_t hidden_names;  /* could not be shown */
    uint64_t read_bytes;    /* given to readers */
    uint64_t fetched_bytes; /* asked of the Hub for file data */
    uint64_t damaged;       /* contents that failed verification */
};

struct vfs_stats vfs_stats(const struct vfs *v);

/* ---- Names and attributes */

void vfs_getattr(
    struct vfs *v, uint64_t ino, struct vfs_attr *out, struct op *op);

/* The attributes if they are in memory, as they are after any operation on
 * ino: for post-op attributes of replies, errors included. Never waits. */
bool vfs_attr_now(struct vfs *v, uint64_t ino, struct vfs_attr *out);

/* "." and ".." work. -ENAMETOOLONG over 255 bytes. */
void vfs_lookup(struct vfs *v, uint64_t dir, const char *name, size_t len,
    struct vfs_attr *out, struct op *op);

/* The target is appended to *out. -EINVAL if ino is not a link. */
struct buf;
void vfs_readlink(struct vfs *v, uint64_t ino, struct buf *out, struct op *op);

/* One entry of a listing. Cookies are ascending, at least 1 and below 2^63,
 * unique in their low 32 bits, and name the position after the entry, for
 * ever: a listing resumed from one gives every other entry exactly once,
 * whatever was added or removed meanwhile. */
struct vfs_dirent {
    const char *name; /* not terminated; valid during the call */
    size_t name_len;
    uint64_t cookie;
    struct vfs_attr attr; /* attr.ino is the entry's fileid */
};

/* Takes an entry; false: no room for it, stop before it. */
typedef bool vfs_dirent_fn(void *ctx, const struct vfs_dirent *entry);

/* Calls fn for the entries after cookie (0: from the start, with "." and
 * ".."), on the loop thread, until it refuses or the directory ends (*eof).
 * Waits for the Hub only while nothing has been given yet. A cookie that was
 * never handed out resumes at the next position. */
void vfs_readdir(struct vfs *v, uint64_t dir, uint64_t cookie,
    vfs_dirent_fn *fn, void *ctx, bool *eof, struct op *op);

/* ---- Data */

#define VFS_PARTS_MAX 4

/* What a read found, as references: nothing is copied. Zeroed means empty;
 * vfs_data_free() drops the references. */
struct vfs_data {
    size_t len; /* bytes in all parts */
    bool eof;   /* the last byte is the file's last, or the offset is past it */
    size_t n_parts;
    struct vfs_data_part {
        struct bytes *ref; /* owns one reference */
        const uint8_t *p;
        size_t len;
    } part[VFS_PARTS_MAX];
};

void vfs_data_free(struct vfs_data *d);

/* len is at most VFS_READ_MAX. Never short except at the end of the file. */
void vfs_read(struct vfs *v, uint64_t ino, uint64_t offset, uint32_t len,
    struct vfs_data *out, struct op *op);

#endif
