/* Listing a directory: the source's pages go into the database one by one, a
 * transaction each, and whoever waits sees every page as it comes. Memory
 * holds one page, however large the directory. */
#include "vfs/mount.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lister {
    struct op op;
    struct state_job job;
    struct vfs *v;
    uint64_t dir;
    struct buf path;
    struct source_page page;
    struct node node;  /* the directory, when it begins and ends */
    bool older;        /* it has rows of an older generation */
    bool begun;        /* `older` is known */
    uint64_t n_hidden; /* names that cannot be shown */
    struct op_list progress;
    UT_hash_handle hh;
};

static op_fn list_begin, list_fetch, list_store, list_stored,
    list_end; /* in this order */

static struct lister *lister_of(struct op *op)
{
    return container_of(op, struct lister, op);
}

static int begin_job(struct db *db, struct state_job *job)
{
    struct lister *l = container_of(job, struct lister, job);
    int err = db_path(db, l->dir, &l->path);

    if (err == 0)
        err = db_has_older(db, l->dir, l->v->gen, &l->older);
    return err;
}

static void list_begin(struct op *op)
{
    struct lister *l = lister_of(op);

    state_run(l->v->state, &l->job, begin_job, op);
    op_then(op, list_fetch);
}

static void list_fetch(struct op *op)
{
    struct lister *l = lister_of(op);

    if (op->err != 0)
        return;
    l->begun = true;
    l->v->source->ops->list(l->v->source, buf_str(&l->path), &l->page, op);
    op_then(op, list_store);
}

/* Leaves out what must not become an entry; says so once a directory. */
static void drop_bad_names(struct lister *l)
{
    struct source_page *p = &l->page;
    size_t kept = 0;
    uint64_t bad = p->bad;

    for (size_t i = 0; i < p->n; i++) {
        const struct source_entry *e = &p->entry[i];

        if (!path_component_ok(e->name, e->name_len)) {
            if (l->n_hidden + bad++ == 0)
                log_warn("vfs: list /%s: a name that cannot be shown: %.*s",
                    buf_str(&l->path), (int)min_size(e->name_len, 300),
                    e->name);
            continue;
        }
        p->entry[kept++] = *e;
    }
    p->n = kept;
    l->n_hidden += bad;
    l->v->stats.hidden_names += bad;
}

/* On the pool: reads the page, which the loop leaves alone meanwhile. */
static int store_job(struct db *db, struct state_job *job)
{
    struct lister *l = container_of(job, struct lister, job);
    const struct vfs *v = l->v;
    int64_t now = clock_wall_ns();
    int err = 0;

    for (size_t i = 0; err == 0 && i < l->page.n; i++) {
        const struct source_entry *e = &l->page.entry[i];
        struct node n;

        n.parent = l->dir;
        n.kind = e->kind;
        n.size_bytes = e->kind == VFS_DIR ? 0 : e->size_bytes;
        n.mtime_ns = e->mtime_ns != 0 ? e->mtime_ns : v->revision.time_ns;
        n.ctime_ns = n.mtime_ns;
        n.gen = v->gen;
        n.content = e->content;
        n.name_len = e->name_len;
        memcpy(n.name, e->name, e->name_len);
        err = db_confirm(db, &n, now);
    }
    if (err == 0 && l->page.last) {
        err = db_listed(db, l->dir, v->gen);
        if (err == 0)
            err = db_find_ino(db, l->dir, &l->node);
    }
    return err;
}

static void list_store(struct op *op)
{
    struct lister *l = lister_of(op);

    if (op->err != 0)
        return;
    drop_bad_names(l);
    state_run(l->v->state, &l->job, store_job, op);
    op_then(op, list_stored);
}

static void list_stored(struct op *op)
{
    struct lister *l = lister_of(op);

    if (op->err != 0)
        return;
    if (l->page.last) {
        if (l->older)
            vfs_pages_forget(l->v, l->dir);
        inode_put(&l->v->inodes, &l->node);
        return;
    }
    op_list_wake(&l->progress, 0);
    op_then(op, list_fetch);
}

static void list_end(struct op *op)
{
    struct lister *l = lister_of(op);
    struct vfs *v = l->v;
    int err = op->err;

    if (err != 0)
        log_warn("vfs: list /%s: %s", buf_str(&l->path), strerror(-err));
    HASH_DEL(v->listers, l);
    op_list_wake(&l->progress, err);
    buf_free(&l->path);
    source_page_free(&l->page);
    free(l);
    vfs_idle(v);
}

static struct lister *lister_find(struct vfs *v, uint64_t dir)
{
    struct lister *l;

    HASH_FIND(hh, v->listers, &dir, sizeof(dir), l);
    return l;
}

void vfs_list(struct vfs *v, uint64_t dir, struct op *op)
{
    struct lister *l = lister_find(v, dir);

    if (l != NULL) {
        op_list_wait(&l->progress, op);
        return;
    }
    l = xcalloc(1, sizeof(*l));
    l->v = v;
    l->dir = dir;
    op_list_init(&l->progress);
    HASH_ADD(hh, v->listers, dir, sizeof(l->dir), l);
    op_list_wait(&l->progress, op);
    vfs_busy(v);
    op_start(&l->op, list_begin, list_end, NULL);
}

bool vfs_list_streams(struct vfs *v, uint64_t dir)
{
    struct lister *l = lister_find(v, dir);

    return l != NULL && l->begun && !l->older;
}
