/* One pass, from refs down to bytes. Each step looks in a transaction that
 * reads, and removes in short ones that write (local_meta_gc.h,
 * local_blobs_care.h), between which the server's own come through. */
#include "hub/local_gc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/timer.h"
#include "hub/local_blobs_care.h"
#include "hub/local_meta.h"
#include "hub/local_meta_gc.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_meta_xet.h"
#include "hub/local_part.h"
#include "hub/local_root.h"

#define BLOBS_EACH 256 /* files that one transaction removes */

/* Content that no file had when we looked. */
struct orphan {
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
};

struct gc {
    const struct local_root *root;
    struct gc_result *out;
    int64_t before_s;
    struct gc_ids ids;
    struct gc_hashes hashes;
    struct buf orphans; /* of struct orphan */
    size_t next;
    uint64_t xorbs; /* whose rows have gone ... */
    bool more;      /* ... and there may be others */
    struct meta_job job;
    int (*fn)(struct gc *g, struct meta_db *db);
};

static int run_fn(struct meta_db *db, struct meta_job *job)
{
    struct gc *g = container_of(job, struct gc, job);

    return g->fn(g, db);
}

static int transact(
    struct gc *g, bool write, int (*fn)(struct gc *g, struct meta_db *db))
{
    g->fn = fn;
    g->job = (struct meta_job){.fn = run_fn, .write = write};
    return meta_run_here(g->root->meta, &g->job);
}

/* ---- Rows */

static int find_commits(struct gc *g, struct meta_db *db)
{
    return meta_gc_commits(db, g->before_s, &g->ids);
}

static int drop_commits(struct gc *g, struct meta_db *db)
{
    return meta_gc_drop_commits(db, &g->ids, &g->out->commits);
}

static int find_trees(struct gc *g, struct meta_db *db)
{
    return meta_gc_trees(db, &g->ids);
}

static int drop_trees(struct gc *g, struct meta_db *db)
{
    return meta_gc_drop_trees(db, &g->ids, &g->out->trees);
}

static int rows(struct gc *g, int (*find)(struct gc *g, struct meta_db *db),
    int (*drop)(struct gc *g, struct meta_db *db))
{
    int err = transact(g, false, find);

    while (err == 0 && g->ids.next < g->ids.ids.len / sizeof(int64_t))
        err = transact(g, true, drop);
    gc_ids_fini(&g->ids);
    g->ids = (struct gc_ids){0};
    return err;
}

/* ---- Bytes */

static int on_blob(void *ctx, const uint8_t *sha256, uint64_t size)
{
    struct gc *g = ctx;
    struct orphan o = {.size = size};

    if (gc_hashes_have(&g->hashes, sha256))
        return 0;
    memcpy(o.sha256, sha256, sizeof(o.sha256));
    buf_add(&g->orphans, &o, sizeof(o));
    return 0;
}

static int expire_uploads(struct gc *g, struct meta_db *db)
{
    return meta_upload_expire(db, g->before_s);
}

/* Claims on contents that no file has come with those contents, or alone, when
 * an earlier gc came no further. */
static int find_contents(struct gc *g, struct meta_db *db)
{
    struct gc_hashes claims = {0};
    int err = meta_gc_contents(db, &g->hashes);

    if (err == 0)
        err = meta_gc_claims(db, &claims);
    for (size_t at = 0; at < claims.list.len && err == 0; at += SHA256_SIZE) {
        const uint8_t *sha256 = claims.list.data + at;

        if (!blobs_has(g->root->blobs, sha256))
            err = on_blob(g, sha256, 0);
    }
    gc_hashes_fini(&claims);
    return err;
}

/* Who needs one of these meanwhile has kept it, and so made it young. */
static int drop_blobs(struct gc *g, struct meta_db *db)
{
    const struct orphan *o =
        (const struct orphan *)(const void *)g->orphans.data;
    size_t n = g->orphans.len / sizeof(*o);
    size_t end = min_size(n, g->next + BLOBS_EACH);

    for (; g->next < end; g->next++) {
        const uint8_t *sha256 = o[g->next].sha256;
        int err = blobs_remove(g->root->blobs, sha256, g->before_s);

        if (err == -EAGAIN)
            continue;
        if (err == 0) {
            g->out->blobs++;
            g->out->blob_bytes += o[g->next].size;
        } else if (err != -ENOENT) {
            return err;
        }
        err = meta_gc_drop_claims(db, sha256);
        if (err != 0)
            return err;
    }
    return 0;
}

/* Contents that nothing refers to; claims of repos go with them. */
static int contents(struct gc *g)
{
    int err;

    gc_hashes_fini(&g->hashes);
    buf_clear(&g->orphans);
    g->next = 0;
    err = transact(g, false, find_contents);
    if (err == 0)
        err = blobs_each(g->root->blobs, g->before_s, on_blob, g);
    while (err == 0 && g->next < g->orphans.len / sizeof(struct orphan))
        err = transact(g, true, drop_blobs);
    return err;
}

static int drop_xorbs(struct gc *g, struct meta_db *db)
{
    return meta_xet_sweep(db, g->before_s, &g->xorbs, &g->more);
}

/* Xorbs go with the last file that was made of them, and leave contents that
 * nothing refers to. */
static int bytes(struct gc *g)
{
    int err = transact(g, true, expire_uploads);

    if (err == 0)
        err = contents(g);
    for (g->more = true; g->more && err == 0;)
        err = transact(g, true, drop_xorbs);
    if (err == 0 && g->xorbs > 0)
        err = contents(g);
    if (err == 0)
        err = blobs_tidy(g->root->blobs, g->before_s, &g->out->partial_bytes);
    return err;
}

static int sweep_parts(const struct gc *g, const char *dir)
{
    char *parts = xasprintf("%s/parts", dir);
    int err = part_sweep(parts, g->before_s);

    free(parts);
    return err;
}

static int lock(const char *dir, struct buf *why)
{
    char *path = xasprintf("%s/gc.lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int err = fd < 0 ? -errno : 0;

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        err = -EBUSY;
        buf_addf(why, "%s: another gc is at work", dir);
    }
    free(path);
    return err == 0 ? fd : err;
}

int gc_run(const char *dir, const struct local_root *root, uint64_t grace_s,
    struct gc_result *out, struct buf *why)
{
    struct gc g = {.root = root, .out = out};
    int fd = lock(dir, why);
    int err = fd < 0 ? fd : 0;

    *out = (struct gc_result){0};
    g.before_s = clock_wall_ns() / 1000000000 - (int64_t)grace_s;
    if (err == 0)
        err = rows(&g, find_commits, drop_commits);
    if (err == 0)
        err = rows(&g, find_trees, drop_trees);
    if (err == 0)
        err = bytes(&g);
    if (err == 0)
        err = sweep_parts(&g, dir);
    if (fd >= 0)
        close(fd);
    if (err != 0 && why->len == 0)
        buf_addf(why, "%s: %s", dir, strerror(-err));
    gc_hashes_fini(&g.hashes);
    buf_free(&g.orphans);
    return err;
}
