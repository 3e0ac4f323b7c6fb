/* Looking up a name. In a directory that was listed, the answer is in memory
 * or in the database, also when it is "no such name". In one that was not, the
 * listing begins; if its first page does not have the name, the source is
 * asked for this one path, so that nobody waits for a million other names. */
#include "vfs/mount.h"

#include "base/mem.h"
#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lookup {
    struct op op;
    struct state_job job;
    struct vfs *v;
    uint64_t dir;
    struct vfs_attr *out;
    struct node node; /* its name is the one looked for */
    bool found;
    bool listed;    /* in full, before the database was asked */
    unsigned pages; /* of the listing that were waited for */
    struct buf path;
    struct source_page page;
};

static op_fn look_dir, look_name, look_found, look_ask, look_asked, look_stored,
    look_end; /* in this order */

static struct lookup *lookup_of(struct op *op)
{
    return container_of(op, struct lookup, op);
}

/* Answers from memory: 0, or -errno; -EAGAIN if memory does not know. */
static int look_now(struct vfs *v, uint64_t dir, const char *name, size_t len,
    struct vfs_attr *out)
{
    const struct inode *d = inode_find(&v->inodes, dir);
    const struct inode *i;

    if (d == NULL || d->gen != v->gen)
        return -EAGAIN;
    if (d->kind != VFS_DIR)
        return -ENOTDIR;
    if (len == 1 && name[0] == '.') {
        i = d;
    } else if (len == 2 && memcmp(name, "..", 2) == 0) {
        i = inode_find(
            &v->inodes, dir == VFS_ROOT_INO ? VFS_ROOT_INO : d->parent);
    } else {
        i = inode_find_name(&v->inodes, dir, name, len);
        if (i != NULL && i->ino == 0)
            return -ENOENT;
    }
    if (i == NULL || i->gen != v->gen)
        return -EAGAIN;
    vfs_fill_attr(v, i, out);
    return 0;
}

static bool is_dotdot(const struct lookup *l)
{
    return l->node.name_len == 2 && memcmp(l->node.name, "..", 2) == 0;
}

static void look_dir(struct op *op)
{
    struct lookup *l = lookup_of(op);

    vfs_need(l->v, l->dir, op);
    op_then(op, look_name);
}

static int find_job(struct db *db, struct state_job *job)
{
    struct lookup *l = container_of(job, struct lookup, job);
    struct node n;
    int err = db_find_name(db, l->dir, l->node.name, l->node.name_len, &n);

    l->found = err == 0 && n.gen == l->v->gen;
    if (l->found)
        l->node = n;
    return err == -ENOENT ? 0 : err;
}

static void look_name(struct op *op)
{
    struct lookup *l = lookup_of(op);
    struct vfs *v = l->v;
    int err;

    if (op->err != 0)
        return;
    err = look_now(v, l->dir, l->node.name, l->node.name_len, l->out);
    if (err == 0)
        return;
    if (err != -EAGAIN) {
        op_fail(op, err);
        return;
    }
    if (is_dotdot(l)) {
        vfs_need(v, inode_find(&v->inodes, l->dir)->parent, op);
        op_then(op, look_name);
        return;
    }
    l->listed = inode_find(&v->inodes, l->dir)->listed == v->gen;
    state_run(v->state, &l->job, find_job, op);
    op_then(op, look_found);
}

static void absent(struct lookup *l)
{
    inode_put_absent(&l->v->inodes, l->dir, l->node.name, l->node.name_len);
    op_fail(&l->op, -ENOENT);
}

static void look_found(struct op *op)
{
    struct lookup *l = lookup_of(op);
    struct vfs *v = l->v;
    const struct inode *d;

    if (op->err != 0)
        return;
    if (l->found) {
        vfs_fill_attr(v, inode_put(&v->inodes, &l->node), l->out);
        return;
    }
    d = inode_find(&v->inodes, l->dir);
    if (d != NULL && d->listed == v->gen) {
        /* If the listing ended while the job ran, the job did not see it all:
         * once more. */
        if (l->listed)
            absent(l);
        else
            op_then(op, look_dir);
        return;
    }
    if (l->pages++ == 0) {
        vfs_list(v, l->dir, op);
        op_then(op, look_dir);
    } else {
        op_then(op, look_ask);
    }
}

static int path_job(struct db *db, struct state_job *job)
{
    struct lookup *l = container_of(job, struct lookup, job);
    int err = db_path(db, l->dir, &l->path);

    if (err == 0 && l->path.len != 0)
        buf_addc(&l->path, '/');
    if (err == 0)
        buf_add(&l->path, l->node.name, l->node.name_len);
    return err;
}

static void look_ask(struct op *op)
{
    struct lookup *l = lookup_of(op);

    if (op->err != 0)
        return;
    if (l->path.len == 0) {
        state_run(l->v->state, &l->job, path_job, op);
        op_then(op, look_ask);
        return;
    }
    l->v->source->ops->stat(l->v->source, buf_str(&l->path), &l->page, op);
    op_then(op, look_asked);
}

static int store_job(struct db *db, struct state_job *job)
{
    struct lookup *l = container_of(job, struct lookup, job);
    const struct source_entry *e = l->page.entry;

    l->node.parent = l->dir;
    l->node.kind = e->kind;
    l->node.size_bytes = e->kind == VFS_DIR ? 0 : e->size_bytes;
    l->node.mtime_ns = e->mtime_ns != 0 ? e->mtime_ns : l->v->revision.time_ns;
    l->node.ctime_ns = l->node.mtime_ns;
    l->node.gen = l->v->gen;
    l->node.content = e->content;
    return db_confirm(db, &l->node, clock_wall_ns());
}

static void look_asked(struct op *op)
{
    struct lookup *l = lookup_of(op);

    if (op->err == -ENOENT || (op->err == 0 && l->page.n == 0)) {
        op_catch(op);
        absent(l);
    } else if (op->err == 0) {
        state_run(l->v->state, &l->job, store_job, op);
        op_then(op, look_stored);
    }
}

static void look_stored(struct op *op)
{
    struct lookup *l = lookup_of(op);

    if (op->err == 0)
        vfs_fill_attr(l->v, inode_put(&l->v->inodes, &l->node), l->out);
}

static void look_end(struct op *op)
{
    struct lookup *l = lookup_of(op);
    struct vfs *v = l->v;

    buf_free(&l->path);
    source_page_free(&l->page);
    free(l);
    vfs_idle(v);
}

void vfs_lookup(struct vfs *v, uint64_t dir, const char *name, size_t len,
    struct vfs_attr *out, struct op *op)
{
    struct lookup *l;
    int err;

    if (len > PATH_NAME_MAX)
        err = -ENAMETOOLONG;
    else if (len == 0 || memchr(name, '/', len) != NULL ||
        memchr(name, 0, len) != NULL)
        err = -EINVAL;
    else
        err = look_now(v, dir, name, len, out);
    if (err != -EAGAIN) {
        op_hold(op);
        op_wake(op, err);
        return;
    }
    l = xcalloc(1, sizeof(*l));
    l->v = v;
    l->dir = dir;
    l->out = out;
    l->node.name_len = len;
    memcpy(l->node.name, name, len);
    vfs_busy(v);
    op_start(&l->op, look_dir, look_end, op);
}
