/* READ: from an inode to the content's bytes. What is open is a bounded table
 * of files by inode number: content, origin, and where reading goes. */
#include "vfs/mount.h"

#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"
#include "cache/cache.h"
#include "cache/origin.h"
#include "vfs/prefetch.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 512

struct open_file {
    uint64_t ino;
    uint32_t gen;
    struct cache_file *file;
    unsigned faults; /* of the content, when readers were last told */
    struct prefetch prefetch;
    TAILQ_ENTRY(open_file) used;
    UT_hash_handle hh;
};

struct reading {
    struct op op;
    struct state_job job;
    struct vfs *v;
    uint64_t ino;
    uint64_t offset;
    size_t len;
    struct vfs_data *out;
    struct node node;
    struct buf path;
    struct cache_file *file; /* a reference */
    struct bytes_parts parts;
    int err; /* of the read itself */
};

static op_fn read_inode, read_file, read_opened, read_cache, read_done,
    read_noted, read_end; /* in this order */

static struct reading *reading_of(struct op *op)
{
    return container_of(op, struct reading, op);
}

/* ---- Open files */

static void file_close(struct vfs *v, struct open_file *f)
{
    HASH_DEL(v->files, f);
    TAILQ_REMOVE(&v->files_used, f, used);
    v->n_files--;
    cache_file_put(f->file);
    free(f);
}

void vfs_files_free(struct vfs *v)
{
    struct open_file *f;

    while ((f = TAILQ_FIRST(&v->files_used)) != NULL)
        file_close(v, f);
}

static struct open_file *file_find(struct vfs *v, uint64_t ino)
{
    struct open_file *f;

    HASH_FIND(hh, v->files, &ino, sizeof(ino), f);
    if (f == NULL)
        return NULL;
    TAILQ_REMOVE(&v->files_used, f, used);
    TAILQ_INSERT_TAIL(&v->files_used, f, used);
    return f;
}

static void file_open(struct vfs *v, const struct node *n, const char *path)
{
    struct origin *origin =
        v->source->ops->origin(v->source, path, &n->content, n->size_bytes);
    struct open_file *f = xcalloc(1, sizeof(*f));

    f->ino = n->ino;
    f->file = cache_file_get(v->cache, &n->content, n->size_bytes, origin);
    f->faults = cache_file_faults(f->file);
    origin_put(origin);
    HASH_ADD(hh, v->files, ino, sizeof(f->ino), f);
    TAILQ_INSERT_TAIL(&v->files_used, f, used);
    if (++v->n_files > FILES_MAX)
        file_close(v, TAILQ_FIRST(&v->files_used));
}

/* ---- The call */

/* Cuts the range to the file; false if nothing is left to read. */
static bool clip(const struct inode *i, uint64_t offset, size_t *len, bool *eof)
{
    *eof = offset >= i->size_bytes || i->size_bytes - offset <= *len;
    if (offset >= i->size_bytes)
        return false;
    if (*len > i->size_bytes - offset)
        *len = (size_t)(i->size_bytes - offset);
    return *len != 0;
}

static void read_inode(struct op *op)
{
    struct reading *r = reading_of(op);

    vfs_need(r->v, r->ino, op);
    op_then(op, read_file);
}

static int open_job(struct db *db, struct state_job *job)
{
    struct reading *r = container_of(job, struct reading, job);
    int err = db_find_ino(db, r->ino, &r->node);

    return err != 0 ? err : db_path(db, r->ino, &r->path);
}

static void read_file(struct op *op)
{
    struct reading *r = reading_of(op);
    struct vfs *v = r->v;
    const struct inode *i;

    if (op->err != 0)
        return;
    i = inode_find(&v->inodes, r->ino);
    if (i == NULL) {
        op_then(op, read_inode);
        return;
    }
    if (i->kind != VFS_FILE) {
        op_fail(op, i->kind == VFS_DIR ? -EISDIR : -EINVAL);
        return;
    }
    if (!clip(i, r->offset, &r->len, &r->out->eof))
        return;
    op_then(op, read_cache);
    if (file_find(v, r->ino) == NULL) {
        state_run(v->state, &r->job, open_job, op);
        op_then(op, read_opened);
    }
}

static void read_opened(struct op *op)
{
    struct reading *r = reading_of(op);
    int err = op_catch(op);

    if (err == 0 && r->node.content.kind == CONTENT_NONE)
        err = -EIO; /* the source gives every file an identity */
    if (err != 0) {
        op_fail(op, err == -ENOENT ? -ESTALE : err);
        return;
    }
    if (file_find(r->v, r->ino) == NULL)
        file_open(r->v, &r->node, buf_str(&r->path));
    op_then(op, read_cache);
}

static void read_cache(struct op *op)
{
    struct reading *r = reading_of(op);
    struct vfs *v = r->v;
    struct open_file *f = file_find(v, r->ino);
    size_t more;

    if (f == NULL) {
        op_then(op, read_inode); /* closed again meanwhile: from the start */
        return;
    }
    r->file = cache_file_ref(f->file);
    more =
        prefetch_note(&f->prefetch, r->offset, r->len, v->config.window_bytes);
    cache_read(r->file, r->offset, r->len, more, &r->parts, op);
    prefetch_start(&f->prefetch, f->file);
    op_then(op, read_done);
}

/* A content that was not what its hash says: whoever has bytes of it in a
 * cache of his own must see that the file changed. */
static int fault_job(struct db *db, struct state_job *job)
{
    struct reading *r = container_of(job, struct reading, job);

    return db_set_ctime(db, r->ino, r->node.ctime_ns);
}

static void note_faults(struct reading *r)
{
    struct vfs *v = r->v;
    struct open_file *f = file_find(v, r->ino);
    struct inode *i = inode_find(&v->inodes, r->ino);

    if (f == NULL || f->file != r->file || i == NULL ||
        f->faults == cache_file_faults(f->file))
        return;
    f->faults = cache_file_faults(f->file);
    log_error("vfs: file %llu (%.*s): wrong content was received",
        (unsigned long long)r->ino, (int)i->name_len, i->name);
    v->stats.damaged++;
    i->ctime_ns = clock_wall_ns();
    r->node.ctime_ns = i->ctime_ns;
    state_run(v->state, &r->job, fault_job, &r->op);
}

static void read_done(struct op *op)
{
    struct reading *r = reading_of(op);

    r->err = op_catch(op);
    note_faults(r);
    op_then(op, read_noted);
}

static void read_noted(struct op *op)
{
    struct reading *r = reading_of(op);
    struct vfs_data *out = r->out;

    if (r->err != 0) {
        (void)op_catch(op);
        /* -ESTALE would say that the handle is gone; the content is. */
        op_fail(op, r->err == -ESTALE || r->err == -ENOENT ? -EIO : r->err);
        return;
    }
    (void)op_catch(op);
    for (size_t i = 0; i < r->parts.n; i++) {
        struct bytes_part *p = &r->parts.part[i];

        out->part[i] = (struct vfs_data_part){p->ref, p->p, p->len};
    }
    out->n_parts = r->parts.n;
    out->len = r->parts.len;
    r->v->stats.read_bytes += r->parts.len;
    r->parts = (struct bytes_parts){0};
}

static void read_end(struct op *op)
{
    struct reading *r = reading_of(op);
    struct vfs *v = r->v;

    bytes_parts_free(&r->parts);
    if (r->file != NULL)
        cache_file_put(r->file);
    buf_free(&r->path);
    free(r);
    vfs_idle(v);
}

void vfs_read(struct vfs *v, uint64_t ino, uint64_t offset, uint32_t len,
    struct vfs_data *out, struct op *op)
{
    struct reading *r = xmalloc(sizeof(*r));

    assert(len <= VFS_READ_MAX);
    *out = (struct vfs_data){0};
    r->v = v;
    r->ino = ino;
    r->offset = offset;
    r->len = len;
    r->out = out;
    r->path = (struct buf){0};
    r->file = NULL;
    r->parts = (struct bytes_parts){0};
    r->err = 0;
    vfs_busy(v);
    op_start(&r->op, read_inode, read_end, op);
}

void vfs_data_free(struct vfs_data *d)
{
    for (size_t i = 0; i < d->n_parts; i++)
        bytes_put(d->part[i].ref);
    *d = (struct vfs_data){0};
}
