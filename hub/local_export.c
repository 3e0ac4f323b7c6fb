/* Exports. Names come from the database, where none leads out of a folder; but
 * the folder may hold links that do, so each is reached without following
 * any. */
#include "hub/local_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "hub/local_blobs.h"
#include "hub/local_meta.h"
#include "hub/local_meta_tree.h"
#include "hub/local_root.h"

#define PIECE ((size_t)1 << 20)
#define ASIDE_MAX 40

struct export_file {
    char *path;
    bool executable;
    uint64_t size;
    uint8_t sha256[SHA256_SIZE];
};

struct run {
    struct export *e;
    struct buf *why;
    struct buf files; /* of struct export_file */
    uint64_t all;
    int root_fd;
    char aside[ASIDE_MAX]; /* what a file is called while it is written */
    uint8_t *piece;
    struct meta_job job;
};

static struct export_file *files(const struct run *r, size_t *n)
{
    *n = r->files.len / sizeof(struct export_file);
    return (struct export_file *)(void *)r->files.data;
}

static bool on_entry(void *ctx, const char *path, const struct entry *entry)
{
    struct run *r = ctx;
    struct export_file *f;

    if (entry_is_folder(entry))
        return true;
    f = (struct export_file *)(void *)buf_grow(&r->files, sizeof(*f));
    *f = (struct export_file){
        .path = xstrdup(path),
        .executable = entry->mode == GIT_EXECUTABLE,
        .size = entry->size,
    };
    memcpy(f->sha256, entry->sha256, SHA256_SIZE);
    r->all += entry->size;
    return true;
}

static int list_job(struct meta_db *db, struct meta_job *job)
{
    struct run *r = container_of(job, struct run, job);
    const struct export *e = r->e;
    struct walk walk = {.path = "", .recursive = true};
    struct repo repo;
    struct commit commit;
    int err = meta_repo_find(db, e->kind, e->name, &repo);

    if (err == -ENOENT)
        buf_addf(r->why, "there is no repo %s", e->name);
    if (err != 0)
        return err;
    err = meta_rev_find(db, &repo, e->rev, &commit);
    if (err == -ENOENT)
        buf_addf(r->why, "%s has no revision %s", e->name, e->rev);
    if (err != 0)
        return err;
    walk.tree = commit.tree;
    return meta_walk(db, &walk, on_entry, r);
}

/* ---- One file */

/* The folder that a path lies in, with those above it, as a descriptor. */
static int open_folder(const struct run *r, const char *path, const char **name)
{
    int at = dup(r->root_fd);
    const char *slash;

    while (at >= 0 && (slash = strchr(path, '/')) != NULL) {
        char *part = xstrndup(path, (size_t)(slash - path));
        int next = -1;
        int err = 0;

        if (mkdirat(at, part, 0777) != 0 && errno != EEXIST)
            err = -errno;
        if (err == 0)
            next = openat(
                at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (err == 0 && next < 0)
            err = -errno;
        free(part);
        close(at);
        if (err != 0)
            return err;
        at = next;
        path = slash + 1;
    }
    *name = path;
    return at >= 0 ? at : -errno;
}

static int copy(struct run *r, const struct export_file *f, int from, int to)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t got[SHA256_SIZE];
    int err = 0;

    for (uint64_t at = 0; at < f->size && err == 0;) {
        size_t n = (size_t)min_u64(PIECE, f->size - at);

        err = file_pread(from, r->piece, n, at);
        if (err == 0)
            err = file_write(to, r->piece, n);
        if (err != 0)
            break;
        digest_add(d, r->piece, n);
        at += n;
        r->e->bytes += n;
        if (r->e->progress != NULL)
            r->e->progress(r->e->ctx, r->e->bytes, r->all);
    }
    digest_end(d, got);
    if (err == 0 && memcmp(got, f->sha256, sizeof(got)) != 0)
        err = -EBADMSG;
    return err;
}

static int write_aside(struct run *r, const struct export_file *f, int folder)
{
    int from = blobs_open(r->e->root->blobs, f->sha256);
    int to;
    int err;

    if (from < 0)
        return from;
    to = openat(folder, r->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
        f->executable ? 0777 : 0666);
    err = to < 0 ? -errno : copy(r, f, from, to);
    if (err == 0)
        err = file_sync_data(to);
    if (to >= 0)
        close(to);
    close(from);
    return err;
}

static int export_file(struct run *r, const struct export_file *f)
{
    const char *name = NULL;
    int folder = open_folder(r, f->path, &name);
    int err;

    if (folder < 0)
        return folder;
    err = write_aside(r, f, folder);
    if (err == 0 && renameat(folder, r->aside, folder, name) != 0)
        err = -errno;
    if (err != 0)
        unlinkat(folder, r->aside, 0);
    close(folder);
    return err;
}

static const char *reason(int err)
{
    if (err == -EBADMSG)
        return "the content kept is not what its name says";
    if (err == -ENOENT)
        return "the content is missing";
    return strerror(-err);
}

static void export_all(struct run *r)
{
    size_t n;
    const struct export_file *f = files(r, &n);

    for (size_t i = 0; i < n; i++) {
        int err = export_file(r, &f[i]);

        if (err == 0) {
            r->e->files++;
            continue;
        }
        r->e->problems++;
        r->e->say(r->e->ctx, f[i].path, reason(err));
    }
}

static void name_aside(struct run *r)
{
    uint8_t random[8];
    char hex[2 * sizeof(random) + 1];

    random_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), hex);
    snprintf(r->aside, sizeof(r->aside), ".hffs-export-%s", hex);
}

static int open_target(struct run *r)
{
    int err = file_mkdirs(r->e->folder, 0777);

    if (err == 0) {
        r->root_fd = open(r->e->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        err = r->root_fd < 0 ? -errno : 0;
    }
    if (err != 0)
        buf_addf(r->why, "%s: %s", r->e->folder, strerror(-err));
    return err;
}

int export_run(struct export *e, struct buf *why)
{
    struct run r = {.e = e, .why = why, .root_fd = -1, .job = {.fn = list_job}};
    int err = meta_run_here(e->root->meta, &r.job);
    struct export_file *f;
    size_t n;

    if (err == 0)
        err = open_target(&r);
    if (err == 0) {
        r.piece = xmalloc(PIECE);
        name_aside(&r);
        export_all(&r);
        close(r.root_fd);
        err = file_sync_dir(e->folder);
    }
    if (err != 0 && why->len == 0)
        buf_adds(why, strerror(-err));
    f = files(&r, &n);
    for (size_t i = 0; i < n; i++)
        free(f[i].path);
    buf_free(&r.files);
    free(r.piece);
    return err;
}
