/* A file system in memory behind vfs/vfs.h, so that nfsd can be tested and
 * measured without the layers below it.
 *
 * memvfs.c defines the functions of vfs/vfs.h and so cannot be in a library
 * beside the real ones: a program that wants it includes memvfs.c. */
#ifndef TEST_MEMVFS_H
#define TEST_MEMVFS_H

#include <stdint.h>
#include <uv.h>

struct vfs;

/* An empty root directory, owned by uid and gid. */
struct vfs *memvfs_new(uv_loop_t *loop, uint32_t uid, uint32_t gid);
void memvfs_free(struct vfs *v); /* once nothing waits in it */

/* Each returns the new inode. The parent exists, the name is new in it. */
uint64_t memvfs_dir(struct vfs *v, uint64_t parent, const char *name);
uint64_t memvfs_file(
    struct vfs *v, uint64_t parent, const char *name, uint64_t size);
uint64_t memvfs_link(
    struct vfs *v, uint64_t parent, const char *name, const char *target);

void memvfs_set_mode(struct vfs *v, uint64_t ino, uint32_t mode);
void memvfs_set_mtime(struct vfs *v, uint64_t ino, int64_t ns);

/* The file's content comes from fd by pread; takes the descriptor over. */
void memvfs_set_fd(struct vfs *v, uint64_t ino, int fd);

/* Reads, look-ups and listings of ino take ms, or fail with err. */
void memvfs_set_delay(struct vfs *v, uint64_t ino, unsigned ms);
void memvfs_set_error(struct vfs *v, uint64_t ino, int err);

/* Attributes are not in memory until somebody asked for them. */
void memvfs_set_cold(struct vfs *v, uint64_t ino);

/* The content of files that have no descriptor. */
static inline uint8_t memvfs_byte(uint64_t ino, uint64_t offset)
{
    uint64_t v = (offset / 8 + ino) * 0x9e3779b97f4a7c15U;

    v ^= v >> 29;
    return (uint8_t)(v >> (offset % 8 * 8));
}

#endif
