/* The mount as a whole: opening with a pinned revision, closing, attributes.
 *
 * The revision stays pinned across a crash, so that clients that were reading
 * go on with the same bytes; after a clean end the next start resolves it
 * anew. When it has changed, the generation goes up by one: rows of the tree
 * are then confirmed by the source as they are used, and keep their inode
 * numbers, and clients their handles. */
#include "vfs/mount.h"

#include "base/log.h"
#include "base/mem.h"
#include "cache/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIR_SIZE 4096
#define USED_UNIT 4096

void vfs_busy(struct vfs *v)
{
    v->active++;
}

void vfs_idle(struct vfs *v)
{
    if (--v->active == 0)
        op_list_wake(&v->quiet, 0);
}

/* ---- Opening */

struct opening {
    struct op op;
    struct state_job job;
    struct vfs *v;
    struct vfs **out;
    struct source_revision old;
};

static op_fn open_state, open_pin, open_resolved, open_root, open_ready,
    open_failed, open_end; /* in this order */

static struct opening *opening_of(struct op *op)
{
    return container_of(op, struct opening, op);
}

static void open_state(struct op *op)
{
    struct opening *o = opening_of(op);

    state_open(o->v->pool, o->v->config.state_dir, &o->v->state, op);
    op_then(op, open_pin);
}

static bool value_is(struct state *st, const char *name, void *p, size_t n)
{
    size_t len;

    return state_value_get(st, name, p, n, &len) == 0 && len == n;
}

static void open_pin(struct op *op)
{
    struct opening *o = opening_of(op);
    struct vfs *v = o->v;
    uint8_t clean = 1;

    if (op->err != 0)
        return;
    op_then(op, open_resolved);
    if (!value_is(v->state, "gen", &v->gen, sizeof(v->gen)) ||
        !value_is(v->state, "revision", &o->old, sizeof(o->old))) {
        v->gen = 0;
        o->old = (struct source_revision){0};
    }
    (void)value_is(v->state, "clean", &clean, sizeof(clean));
    if (v->gen != 0 && clean == 0 && !v->config.resolve_anew) {
        v->revision = o->old;
        log_info("vfs: goes on with revision %s", v->revision.id);
    } else {
        v->source->ops->resolve(v->source, &v->revision, op);
    }
}

static int root_job(struct db *db, struct state_job *job)
{
    struct vfs *v = container_of(job, struct opening, job)->v;
    uint8_t clean = 0;
    int err = db_set_root(db, v->gen, v->revision.time_ns);

    if (err == 0)
        err = db_value_set(db, "gen", &v->gen, sizeof(v->gen));
    if (err == 0)
        err = db_value_set(db, "revision", &v->revision, sizeof(v->revision));
    return err != 0 ? err : db_value_set(db, "clean", &clean, sizeof(clean));
}

static void open_resolved(struct op *op)
{
    struct opening *o = opening_of(op);
    struct vfs *v = o->v;

    if (op->err != 0) {
        op_then(op, open_failed);
        return;
    }
    if (v->gen == 0 || strcmp(v->revision.id, o->old.id) != 0)
        v->gen++;
    v->source->ops->pin(v->source, &v->revision);
    state_run(v->state, &o->job, root_job, op);
    op_then(op, open_root);
}

static void open_root(struct op *op)
{
    struct opening *o = opening_of(op);

    if (op->err == 0)
        vfs_need(o->v, VFS_ROOT_INO, op);
    op_then(op, op->err == 0 ? open_ready : open_failed);
}

static void open_ready(struct op *op)
{
    struct opening *o = opening_of(op);

    if (op->err != 0) {
        op_then(op, open_failed);
        return;
    }
    *o->out = o->v;
    o->v = NULL;
}

/* The error stays the operation's while the database closes. If its cause is
 * damage, the next start begins anew, as this one cannot serve anybody. */
static void open_failed(struct op *op)
{
    struct opening *o = opening_of(op);

    state_close(o->v->state, true, op);
}

static void vfs_free(struct vfs *v)
{
    assert(v->listers == NULL);
    vfs_pages_free(v);
    vfs_files_free(v);
    inodes_fini(&v->inodes);
    free(v);
}

static void open_end(struct op *op)
{
    struct opening *o = opening_of(op);

    if (o->v != NULL)
        vfs_free(o->v);
    free(o);
}

void vfs_open(const struct vfs_config *config, struct vfs **out, struct op *op)
{
    struct opening *o = xcalloc(1, sizeof(*o));
    struct vfs *v = xcalloc(1, sizeof(*v));

    v->config = *config;
    v->pool = config->pool;
    v->source = config->source;
    v->cache = config->cache;
    inodes_init(&v->inodes, config->inode_limit);
    TAILQ_INIT(&v->files_used);
    TAILQ_INIT(&v->pages);
    op_list_init(&v->quiet);
    o->v = v;
    o->out = out;
    op_start(&o->op, open_state, open_end, op);
}

/* ---- Closing */

struct closing {
    struct op op;
    struct state_job job;
    struct vfs *v;
    bool clean;
};

static op_fn close_wait, close_mark, close_state, close_end; /* in order */

static struct closing *closing_of(struct op *op)
{
    return container_of(op, struct closing, op);
}

static void close_wait(struct op *op)
{
    struct closing *c = closing_of(op);

    if (c->v->active != 0) {
        op_list_wait(&c->v->quiet, op);
        op_then(op, close_wait);
    } else {
        op_then(op, close_mark);
    }
}

static int clean_job(struct db *db, struct state_job *job)
{
    uint8_t clean = 1;

    (void)job;
    return db_value_set(db, "clean", &clean, sizeof(clean));
}

static void close_mark(struct op *op)
{
    struct closing *c = closing_of(op);

    if (c->clean)
        state_run(c->v->state, &c->job, clean_job, op);
    op_then(op, close_state);
}

static void close_state(struct op *op)
{
    struct closing *c = closing_of(op);

    state_close(c->v->state, c->clean, op);
}

static void close_end(struct op *op)
{
    struct closing *c = closing_of(op);

    vfs_free(c->v);
    free(c);
}

void vfs_close(struct vfs *v, bool clean, struct op *op)
{
    struct closing *c = xcalloc(1, sizeof(*c));

    c->v = v;
    c->clean = clean;
    op_start(&c->op, close_wait, close_end, op);
}

/* ---- What a frontend asks */

int vfs_value_get(
    struct vfs *v, const char *name, void *p, size_t cap, size_t *len)
{
    char *key = xasprintf("front.%s", name);
    int err = state_value_get(v->state, key, p, cap, len);

    free(key);
    return err;
}

int vfs_value_set(struct vfs *v, const char *name, const void *p, size_t len)
{
    char *key = xasprintf("front.%s", name);
    int err = state_value_set(v->state, key, p, len);

    free(key);
    return err;
}

struct vfs_info vfs_info(const struct vfs *v)
{
    struct state_totals t = state_totals(v->state);

    /* A repo mount is as large as what is known of it, and full. */
    return (struct vfs_info){.read_only = true,
        .total_bytes = t.bytes,
        .total_files = t.entries + 1};
}

struct vfs_stats vfs_stats(const struct vfs *v)
{
    struct vfs_stats s = v->stats;

    s.hot_inodes = v->inodes.n;
    s.entries = state_totals(v->state).entries;
    s.fetched_bytes = cache_stats(v->cache).fetched_bytes;
    return s;
}

const char *vfs_revision(const struct vfs *v)
{
    return v->revision.id;
}

void vfs_fill_attr(
    const struct vfs *v, const struct inode *i, struct vfs_attr *out)
{
    bool dir = i->kind == VFS_DIR;
    uint64_t size = dir ? DIR_SIZE : i->size_bytes;

    *out = (struct vfs_attr){
        .ino = i->ino,
        .size_bytes = size,
        .used_bytes = (size + USED_UNIT - 1) / USED_UNIT * USED_UNIT,
        .atime_ns = i->mtime_ns,
        .mtime_ns = i->mtime_ns,
        .ctime_ns = i->ctime_ns,
        .mode = dir                  ? 0555
            : i->kind == VFS_SYMLINK ? 0777
                                     : 0444,
        .nlink = dir ? 2 + i->subdirs : 1,
        .uid = v->config.uid,
        .gid = v->config.gid,
        .kind = i->kind,
    };
}

bool vfs_attr_now(struct vfs *v, uint64_t ino, struct vfs_attr *out)
{
    const struct inode *i = inode_find(&v->inodes, ino);

    if (i == NULL || i->gen != v->gen)
        return false;
    vfs_fill_attr(v, i, out);
    return true;
}

struct getattr {
    struct op op;
    struct vfs *v;
    uint64_t ino;
    struct vfs_attr *out;
};

static op_fn attr_need, attr_fill, attr_end; /* in this order */

static void attr_need(struct op *op)
{
    struct getattr *g = container_of(op, struct getattr, op);

    vfs_need(g->v, g->ino, op);
    op_then(op, attr_fill);
}

static void attr_fill(struct op *op)
{
    struct getattr *g = container_of(op, struct getattr, op);

    if (op->err == 0 && !vfs_attr_now(g->v, g->ino, g->out))
        op_then(op, attr_need);
}

static void attr_end(struct op *op)
{
    struct getattr *g = container_of(op, struct getattr, op);
    struct vfs *v = g->v;

    free(g);
    vfs_idle(v);
}

void vfs_getattr(
    struct vfs *v, uint64_t ino, struct vfs_attr *out, struct op *op)
{
    struct getattr *g;

    if (vfs_attr_now(v, ino, out))
        return;
    g = xcalloc(1, sizeof(*g));
    g->v = v;
    g->ino = ino;
    g->out = out;
    vfs_busy(v);
    op_start(&g->op, attr_need, attr_end, op);
}

/* Repos have no symbolic links; a kind that shows some brings their text. */
void vfs_readlink(struct vfs *v, uint64_t ino, struct buf *out, struct op *op)
{
    (void)v;
    (void)ino;
    (void)out;
    op_hold(op);
    op_wake(op, -EINVAL);
}
