/* The table of hot inodes. Two chained hash tables over one allocation per
 * inode: uthash would add 112 bytes to each, half of it again, and a bounded
 * table needs no growing. */
#include "vfs/inode.h"

#include "base/digest.h"
#include "base/mem.h"
#include "vfs/node.h"

#include <stdlib.h>
#include <string.h>

void inodes_init(struct inodes *t, size_t limit)
{
    size_t buckets = 1024;

    while (buckets < limit)
        buckets *= 2;
    *t = (struct inodes){.limit = limit, .mask = buckets - 1};
    t->by_ino = xcalloc(buckets, sizeof(struct inode *));
    t->by_name = xcalloc(buckets, sizeof(struct inode *));
    random_bytes(&t->salt, sizeof(t->salt));
    TAILQ_INIT(&t->used);
}

static uint64_t mix(uint64_t v)
{
    v ^= v >> 33;
    v *= 0xff51afd7ed558ccdULL;
    v ^= v >> 33;
    return v;
}

static struct inode **ino_bucket(struct inodes *t, uint64_t ino)
{
    return &t->by_ino[mix(ino) & t->mask];
}

static struct inode **name_bucket(
    struct inodes *t, uint64_t parent, const char *name, size_t len)
{
    uint64_t h = checksum64(name, len, t->salt ^ parent);

    return &t->by_name[h & t->mask];
}

static bool name_is(
    const struct inode *i, uint64_t parent, const char *name, size_t len)
{
    return i->parent == parent && i->name_len == len &&
        memcmp(i->name, name, len) == 0;
}

static void unlink_ino(struct inodes *t, struct inode *i)
{
    struct inode **p = ino_bucket(t, i->ino);

    while (*p != i)
        p = &(*p)->next_ino;
    *p = i->next_ino;
}

static void unlink_name(struct inodes *t, struct inode *i)
{
    struct inode **p = name_bucket(t, i->parent, i->name, i->name_len);

    while (*p != i)
        p = &(*p)->next_name;
    *p = i->next_name;
}

static void drop(struct inodes *t, struct inode *i)
{
    if (i->ino != 0)
        unlink_ino(t, i);
    unlink_name(t, i);
    TAILQ_REMOVE(&t->used, i, used);
    t->n--;
    free(i);
}

void inodes_fini(struct inodes *t)
{
    struct inode *i;

    while ((i = TAILQ_FIRST(&t->used)) != NULL)
        drop(t, i);
    free(t->by_ino);
    free(t->by_name);
}

static struct inode *touch(struct inodes *t, struct inode *i)
{
    TAILQ_REMOVE(&t->used, i, used);
    TAILQ_INSERT_TAIL(&t->used, i, used);
    return i;
}

struct inode *inode_find(struct inodes *t, uint64_t ino)
{
    struct inode *i = ino != 0 ? *ino_bucket(t, ino) : NULL;

    while (i != NULL && i->ino != ino)
        i = i->next_ino;
    return i != NULL ? touch(t, i) : NULL;
}

struct inode *inode_find_name(
    struct inodes *t, uint64_t parent, const char *name, size_t len)
{
    struct inode *i = *name_bucket(t, parent, name, len);

    while (i != NULL && !name_is(i, parent, name, len))
        i = i->next_name;
    return i != NULL ? touch(t, i) : NULL;
}

static struct inode *add(struct inodes *t, uint64_t ino, uint64_t parent,
    const char *name, size_t len)
{
    struct inode *old = inode_find_name(t, parent, name, len);
    struct inode *i;
    struct inode **bucket;

    if (old != NULL)
        drop(t, old);
    if (t->n >= t->limit)
        drop(t, TAILQ_FIRST(&t->used));
    i = xmalloc(sizeof(*i) + len);
    *i = (struct inode){.ino = ino, .parent = parent, .name_len = (uint8_t)len};
    memcpy(i->name, name, len);
    if (ino != 0) {
        bucket = ino_bucket(t, ino);
        i->next_ino = *bucket;
        *bucket = i;
    }
    bucket = name_bucket(t, parent, name, len);
    i->next_name = *bucket;
    *bucket = i;
    TAILQ_INSERT_TAIL(&t->used, i, used);
    t->n++;
    return i;
}

struct inode *inode_put(struct inodes *t, const struct node *n)
{
    struct inode *i = inode_find(t, n->ino);

    if (i != NULL && !name_is(i, n->parent, n->name, n->name_len)) {
        drop(t, i); /* it moved */
        i = NULL;
    }
    if (i == NULL)
        i = add(t, n->ino, n->parent, n->name, n->name_len);
    i->size_bytes = n->size_bytes;
    i->mtime_ns = n->mtime_ns;
    i->ctime_ns = n->ctime_ns;
    i->gen = n->gen;
    i->listed = n->listed;
    i->subdirs = n->subdirs;
    i->kind = (uint8_t)n->kind;
    return i;
}

void inode_put_absent(
    struct inodes *t, uint64_t parent, const char *name, size_t len)
{
    (void)add(t, 0, parent, name, len);
}

void inode_forget(struct inodes *t, uint64_t ino)
{
    struct inode *i = inode_find(t, ino);

    if (i != NULL)
        drop(t, i);
}
