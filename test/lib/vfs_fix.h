/* For unit tests of vfs/: a mount over a scripted source. */
#ifndef TEST_LIB_VFS_FIX_H
#define TEST_LIB_VFS_FIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/work.h"
#include "cache/cache.h"
#include "test/lib/script_source.h"
#include "vfs/vfs.h"

struct fix {
    uv_loop_t loop;
    struct pool pool;
    struct cache *cache;
    struct vfs *v;
    struct script s;
    char *dir;
    size_t inode_limit;
};

int open_vfs(struct fix *f);
void close_vfs(struct fix *f, bool clean);
void reopen(struct fix *f, bool clean);

/* cmocka's: *state becomes a struct fix with a mount of a few files. */
int vfs_setup(void **state);
int vfs_teardown(void **state);

int lookup(struct fix *f, uint64_t dir, const char *name, struct vfs_attr *out);
int getattr(struct fix *f, uint64_t ino, struct vfs_attr *out);
/* Walks a path; the last attributes are left in *out. */
int walk(struct fix *f, const char *path, struct vfs_attr *out);

struct names {
    struct buf text; /* "name\n" each */
    size_t n;
    size_t room; /* entries a call takes */
    size_t in_call;
    uint64_t cookie;
};

int list_some(struct fix *f, uint64_t dir, struct names *l, bool *eof);
void list_all(struct fix *f, uint64_t dir, struct names *l, size_t room);
void add_many(struct fix *f, const char *dir, size_t n);
/* Every name of add_many() once, in any order. */
void check_many(struct names *l, size_t n);

#endif
