/* A Hub repo as a source: what the hub layer says about paths of a repo becomes
 * entries of a mount. The mount may show a folder of the repo only; that
 * folder's path is put before every path here, and nowhere else. */
#include "vfs/source_hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/op.h"
#include "cache/origin.h"
#include "hub/hub.h"
#include "hub/repo.h"
#include "vfs/source.h"
#include "vfs/source_hub_file.h"

struct source_hub {
    struct source source;
    /* given at creation */
    struct hub *hub;
    struct hub_repo repo;
    bool commit_times;
    /* state */
    char *id; /* the repo's present name */
    char sha[HUB_SHA_MAX];
};

static struct source_hub *self(struct source *s)
{
    return container_of(s, struct source_hub, source);
}

static struct hub_commit pinned(const struct source_hub *s)
{
    return (struct hub_commit){
        .kind = s->repo.kind, .id = s->id, .sha = s->sha};
}

/* The path in the repo of a path in the mount. The caller frees it. */
static char *repo_path(const struct source_hub *s, const char *path)
{
    if (s->repo.subdir[0] == '\0')
        return xstrdup(path);
    if (path[0] == '\0')
        return xstrdup(s->repo.subdir);
    return xasprintf("%s/%s", s->repo.subdir, path);
}

/* ---- Which revision */

struct resolve {
    struct op op;
    struct source_hub *s;
    struct source_revision *out;
    struct hub_info info;
    struct hub_page page;
};

static op_fn ask_info, ask_subdir, check_subdir, end_resolve; /* in order */

static void ask_info(struct op *op)
{
    struct resolve *r = container_of(op, struct resolve, op);

    hub_repo_info(r->s->hub, &r->s->repo, &r->info, op);
    op_then(op, ask_subdir);
}

static void take_name(struct source_hub *s, struct hub_info *info)
{
    const char *id = buf_str(&info->id);

    if (strcmp(id, s->id) == 0)
        return;
    log_info("hub: %s is now called %s", s->id, id);
    free(s->id);
    s->id = xstrdup(id);
}

/* A mount of a folder that is not there would look like an empty one. */
static void ask_subdir(struct op *op)
{
    struct resolve *r = container_of(op, struct resolve, op);
    struct hub_commit at;

    if (op->err != 0)
        return;
    take_name(r->s, &r->info);
    at = pinned(r->s);
    at.sha = r->info.sha;
    if (r->s->repo.subdir[0] != '\0')
        hub_repo_stat(r->s->hub, &at, r->s->repo.subdir, false, &r->page, op);
    op_then(op, check_subdir);
}

static void check_subdir(struct op *op)
{
    struct resolve *r = container_of(op, struct resolve, op);
    struct source_hub *s = r->s;

    if (op->err != 0)
        return;
    if (s->repo.subdir[0] != '\0' && (r->page.n == 0 || !r->page.entry->dir)) {
        hub_error_set(s->hub, "%s has no folder %s at revision %s: check it",
            s->id, s->repo.subdir, s->repo.revision);
        op_fail(op, r->page.n == 0 ? -ENOENT : -ENOTDIR);
        return;
    }
    snprintf(r->out->id, sizeof(r->out->id), "%s", r->info.sha);
    r->out->time_ns = r->info.time_ns;
}

static void end_resolve(struct op *op)
{
    struct resolve *r = container_of(op, struct resolve, op);

    buf_free(&r->info.id);
    hub_page_free(&r->page);
    free(r);
}

static void resolve(
    struct source *source, struct source_revision *out, struct op *op)
{
    struct resolve *r = xcalloc(1, sizeof(*r));

    r->s = self(source);
    r->out = out;
    op_start(&r->op, ask_info, end_resolve, op);
}

static void pin(struct source *source, const struct source_revision *rev)
{
    struct source_hub *s = self(source);

    snprintf(s->sha, sizeof(s->sha), "%.40s", rev->id);
}

/* ---- Listings */

struct listing {
    struct op op;
    struct source_hub *s;
    struct source_page *out;
    struct hub_page page;
    struct hub_commit at;
    char *path; /* in the repo */
    bool single;
};

static op_fn ask_page, convert, end_listing; /* in this order */

static void ask_page(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);
    bool times = l->s->commit_times;

    l->at = pinned(l->s);
    if (l->single)
        hub_repo_stat(l->s->hub, &l->at, l->path, times, &l->page, op);
    else
        hub_repo_list(l->s->hub, &l->at, l->path, times, &l->page, op);
    op_then(op, convert);
}

static const enum content_kind content_kinds[] = {
    [HUB_HASH_NONE] = CONTENT_NONE,
    [HUB_HASH_GIT] = CONTENT_GIT,
    [HUB_HASH_SHA256] = CONTENT_SHA256,
};

/* Bytes without a known hash are named by the place they are at, which a
 * commit makes immutable. */
static void name_by_place(
    struct content_id *id, const struct listing *l, const struct hub_entry *e)
{
    struct buf text = {0};

    buf_addf(&text, "%s %d %s %s ", hub_endpoint(l->s->hub),
        (int)l->s->repo.kind, l->s->id, l->s->sha);
    buf_addf(&text, "%s/", l->path);
    buf_add(&text, e->name, e->name_len);
    digest_once(DIGEST_SHA256, text.data, text.len, id->hash);
    id->kind = CONTENT_PATH;
    buf_free(&text);
}

static struct source_entry convert_one(
    const struct listing *l, const struct hub_entry *e)
{
    struct source_entry out = {.name_len = e->name_len,
        .kind = e->dir ? VFS_DIR : VFS_FILE,
        .size_bytes = e->size_bytes,
        .mtime_ns = e->mtime_ns,
        .content.kind = content_kinds[e->hash_kind]};

    if (out.content.kind != CONTENT_NONE)
        memcpy(out.content.hash, e->hash, content_hash_size(out.content.kind));
    else if (!e->dir)
        name_by_place(&out.content, l, e);
    return out;
}

/* Entries and, behind them, their names make one block. */
static void fill(struct source_page *out, const struct listing *l)
{
    const struct hub_page *page = &l->page;
    size_t entries = page->n * sizeof(*out->entry);
    char *name;

    buf_clear(&out->mem);
    out->entry = (struct source_entry *)(void *)buf_grow(
        &out->mem, entries + page->text.len);
    name = (char *)(out->entry + page->n);
    for (size_t i = 0; i < page->n; i++) {
        const struct hub_entry *e = &page->entry[i];

        out->entry[i] = convert_one(l, e);
        out->entry[i].name = memcpy(name, e->name, e->name_len);
        name += e->name_len;
    }
}

static void convert(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);
    struct source_page *out = l->out;

    if (op->err != 0)
        return;
    if (l->page.n > 0)
        fill(out, l);
    out->n = l->page.n;
    out->bad = l->page.bad;
    out->last = l->page.last;
    buf_free(&out->next);
    out->next = l->page.next;
    l->page.next = (struct buf){0};
}

static void end_listing(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);

    hub_page_free(&l->page);
    free(l->path);
    free(l);
}

static void list(struct source *source, const char *path,
    struct source_page *page, struct op *op)
{
    struct listing *l = xcalloc(1, sizeof(*l));

    l->s = self(source);
    l->out = page;
    l->path = repo_path(l->s, path);
    buf_add(&l->page.next, page->next.data, page->next.len);
    op_start(&l->op, ask_page, end_listing, op);
}

static void stat_one(struct source *source, const char *path,
    struct source_page *page, struct op *op)
{
    struct listing *l = xcalloc(1, sizeof(*l));

    l->s = self(source);
    l->out = page;
    l->path = repo_path(l->s, path);
    l->single = true;
    op_start(&l->op, ask_page, end_listing, op);
}

/* ---- Files */

static struct origin *origin(struct source *source, const char *path,
    const struct content_id *content, uint64_t size_bytes)
{
    struct source_hub *s = self(source);
    struct hub_commit at = pinned(s);
    char *full = repo_path(s, path);
    struct origin *o =
        source_hub_file_new(s->hub, &at, full, content, size_bytes);

    free(full);
    return o;
}

static const struct source_ops ops = {
    .resolve = resolve,
    .pin = pin,
    .list = list,
    .stat = stat_one,
    .origin = origin,
};

struct source *source_hub_new(const struct source_hub_config *config)
{
    struct source_hub *s = xcalloc(1, sizeof(*s));
    const struct hub_repo *repo = config->repo;

    s->source.ops = &ops;
    s->hub = config->hub;
    s->commit_times = config->commit_times;
    s->repo = (struct hub_repo){.kind = repo->kind,
        .id = xstrdup(repo->id),
        .subdir = xstrdup(repo->subdir),
        .revision = xstrdup(repo->revision)};
    s->id = xstrdup(repo->id);
    return &s->source;
}

void source_hub_free(struct source *source)
{
    struct source_hub *s;

    if (source == NULL)
        return;
    s = self(source);
    hub_repo_fini(&s->repo);
    free(s->id);
    free(s);
}
