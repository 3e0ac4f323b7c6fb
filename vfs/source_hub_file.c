/* Reads of one file: the cache's sink stands behind the hub's. The file stays
 * what it is when the source moves on to another commit. */
#include "vfs/source_hub_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/op.h"
#include "cache/content.h"
#include "cache/origin.h"
#include "hub/resolve.h"

struct file {
    struct origin origin;
    struct hub_file what;
    char *id;
    char *sha;
    char *path;
};

struct reading {
    struct op op;
    struct file *file; /* one reference */
    struct origin_sink *to;
    struct hub_sink sink;
    uint64_t offset;
    uint64_t len;
};

static op_fn begin, end; /* in this order */

static int pass_on(struct hub_sink *sink, const uint8_t *p, size_t n)
{
    struct reading *r = container_of(sink, struct reading, sink);

    return r->to->data(r->to, p, n);
}

static void begin(struct op *op)
{
    struct reading *r = container_of(op, struct reading, op);

    r->sink.data = pass_on;
    hub_file_read(&r->file->what, r->offset, r->len, &r->sink, op);
}

static void end(struct op *op)
{
    struct reading *r = container_of(op, struct reading, op);

    origin_put(&r->file->origin);
    free(r);
}

static void file_read(struct origin *o, uint64_t offset, uint64_t len,
    struct origin_sink *sink, struct op *op)
{
    struct reading *r = xcalloc(1, sizeof(*r));

    r->file = container_of(origin_get(o), struct file, origin);
    r->to = sink;
    r->offset = offset;
    r->len = len;
    op_start(&r->op, begin, end, op);
}

static void file_free(struct origin *o)
{
    struct file *f = container_of(o, struct file, origin);

    free(f->id);
    free(f->sha);
    free(f->path);
    free(f);
}

static const struct origin_ops file_ops = {
    .read = file_read,
    .free = file_free,
};

static enum hub_hash hash_kind(enum content_kind kind)
{
    switch (kind) {
    case CONTENT_SHA256:
        return HUB_HASH_SHA256;
    case CONTENT_GIT:
        return HUB_HASH_GIT;
    case CONTENT_NONE:
    case CONTENT_PATH:
        break;
    }
    return HUB_HASH_NONE;
}

struct origin *source_hub_file_new(struct hub *h, const struct hub_commit *at,
    const char *path, const struct content_id *content, uint64_t size_bytes)
{
    struct file *f = xcalloc(1, sizeof(*f));

    f->origin = (struct origin){.ops = &file_ops, .refs = 1};
    f->id = xstrdup(at->id);
    f->sha = xstrdup(at->sha);
    f->path = xstrdup(path);
    f->what = (struct hub_file){.hub = h,
        .at = {.kind = at->kind, .id = f->id, .sha = f->sha},
        .path = f->path,
        .size_bytes = size_bytes,
        .hash_kind = hash_kind(content->kind)};
    memcpy(f->what.hash, content->hash, sizeof(f->what.hash));
    return &f->origin;
}
