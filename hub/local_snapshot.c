/* Snapshots. Files are taken in batches: cloned and hashed on the pool, several
 * at once, then made durable together; the commit comes when all are in.
 *
 * What is hashed and served is the clone, so that a file that is being written
 * meanwhile cannot differ from its hash. */
#include "hub/local_snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/timer.h"
#include "base/work.h"
#include "hub/local_attrs.h"
#include "hub/local_blobs_care.h"
#include "hub/local_meta.h"
#include "hub/local_scan.h"
#include "hub/local_take.h"

#define BATCH_FILES 4096
#define BATCH_BYTES ((uint64_t)256 << 20)
#define REPORT_EVERY_MS 2000
#define LARGE_BYTES ((uint64_t)1 << 30) /* a file that is worth a word */
/* A file younger than this when it was looked at may be written again without
 * a change of its times; it is looked at again the next time. */
#define TRUST_AFTER_NS INT64_C(2000000000)
#define NEVER_TRUSTED (-1)

struct snapshot {
    struct snapshot_config config;
    struct scan scan;
    struct attrs *attrs;
    struct take *take; /* one per file of the scan */
    size_t n;
    struct buf removed; /* of char *: paths that were there the last time */
    int64_t began_ns;
    /* what is being taken */
    size_t next;
    size_t first; /* of this batch; it ends at next */
    size_t n_taken;
    size_t n_to_take;
    uint64_t reported_ms;
    /* the repo */
    struct repo repo;
    struct commit head;
    bool has_head;
    bool made;
    size_t at_seen;
    struct meta_job job;
    struct work work;
    struct op op;
};

static op_fn look, compare, take_batch, publish_batch, commit, end;

static char **removed(const struct snapshot *s, size_t *n)
{
    *n = s->removed.len / sizeof(char *);
    return (char **)(void *)s->removed.data;
}

static int scan_on_pool(struct work *w)
{
    struct snapshot *s = container_of(w, struct snapshot, work);

    return scan_folder(s->config.folder, s->config.avoid, &s->scan);
}

static void look(struct op *op)
{
    struct snapshot *s = container_of(op, struct snapshot, op);

    s->began_ns = clock_wall_ns();
    work_disk(s->config.pool, &s->work, scan_on_pool, op);
    op_then(op, compare);
}

/* A row of the last snapshot; they come in the order of the scan. */
static void on_seen(void *ctx, const char *path, const struct seen *seen)
{
    struct snapshot *s = ctx;
    int order = 1;

    while (s->at_seen < s->n) {
        order = strcmp(s->take[s->at_seen].file->path, path);
        if (order >= 0)
            break;
        s->at_seen++;
    }
    if (s->at_seen < s->n && order == 0) {
        s->take[s->at_seen].wanted =
            memcmp(&s->take[s->at_seen].file->seen, seen, sizeof(*seen)) != 0;
        return;
    }
    *(char **)(void *)buf_grow(&s->removed, sizeof(char *)) = xstrdup(path);
}

/* Adds the text of a file in the last commit. */
static int committed_text(struct meta_db *db, const struct snapshot *s,
    const char *path, struct buf *out)
{
    struct entry e;
    int err = meta_path_find(db, &s->head, path, &e);
    int fd;

    if (err == 0 && (entry_is_folder(&e) || e.size > ATTRS_TEXT_MAX))
        err = -EFBIG;
    if (err != 0)
        return err;
    fd = blobs_open(s->config.blobs, e.sha256);
    if (fd < 0)
        return fd;
    err = file_pread(fd, buf_grow(out, e.size), e.size, 0);
    close(fd);
    return err;
}

/* Other rules may make another kind of file of each. */
static int read_attrs(struct meta_db *db, struct snapshot *s)
{
    struct buf text = {0};
    struct take *rules = NULL;
    int err = -ENOENT;

    for (size_t i = 0; i < s->n && rules == NULL; i++) {
        if (strcmp(s->take[i].file->path, ".gitattributes") == 0)
            rules = &s->take[i];
    }
    if (rules != NULL)
        err = take_text(rules, ATTRS_TEXT_MAX, &text);
    else if (s->config.import && s->has_head)
        err = committed_text(db, s, ".gitattributes", &text);
    if (err != 0)
        s->attrs = attrs_usual();
    else
        s->attrs = attrs_parse(buf_str(&text), text.len);
    for (size_t i = 0; i < s->n && rules != NULL && rules->wanted; i++)
        s->take[i].wanted = true;
    buf_free(&text);
    return 0;
}

static int compare_paths(const void *path, const void *take)
{
    const struct take *t = take;

    return strcmp(path, t->file->path);
}

/* A file of the last commit, for an import that removes others. */
static bool on_committed(void *ctx, const char *path, const struct entry *entry)
{
    struct snapshot *s = ctx;

    if (!entry_is_folder(entry) &&
        (s->n == 0 ||
            !bsearch(path, s->take, s->n, sizeof(*s->take), compare_paths)))
        *(char **)(void *)buf_grow(&s->removed, sizeof(char *)) = xstrdup(path);
    return true;
}

static int read_repo(struct meta_db *db, struct snapshot *s)
{
    int err = meta_repo_find(db, s->config.kind, s->config.name, &s->repo);

    s->has_head = false;
    if (err == -ENOENT) {
        s->repo.id = 0;
        return 0;
    }
    if (err == 0 && s->repo.mirror == s->config.import)
        err = -EEXIST;
    if (err != 0)
        return err;
    err = meta_rev_find(db, &s->repo, DEFAULT_BRANCH, &s->head);
    s->has_head = err == 0;
    return err == -ENOENT ? 0 : err;
}

/* What was there before, and need not be taken, or is gone. */
static int read_before(struct meta_db *db, struct snapshot *s)
{
    struct walk walk = {.path = "", .recursive = true};
    int err = read_repo(db, s);

    if (err != 0 || s->repo.id == 0)
        return err;
    if (!s->config.import)
        return meta_seen_each(db, &s->repo, on_seen, s);
    walk.tree = s->head.tree;
    return s->has_head && s->config.remove_others
        ? meta_walk(db, &walk, on_committed, s)
        : 0;
}

static int compare_job(struct meta_db *db, struct meta_job *job)
{
    struct snapshot *s = container_of(job, struct snapshot, job);
    struct scan_file *file = scan_files(&s->scan, &s->n);
    int err;

    s->take = xcalloc(s->n, sizeof(*s->take));
    for (size_t i = 0; i < s->n; i++)
        s->take[i] = (struct take){
            .scan = &s->scan,
            .file = &file[i],
            .blobs = s->config.blobs,
            .wanted = true,
        };
    err = read_before(db, s);
    if (err == 0)
        err = read_attrs(db, s);
    for (size_t i = 0; i < s->n; i++) {
        s->take[i].attrs = s->attrs;
        s->n_to_take += s->take[i].wanted;
    }
    return err;
}

static void compare(struct op *op)
{
    struct snapshot *s = container_of(op, struct snapshot, op);

    if (op->err != 0)
        return;
    s->reported_ms = clock_mono_ms();
    s->job = (struct meta_job){.fn = compare_job};
    meta_run(s->config.meta, &s->job, op);
    op_then(op, take_batch);
}

static void report(struct snapshot *s)
{
    if (clock_mono_ms() - s->reported_ms < REPORT_EVERY_MS)
        return;
    s->reported_ms = clock_mono_ms();
    log_info("hub: %s: %zu of %zu new files taken", s->config.name, s->n_taken,
        s->n_to_take);
}

static void take_batch(struct op *op)
{
    struct snapshot *s = container_of(op, struct snapshot, op);
    uint64_t bytes = 0;
    size_t files = 0;

    if (op->err != 0)
        return;
    report(s);
    s->first = s->next;
    for (; s->next < s->n && files < BATCH_FILES && bytes < BATCH_BYTES;
         s->next++) {
        struct take *t = &s->take[s->next];

        if (!t->wanted)
            continue;
        if (t->file->seen.size >= LARGE_BYTES)
            log_info("hub: %s: taking %s, %" PRIu64 " bytes", s->config.name,
                t->file->path, t->file->seen.size);
        files++;
        bytes += t->file->seen.size;
        work_cpu(s->config.pool, &t->work, take_file, op);
    }
    op_then(op, files > 0 ? publish_batch : commit);
}

static int publish_on_pool(struct work *w)
{
    struct snapshot *s = container_of(w, struct snapshot, work);
    struct blob_in **in = xcalloc(BATCH_FILES, sizeof(struct blob_in *));
    size_t n = 0;
    int err;

    for (size_t i = s->first; i < s->next; i++) {
        if (s->take[i].in != NULL)
            in[n++] = s->take[i].in;
    }
    err = blobs_publish(s->config.blobs, in, n);
    for (size_t i = s->first; i < s->next; i++) {
        blob_drop(s->take[i].in);
        s->take[i].in = NULL;
    }
    free(in);
    return err;
}

static void publish_batch(struct op *op)
{
    struct snapshot *s = container_of(op, struct snapshot, op);

    if (op->err != 0)
        return;
    for (size_t i = s->first; i < s->next; i++)
        s->n_taken += s->take[i].wanted;
    work_disk(s->config.pool, &s->work, publish_on_pool, op);
    op_then(op, take_batch);
}

static int compare_changes(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;
    int order = strcmp(a->path, b->path);

    return order != 0 ? order : (int)b->remove - (int)a->remove;
}

/* The caller frees the array. */
static struct change *changes(const struct snapshot *s, size_t *n)
{
    size_t n_removed;
    char **path = removed(s, &n_removed);
    struct change *c = xcalloc(s->n + n_removed, sizeof(*c));

    *n = 0;
    for (size_t i = 0; i < n_removed; i++)
        c[(*n)++] = (struct change){.path = path[i], .remove = true};
    for (size_t i = 0; i < s->n; i++) {
        const struct take *t = &s->take[i];

        if (t->wanted)
            c[(*n)++] = (struct change){
                .path = t->file->path, .remove = t->gone, .entry = t->entry};
    }
    if (*n > 0)
        qsort(c, *n, sizeof(*c), compare_changes);
    return c;
}

static int remember(struct meta_db *db, struct snapshot *s)
{
    size_t n_removed;
    char **path = removed(s, &n_removed);
    int err = 0;

    for (size_t i = 0; i < n_removed && err == 0; i++)
        err = meta_seen_remove(db, &s->repo, path[i]);
    for (size_t i = 0; i < s->n && err == 0; i++) {
        struct take *t = &s->take[i];
        struct seen *seen = &t->seen;

        if (!t->wanted)
            continue;
        if (t->gone) {
            err = meta_seen_remove(db, &s->repo, t->file->path);
            continue;
        }
        if (seen->mtime_ns > s->began_ns - TRUST_AFTER_NS ||
            seen->ctime_ns > s->began_ns - TRUST_AFTER_NS)
            seen->mtime_ns = NEVER_TRUSTED;
        err = meta_seen_put(db, &s->repo, t->file->path, seen);
    }
    return err;
}

static int put_repo(struct meta_db *db, struct snapshot *s)
{
    struct repo *repo = &s->repo;
    int64_t now_s = s->began_ns / 1000000000;

    if (repo->id == 0) {
        *repo = (struct repo){.kind = s->config.kind,
            .created_s = now_s,
            .updated_s = now_s,
            .private = s->config.private,
            .mirror = !s->config.import};
        memcpy(repo->name, s->config.name, strlen(s->config.name) + 1);
    }
    if (!s->config.import)
        repo->private = s->config.private;
    return meta_repo_put(db, repo);
}

/* Nothing that is committed may be missing. */
static int keep_blobs(struct snapshot *s)
{
    int err = 0;

    for (size_t i = 0; i < s->n && err == 0; i++) {
        const struct take *t = &s->take[i];
        uint64_t size;

        if (t->wanted && !t->gone)
            err = blobs_keep(s->config.blobs, t->entry.sha256, &size);
    }
    return err == -ENOENT ? -EAGAIN : err;
}

static int commit_job(struct meta_db *db, struct meta_job *job)
{
    struct snapshot *s = container_of(job, struct snapshot, job);
    struct new_commit c = {
        .repo = &s->repo,
        .ref = "refs/heads/" DEFAULT_BRANCH,
        .author = s->config.author,
        .title = s->config.title,
        .message = "",
        .time_s = clock_wall_ns() / 1000000000,
    };
    struct change *change = changes(s, &c.n);
    int err = keep_blobs(s);

    c.change = change;
    /* Others may have committed meanwhile; what we put and remove we put and
     * remove on top of it. */
    if (err == 0)
        err = read_repo(db, s);
    if (err == 0)
        err = put_repo(db, s);
    if (s->has_head)
        c.parent = &s->head;
    if (c.title == NULL)
        c.title = s->has_head ? "Update from the folder" : "Initial snapshot";
    if (err == 0)
        err = meta_commit_add(db, &c, &s->head, &s->made);
    if (err == 0 && !s->config.import)
        err = remember(db, s);
    free(change);
    return err;
}

static void commit(struct op *op)
{
    struct snapshot *s = container_of(op, struct snapshot, op);

    if (op->err != 0)
        return;
    s->job = (struct meta_job){.fn = commit_job, .write = true};
    meta_run(s->config.meta, &s->job, op);
}

static void end(struct op *op)
{
    struct snapshot *s = container_of(op, struct snapshot, op);
    char hex[2 * SHA1_SIZE + 1];
    size_t n_removed;
    char **path = removed(s, &n_removed);

    hex_format(s->head.oid, SHA1_SIZE, hex);
    if (s->config.result != NULL) {
        s->config.result->files = s->n;
        s->config.result->made = s->made;
        memcpy(s->config.result->oid, s->head.oid, SHA1_SIZE);
    } else if (op->err != 0) {
        log_error(
            "hub: snapshot of %s: %s", s->config.folder, strerror(-op->err));
    } else {
        log_info("hub: %s: %zu files, %s %s", s->config.name, s->n,
            s->made ? "new commit" : "unchanged at", hex);
    }
    for (size_t i = 0; i < s->n; i++)
        blob_drop(s->take[i].in);
    for (size_t i = 0; i < n_removed; i++)
        free(path[i]);
    buf_free(&s->removed);
    free(s->take);
    attrs_free(s->attrs);
    scan_fini(&s->scan);
    free(s);
}

void snapshot_run(const struct snapshot_config *config, struct op *op)
{
    struct snapshot *s = xcalloc(1, sizeof(*s));

    s->config = *config;
    s->scan.root_fd = -1;
    op_start(&s->op, look, end, op);
}
