/* Listings for readers: pages of a directory in the order of inode numbers,
 * which are the cookies. A page is read from the database once, serves many
 * calls, and the next one is read ahead while it does, so that a whole listing
 * costs what it is long. */
#include "vfs/mount.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ENTRIES 1024
#define PAGES_MAX 48 /* kept in memory: 4 to 17 MiB */
#define COOKIE_DOT 1
#define COOKIE_DOTDOT 2
#define COOKIE_MAX ((uint64_t)INT64_MAX) /* as inode numbers in the database */

struct page_entry {
    uint64_t ino;
    uint64_t size_bytes;
    int64_t mtime_ns;
    int64_t ctime_ns;
    uint32_t gen;
    uint32_t listed;
    uint32_t subdirs;
    uint32_t name_at;
    uint8_t name_len;
    uint8_t kind;
};

/* Entries of dir with ino > after. */
struct dir_page {
    uint64_t dir;
    uint64_t after;
    bool full; /* there may be more behind it */
    size_t n;
    struct page_entry *entry;
    struct buf names;
    TAILQ_ENTRY(dir_page) link;
};

static uint64_t page_last(const struct dir_page *p)
{
    return p->n != 0 ? p->entry[p->n - 1].ino : p->after;
}

static void page_free(struct dir_page *p)
{
    if (p == NULL)
        return;
    free(p->entry);
    buf_free(&p->names);
    free(p);
}

static void page_drop(struct vfs *v, struct dir_page *p)
{
    TAILQ_REMOVE(&v->pages, p, link);
    v->n_pages--;
    page_free(p);
}

void vfs_pages_free(struct vfs *v)
{
    struct dir_page *p;
    struct dir_page *next;

    for (p = TAILQ_FIRST(&v->pages); p != NULL; p = next) {
        next = TAILQ_NEXT(p, link);
        page_drop(v, p);
    }
}

void vfs_pages_forget(struct vfs *v, uint64_t dir)
{
    struct dir_page *p;
    struct dir_page *next;

    for (p = TAILQ_FIRST(&v->pages); p != NULL; p = next) {
        next = TAILQ_NEXT(p, link);
        if (p->dir == dir)
            page_drop(v, p);
    }
}

/* The page that tells what comes after this cookie. */
static struct dir_page *page_find(struct vfs *v, uint64_t dir, uint64_t after)
{
    struct dir_page *p;

    TAILQ_FOREACH_REVERSE(p, &v->pages, page_list, link)
    {
        if (p->dir != dir || after < p->after)
            continue;
        if (after < page_last(p) || (after == page_last(p) && !p->full))
            break;
    }
    if (p != NULL) {
        TAILQ_REMOVE(&v->pages, p, link);
        TAILQ_INSERT_TAIL(&v->pages, p, link);
    }
    return p;
}

static void page_keep(struct vfs *v, struct dir_page *p)
{
    TAILQ_INSERT_TAIL(&v->pages, p, link);
    if (++v->n_pages > PAGES_MAX)
        page_drop(v, TAILQ_FIRST(&v->pages));
}

/* ---- Loading a page. Only what cannot change is kept: a page that is full,
 * or the last one of a directory that was listed before the load. */

struct page_load {
    struct op op;
    struct state_job job;
    struct vfs *v;
    struct dir_page *page;
    struct dir_page **out; /* NULL: read ahead, nobody waits */
    bool listed;
};

static op_fn load_begin, load_done, load_end; /* in this order */

static bool load_entry(void *ctx, const struct node *n)
{
    struct dir_page *p = ctx;
    struct page_entry *e = &p->entry[p->n++];

    *e = (struct page_entry){.ino = n->ino,
        .size_bytes = n->size_bytes,
        .mtime_ns = n->mtime_ns,
        .ctime_ns = n->ctime_ns,
        .gen = n->gen,
        .listed = n->listed,
        .subdirs = n->subdirs,
        .name_at = (uint32_t)p->names.len,
        .name_len = (uint8_t)n->name_len,
        .kind = (uint8_t)n->kind};
    buf_add(&p->names, n->name, n->name_len);
    return true;
}

static int load_job(struct db *db, struct state_job *job)
{
    struct dir_page *p = container_of(job, struct page_load, job)->page;

    return db_scan(db, p->dir, p->after, PAGE_ENTRIES, load_entry, p);
}

static void load_begin(struct op *op)
{
    struct page_load *l = container_of(op, struct page_load, op);

    l->page->entry = xmalloc(PAGE_ENTRIES * sizeof(*l->page->entry));
    state_run(l->v->state, &l->job, load_job, op);
    op_then(op, load_done);
}

static void load_done(struct op *op)
{
    struct page_load *l = container_of(op, struct page_load, op);
    struct dir_page *p = l->page;

    if (op->err != 0)
        return;
    p->full = p->n == PAGE_ENTRIES;
    if (p->n < PAGE_ENTRIES)
        p->entry = xrealloc(p->entry, p->n * sizeof(*p->entry));
    if (l->out != NULL) {
        *l->out = p;
        l->page = NULL;
    } else if ((p->full || l->listed) &&
        page_find(l->v, p->dir, p->after) == NULL) {
        page_keep(l->v, p);
        l->page = NULL;
    }
}

static void load_end(struct op *op)
{
    struct page_load *l = container_of(op, struct page_load, op);
    struct vfs *v = l->v;

    page_free(l->page);
    free(l);
    vfs_idle(v);
}

static bool listed_now(struct vfs *v, uint64_t dir)
{
    const struct inode *d = inode_find(&v->inodes, dir);

    return d != NULL && d->listed == v->gen;
}

static void page_load(struct vfs *v, uint64_t dir, uint64_t after,
    struct dir_page **out, struct op *op)
{
    struct page_load *l = xcalloc(1, sizeof(*l));

    l->v = v;
    l->page = xcalloc(1, sizeof(*l->page));
    l->page->dir = dir;
    l->page->after = after;
    l->out = out;
    l->listed = listed_now(v, dir);
    vfs_busy(v);
    op_start(&l->op, load_begin, load_end, op);
}

/* ---- The call */

struct readdir {
    struct op op;
    struct vfs *v;
    uint64_t dir;
    uint64_t cookie;
    vfs_dirent_fn *fn;
    void *ctx;
    bool *eof;
    size_t given;
    bool listed; /* before the page was read */
    struct dir_page *page;
};

static op_fn dir_ready, dir_dots, dir_give, dir_loaded, dir_end; /* in order */

static struct readdir *readdir_of(struct op *op)
{
    return container_of(op, struct readdir, op);
}

static void dir_ready(struct op *op)
{
    struct readdir *r = readdir_of(op);

    vfs_need(r->v, r->dir, op);
    op_then(op, dir_dots);
}

static bool give_dot(
    struct readdir *r, const struct inode *i, const char *name, uint64_t cookie)
{
    struct vfs_dirent e = {
        .name = name, .name_len = strlen(name), .cookie = cookie};

    vfs_fill_attr(r->v, i, &e.attr);
    if (!r->fn(r->ctx, &e))
        return false;
    r->cookie = cookie;
    r->given++;
    return true;
}

static void dir_dots(struct op *op)
{
    struct readdir *r = readdir_of(op);
    struct vfs *v = r->v;
    const struct inode *d;
    const struct inode *up;
    uint64_t up_ino;

    if (op->err != 0)
        return;
    d = inode_find(&v->inodes, r->dir);
    if (d == NULL) {
        op_then(op, dir_ready); /* forgotten while its parent was loaded */
        return;
    }
    if (d->kind != VFS_DIR) {
        op_fail(op, -ENOTDIR);
        return;
    }
    up_ino = r->dir == VFS_ROOT_INO ? VFS_ROOT_INO : d->parent;
    up = inode_find(&v->inodes, up_ino);
    if (r->cookie < COOKIE_DOTDOT && (up == NULL || up->gen != v->gen)) {
        vfs_need(v, up_ino, op);
        op_then(op, dir_dots);
        return;
    }
    if (r->cookie < COOKIE_DOT && !give_dot(r, d, ".", COOKIE_DOT))
        return;
    if (r->cookie < COOKIE_DOTDOT && !give_dot(r, up, "..", COOKIE_DOTDOT))
        return;
    op_then(op, dir_give);
}

static void entry_node(
    const struct dir_page *p, const struct page_entry *e, struct node *n)
{
    n->parent = p->dir;
    n->ino = e->ino;
    n->size_bytes = e->size_bytes;
    n->mtime_ns = e->mtime_ns;
    n->ctime_ns = e->ctime_ns;
    n->gen = e->gen;
    n->listed = e->listed;
    n->subdirs = e->subdirs;
    n->kind = e->kind;
    n->name_len = e->name_len;
    memcpy(n->name, p->names.data + e->name_at, e->name_len);
}

/* Position of the first entry after the cookie. */
static size_t page_position(const struct dir_page *p, uint64_t cookie)
{
    size_t low = 0;
    size_t high = p->n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (p->entry[mid].ino <= cookie)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Gives from the page until the reader refuses (false) or it is used up. */
static bool give_page(struct readdir *r, const struct dir_page *p)
{
    for (size_t i = page_position(p, r->cookie); i < p->n; i++) {
        const struct page_entry *entry = &p->entry[i];
        const struct inode *hot = inode_find(&r->v->inodes, entry->ino);
        struct vfs_dirent e;
        struct node n;

        /* What is in memory is at least as new as the page. */
        if (hot == NULL) {
            entry_node(p, entry, &n);
            hot = inode_put(&r->v->inodes, &n);
        }
        e.name = (const char *)p->names.data + entry->name_at;
        e.name_len = entry->name_len;
        e.cookie = entry->ino;
        vfs_fill_attr(r->v, hot, &e.attr);
        if (!r->fn(r->ctx, &e))
            return false;
        r->cookie = entry->ino;
        r->given++;
    }
    return true;
}

/* Past the middle of a page, the next one is read. */
static void read_ahead(struct vfs *v, const struct dir_page *p, uint64_t cookie)
{
    uint64_t last = page_last(p);

    if (p->full && page_position(p, cookie) >= p->n / 2 &&
        page_find(v, p->dir, last) == NULL)
        page_load(v, p->dir, last, NULL, NULL);
}

static void dir_give(struct op *op)
{
    struct readdir *r = readdir_of(op);
    struct vfs *v = r->v;
    struct dir_page *p;

    if (op->err != 0)
        return;
    while ((p = page_find(v, r->dir, r->cookie)) != NULL) {
        if (!give_page(r, p)) {
            read_ahead(v, p, r->cookie);
            return;
        }
        if (!p->full) {
            *r->eof = true;
            return;
        }
    }
    r->listed = listed_now(v, r->dir);
    if (!r->listed && !vfs_list_streams(v, r->dir)) {
        if (r->given == 0 || r->cookie == COOKIE_DOTDOT) {
            vfs_list(v, r->dir, op);
            op_then(op, dir_give);
        }
        return;
    }
    page_load(v, r->dir, r->cookie, &r->page, op);
    op_then(op, dir_loaded);
}

static void dir_loaded(struct op *op)
{
    struct readdir *r = readdir_of(op);
    struct vfs *v = r->v;
    struct dir_page *p = r->page;

    if (op->err != 0)
        return;
    r->page = NULL;
    if (p->full || r->listed) {
        if (page_find(v, r->dir, p->after) == NULL)
            page_keep(v, p);
        else
            page_free(p);
        op_then(op, dir_give);
        return;
    }
    /* The listing is still coming: give what there is, keep nothing. */
    if (p->n == 0 && (r->given == 0 || r->cookie == COOKIE_DOTDOT)) {
        if (!listed_now(v, r->dir))
            vfs_list(v, r->dir, op);
        op_then(op, dir_give);
    } else {
        (void)give_page(r, p);
    }
    page_free(p);
}

static void dir_end(struct op *op)
{
    struct readdir *r = readdir_of(op);
    struct vfs *v = r->v;

    page_free(r->page);
    free(r);
    vfs_idle(v);
}

void vfs_readdir(struct vfs *v, uint64_t dir, uint64_t cookie,
    vfs_dirent_fn *fn, void *ctx, bool *eof, struct op *op)
{
    struct readdir *r = xcalloc(1, sizeof(*r));

    *eof = false;
    r->v = v;
    r->dir = dir;
    r->cookie = cookie < COOKIE_MAX ? cookie : COOKIE_MAX;
    r->fn = fn;
    r->ctx = ctx;
    r->eof = eof;
    vfs_busy(v);
    op_start(&r->op, dir_ready, dir_end, op);
}
