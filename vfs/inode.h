/* Hot inodes: a bounded set of rows of the tree in memory, by number and by
 * name, least recently used out first. It may forget anything at any time; the
 * database has it all. Also remembered are names that are known to be absent.
 *
 * Belongs to the loop thread. A pointer is good until the next call that can
 * add an inode; across waits, look up again. */
#ifndef VFS_INODE_H
#define VFS_INODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct node;

struct inode {
    uint64_t ino; /* 0: the name is absent in parent */
    uint64_t parent;
    uint64_t size_bytes;
    int64_t mtime_ns;
    int64_t ctime_ns;
    uint32_t gen;
    uint32_t listed;
    uint32_t subdirs;
    uint8_t kind; /* enum vfs_kind */
    uint8_t name_len;
    struct inode *next_ino;  /* in its bucket */
    struct inode *next_name; /* in its bucket */
    TAILQ_ENTRY(inode) used;
    char name[];
};

struct inodes {
    struct inode **by_ino; /* buckets; a power of two of each */
    struct inode **by_name;
    size_t mask;
    size_t n;
    size_t limit;
    uint64_t salt;            /* of the name hash: names come from outside */
    TAILQ_HEAD(, inode) used; /* least recently used first */
};

void inodes_init(struct inodes *t, size_t limit);
void inodes_fini(struct inodes *t);

struct inode *inode_find(struct inodes *t, uint64_t ino);
struct inode *inode_find_name(
    struct inodes *t, uint64_t parent, const char *name, size_t len);

/* Adds a row, or brings the inode of this number up to date. */
struct inode *inode_put(struct inodes *t, const struct node *n);

/* Remembers that parent has no such name. */
void inode_put_absent(
    struct inodes *t, uint64_t parent, const char *name, size_t len);

void inode_forget(struct inodes *t, uint64_t ino);

#endif
