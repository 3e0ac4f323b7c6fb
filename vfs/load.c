/* Inodes that are not in memory: from the database, and, when an older
 * generation wrote the row, confirmed by the source first. */
#include "vfs/mount.h"

#include "base/mem.h"
#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct need {
    struct op op;
    struct state_job job;
    struct vfs *v;
    uint64_t ino;
    struct node node;
    struct buf path;
    struct source_page page;
};

static op_fn need_find, need_found, need_asked, need_stored, need_end;

static struct need *need_of(struct op *op)
{
    return container_of(op, struct need, op);
}

static int find_job(struct db *db, struct state_job *job)
{
    struct need *n = container_of(job, struct need, job);
    int err = db_find_ino(db, n->ino, &n->node);

    if (err == 0 && n->node.gen != n->v->gen)
        err = db_path(db, n->ino, &n->path);
    return err;
}

static void need_find(struct op *op)
{
    struct need *n = need_of(op);

    state_run(n->v->state, &n->job, find_job, op);
    op_then(op, need_found);
}

static void need_found(struct op *op)
{
    struct need *n = need_of(op);
    int err = op_catch(op);

    if (err != 0) {
        op_fail(op, err == -ENOENT ? -ESTALE : err);
    } else if (n->node.gen == n->v->gen) {
        inode_put(&n->v->inodes, &n->node);
    } else {
        n->v->source->ops->stat(n->v->source, buf_str(&n->path), &n->page, op);
        op_then(op, need_asked);
    }
}

/* On the pool: what the source said, into the row. */
static int store_job(struct db *db, struct state_job *job)
{
    struct need *n = container_of(job, struct need, job);
    struct vfs *v = n->v;
    const struct source_entry *e = n->page.entry;

    if (n->page.n == 0)
        return db_remove(db, &n->node);
    n->node.kind = e->kind;
    n->node.size_bytes = e->size_bytes;
    n->node.mtime_ns = e->mtime_ns != 0 ? e->mtime_ns : v->revision.time_ns;
    n->node.content = e->content;
    n->node.gen = v->gen;
    return db_confirm(db, &n->node, clock_wall_ns());
}

static void need_asked(struct op *op)
{
    struct need *n = need_of(op);

    if (op->err != 0 && op->err != -ENOENT)
        return;
    if (op_catch(op) == -ENOENT)
        n->page.n = 0;
    state_run(n->v->state, &n->job, store_job, op);
    op_then(op, need_stored);
}

static void need_stored(struct op *op)
{
    struct need *n = need_of(op);

    if (op->err != 0)
        return;
    if (n->page.n == 0) {
        op_fail(op, -ESTALE);
        return;
    }
    inode_put(&n->v->inodes, &n->node);
    if (n->node.ino != n->ino) /* another kind of object took its place */
        op_fail(op, -ESTALE);
}

static void need_end(struct op *op)
{
    struct need *n = need_of(op);
    struct vfs *v = n->v;

    buf_free(&n->path);
    source_page_free(&n->page);
    free(n);
    vfs_idle(v);
}

void vfs_need(struct vfs *v, uint64_t ino, struct op *op)
{
    struct inode *i = inode_find(&v->inodes, ino);
    struct need *n;

    if (i != NULL && i->gen == v->gen)
        return;
    n = xcalloc(1, sizeof(*n));
    n->v = v;
    n->ino = ino;
    vfs_busy(v);
    op_start(&n->op, need_find, need_end, op);
}
