/* The tree is an array of nodes, indexed by inode number, and one hash table
 * of (parent, name). Cookies are positions, as nothing is ever removed. */
#include "test/lib/memvfs/memvfs.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/op.h"
#include "base/path.h"
#include "base/timer.h"
#include "vfs/vfs.h"

#define FIRST_COOKIE 3 /* 1 and 2 name the places after "." and ".." */
#define KEY_MAX (sizeof(uint64_t) + PATH_NAME_MAX)

struct node {
    struct vfs_attr attr;
    struct node *parent;
    char *key; /* parent's inode number, then the name; owned */
    size_t name_len;
    char *target;        /* of a link; owned */
    struct buf children; /* array of struct ref, borrowed */
    struct bytes_pool *pool;
    int fd;
    unsigned delay_ms;
    int error;
    bool cold;
    UT_hash_handle hh;
};

/* An element of the arrays below. */
struct ref {
    struct node *node;
};

struct vfs {
    uv_loop_t *loop;
    uint32_t uid;
    uint32_t gid;
    struct buf nodes; /* array of struct ref, owned; [0] is inode 1 */
    struct node *names;
    struct bytes_pool pool;
};

/* ---- The tree */

static struct node *node_of(struct vfs *v, uint64_t ino)
{
    const struct ref *all = (const void *)v->nodes.data;

    return ino - 1 < v->nodes.len / sizeof(*all) ? all[ino - 1].node : NULL;
}

static const char *name_of(const struct node *n)
{
    return n->key + sizeof(uint64_t);
}

static struct node *node_new(
    struct vfs *v, struct node *parent, const char *name, enum vfs_kind kind)
{
    struct node *n = xcalloc(1, sizeof(*n));
    const struct ref ref = {n};
    size_t len = strlen(name);

    n->parent = parent != NULL ? parent : n;
    n->fd = -1;
    n->name_len = len;
    n->attr = (struct vfs_attr){.kind = kind, .nlink = 1};
    n->attr.ino = v->nodes.len / sizeof(ref) + 1;
    n->attr.uid = v->uid;
    n->attr.gid = v->gid;
    n->attr.mode = kind == VFS_DIR ? 0755 : kind == VFS_FILE ? 0644 : 0777;
    n->attr.mtime_ns = n->attr.ctime_ns = n->attr.atime_ns =
        1700000000123456789;
    n->key = xmalloc(sizeof(uint64_t) + len + 1);
    memcpy(n->key, &n->parent->attr.ino, sizeof(uint64_t));
    memcpy(n->key + sizeof(uint64_t), name, len + 1);
    buf_add(&v->nodes, &ref, sizeof(ref));
    if (kind == VFS_DIR) {
        n->attr.nlink = 2;
        n->parent->attr.nlink++;
    }
    if (parent != NULL) {
        buf_add(&parent->children, &ref, sizeof(ref));
        HASH_ADD_KEYPTR(hh, v->names, n->key, sizeof(uint64_t) + len, n);
    }
    return n;
}

struct vfs *memvfs_new(uv_loop_t *loop, uint32_t uid, uint32_t gid)
{
    struct vfs *v = xcalloc(1, sizeof(*v));

    v->loop = loop;
    v->uid = uid;
    v->gid = gid;
    node_new(v, NULL, "", VFS_DIR);
    return v;
}

void memvfs_free(struct vfs *v)
{
    struct node *n;

    HASH_CLEAR(hh, v->names);
    for (uint64_t ino = 1; (n = node_of(v, ino)) != NULL; ino++) {
        if (n->fd >= 0)
            close(n->fd);
        free(n->key);
        free(n->target);
        buf_free(&n->children);
        free(n);
    }
    buf_free(&v->nodes);
    bytes_pool_fini(&v->pool);
    free(v);
}

uint64_t memvfs_dir(struct vfs *v, uint64_t parent, const char *name)
{
    return node_new(v, node_of(v, parent), name, VFS_DIR)->attr.ino;
}

uint64_t memvfs_file(
    struct vfs *v, uint64_t parent, const char *name, uint64_t size)
{
    struct node *n = node_new(v, node_of(v, parent), name, VFS_FILE);

    n->attr.size_bytes = size;
    n->attr.used_bytes = (size + 511) / 512 * 512;
    return n->attr.ino;
}

uint64_t memvfs_link(
    struct vfs *v, uint64_t parent, const char *name, const char *target)
{
    struct node *n = node_new(v, node_of(v, parent), name, VFS_SYMLINK);

    n->target = xstrdup(target);
    n->attr.size_bytes = strlen(target);
    return n->attr.ino;
}

void memvfs_set_mode(struct vfs *v, uint64_t ino, uint32_t mode)
{
    node_of(v, ino)->attr.mode = mode;
}

void memvfs_set_mtime(struct vfs *v, uint64_t ino, int64_t ns)
{
    node_of(v, ino)->attr.mtime_ns = ns;
}

void memvfs_set_fd(struct vfs *v, uint64_t ino, int fd)
{
    node_of(v, ino)->fd = fd;
}

void memvfs_set_delay(struct vfs *v, uint64_t ino, unsigned ms)
{
    node_of(v, ino)->delay_ms = ms;
}

void memvfs_set_error(struct vfs *v, uint64_t ino, int err)
{
    node_of(v, ino)->error = err;
}

void memvfs_set_cold(struct vfs *v, uint64_t ino)
{
    node_of(v, ino)->cold = true;
}

/* ---- Requests: what was asked, to be answered now or later */

struct request {
    struct op op;
    struct timer timer;
    struct vfs *v;
    int (*answer)(struct request *r, struct node *n);
    uint64_t ino;
    const char *name; /* borrowed from the caller, who waits */
    size_t len;       /* of the name, or of the data */
    uint64_t at;      /* offset or cookie */
    void *out;
    vfs_dirent_fn *fn;
    void *ctx;
};

static int answer(struct request *r)
{
    struct node *n = node_of(r->v, r->ino);

    if (n == NULL)
        return -ESTALE;
    n->cold = false;
    return n->error != 0 ? n->error : r->answer(r, n);
}

static void answer_late(struct op *op)
{
    int err = answer(container_of(op, struct request, op));

    if (err != 0)
        op_fail(op, err);
}

static void sleep_first(struct op *op)
{
    struct request *r = container_of(op, struct request, op);

    timer_sleep(&r->timer, r->v->loop, node_of(r->v, r->ino)->delay_ms, op);
    op_then(op, answer_late);
}

static void end_late(struct op *op)
{
    free(container_of(op, struct request, op));
}

static void ask(struct request *r, struct op *op)
{
    const struct node *n = node_of(r->v, r->ino);
    int err;

    if (n != NULL && n->delay_ms > 0) {
        struct request *late = xmalloc(sizeof(*late));

        *late = *r;
        op_start(&late->op, sleep_first, end_late, op);
        return;
    }
    err = answer(r);
    if (err != 0) {
        op_hold(op);
        op_wake(op, err);
    }
}

/* ---- vfs/vfs.h */

/* Neither slow nor failing: see the header. */
void vfs_getattr(
    struct vfs *v, uint64_t ino, struct vfs_attr *out, struct op *op)
{
    struct node *n = node_of(v, ino);

    if (n == NULL) {
        op_hold(op);
        op_wake(op, -ESTALE);
        return;
    }
    n->cold = false;
    *out = n->attr;
}

bool vfs_attr_now(struct vfs *v, uint64_t ino, struct vfs_attr *out)
{
    const struct node *n = node_of(v, ino);

    if (n == NULL || n->cold)
        return false;
    *out = n->attr;
    return true;
}

static struct node *child_of(
    struct vfs *v, struct node *dir, const char *name, size_t len)
{
    char key[KEY_MAX];
    struct node *n;

    if (len == 1 && name[0] == '.')
        return dir;
    if (len == 2 && memcmp(name, "..", 2) == 0)
        return dir->parent;
    memcpy(key, &dir->attr.ino, sizeof(uint64_t));
    memcpy(key + sizeof(uint64_t), name, len);
    HASH_FIND(hh, v->names, key, sizeof(uint64_t) + len, n);
    return n;
}

static int answer_lookup(struct request *r, struct node *dir)
{
    struct node *n;

    if (dir->attr.kind != VFS_DIR)
        return -ENOTDIR;
    if (r->len > PATH_NAME_MAX)
        return -ENAMETOOLONG;
    n = child_of(r->v, dir, r->name, r->len);
    if (n == NULL)
        return -ENOENT;
    n->cold = false;
    *(struct vfs_attr *)r->out = n->attr;
    return 0;
}

void vfs_lookup(struct vfs *v, uint64_t dir, const char *name, size_t len,
    struct vfs_attr *out, struct op *op)
{
    struct request r = {.v = v, .answer = answer_lookup, .ino = dir};

    r.name = name;
    r.len = len;
    r.out = out;
    ask(&r, op);
}

static int answer_readlink(struct request *r, struct node *n)
{
    if (n->attr.kind != VFS_SYMLINK)
        return -EINVAL;
    buf_adds(r->out, n->target);
    return 0;
}

void vfs_readlink(struct vfs *v, uint64_t ino, struct buf *out, struct op *op)
{
    struct request r = {.v = v, .answer = answer_readlink, .ino = ino};

    r.out = out;
    ask(&r, op);
}

/* The node after position `at`, and its name; NULL at the end. */
static struct node *entry_at(struct node *dir, uint64_t at, const char **name)
{
    const struct ref *child = (const void *)dir->children.data;

    if (at < FIRST_COOKIE - 1) {
        *name = at == 0 ? "." : "..";
        return at == 0 ? dir : dir->parent;
    }
    at -= FIRST_COOKIE - 1;
    if (at >= dir->children.len / sizeof(*child))
        return NULL;
    *name = name_of(child[at].node);
    return child[at].node;
}

static int answer_readdir(struct request *r, struct node *dir)
{
    bool *eof = r->out;
    struct node *n;
    const char *name;

    if (dir->attr.kind != VFS_DIR)
        return -ENOTDIR;
    for (uint64_t at = r->at; (n = entry_at(dir, at, &name)) != NULL; at++) {
        struct vfs_dirent e = {.name = name, .cookie = at + 1};

        e.name_len = at < FIRST_COOKIE - 1 ? strlen(name) : n->name_len;
        e.attr = n->attr;
        if (!r->fn(r->ctx, &e)) {
            *eof = false;
            return 0;
        }
    }
    *eof = true;
    return 0;
}

void vfs_readdir(struct vfs *v, uint64_t dir, uint64_t cookie,
    vfs_dirent_fn *fn, void *ctx, bool *eof, struct op *op)
{
    struct request r = {.v = v, .answer = answer_readdir, .ino = dir};

    r.at = cookie;
    r.fn = fn;
    r.ctx = ctx;
    r.out = eof;
    ask(&r, op);
}

void vfs_data_free(struct vfs_data *d)
{
    for (size_t i = 0; i < d->n_parts; i++)
        bytes_put(d->part[i].ref);
    *d = (struct vfs_data){0};
}

static int fill(struct node *n, uint8_t *p, size_t len, uint64_t offset)
{
    if (n->fd >= 0)
        return file_pread(n->fd, p, len, offset);
    for (size_t i = 0; i < len; i++)
        p[i] = memvfs_byte(n->attr.ino, offset + i);
    return 0;
}

/* Generated content comes in two parts of odd sizes, as chunks would. */
static int answer_read(struct request *r, struct node *n)
{
    struct vfs_data *out = r->out;
    struct bytes *b;
    uint64_t left = n->attr.size_bytes > r->at ? n->attr.size_bytes - r->at : 0;
    size_t len = left < r->len ? left : r->len;
    size_t first = n->fd >= 0 ? len : len / 3;
    int err;

    if (n->attr.kind == VFS_DIR)
        return -EISDIR;
    if (n->attr.kind != VFS_FILE)
        return -EINVAL;
    *out = (struct vfs_data){.len = len, .eof = len == left};
    if (len == 0)
        return 0;
    b = bytes_new(&r->v->pool, len);
    err = fill(n, b->p, len, r->at);
    if (err != 0) {
        bytes_put(b);
        return err;
    }
    if (first > 0)
        out->part[out->n_parts++] =
            (struct vfs_data_part){bytes_get(b), b->p, first};
    if (first < len)
        out->part[out->n_parts++] =
            (struct vfs_data_part){bytes_get(b), b->p + first, len - first};
    bytes_put(b);
    return 0;
}

void vfs_read(struct vfs *v, uint64_t ino, uint64_t offset, uint32_t len,
    struct vfs_data *out, struct op *op)
{
    struct request r = {.v = v, .answer = answer_read, .ino = ino};

    r.at = offset;
    r.len = len;
    r.out = out;
    ask(&r, op);
}

struct vfs_info vfs_info(const struct vfs *v)
{
    return (struct vfs_info){
        .read_only = true,
        .total_bytes = (uint64_t)1 << 30,
        .total_files = v->nodes.len / sizeof(struct ref),
    };
}
