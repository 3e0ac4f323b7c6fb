/* The cache as a whole: opening, closing, and the table of contents that are
 * in use. Sizes and eviction on disk come with the Xet engine. */
#include "cache/cache.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cache/object.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_DEFAULT ((size_t)64 << 20)

int cache_open(const struct cache_config *config, struct cache **out)
{
    struct cache *c;
    char *objects;
    int err;

    if (config->dir != NULL) {
        objects = xasprintf("%s/objects", config->dir);
        err = file_mkdirs_own(objects);
        if (err == 0 && access(objects, W_OK | X_OK) != 0)
            err = -errno;
        free(objects);
        if (err != 0)
            return err;
    }
    c = xcalloc(1, sizeof(*c));
    c->pool = config->pool;
    c->dir = config->dir != NULL ? xstrdup(config->dir) : NULL;
    c->memory_limit =
        config->memory_bytes != 0 ? config->memory_bytes : MEMORY_DEFAULT;
    TAILQ_INIT(&c->idle);
    TAILQ_INIT(&c->spares);
    op_list_init(&c->quiet);
    op_list_init(&c->room.waiting);
    *out = c;
    return 0;
}

void cache_busy(struct cache *c)
{
    c->active++;
}

void cache_idle(struct cache *c)
{
    if (--c->active == 0)
        op_list_wake(&c->quiet, 0);
}

struct cache_close {
    struct op op;
    struct cache *cache;
};

static void close_when_quiet(struct op *op)
{
    struct cache_close *cl = container_of(op, struct cache_close, op);

    if (cl->cache->active != 0) {
        op_list_wait(&cl->cache->quiet, op);
        op_then(op, close_when_quiet);
    }
}

static void close_end(struct op *op)
{
    struct cache_close *cl = container_of(op, struct cache_close, op);
    struct cache *c = cl->cache;

    assert(c->objects == NULL);
    bytes_pool_fini(&c->bytes);
    free(c->dir);
    free(c);
    free(cl);
}

void cache_close(struct cache *c, struct op *op)
{
    struct cache_close *cl = xcalloc(1, sizeof(*cl));

    cl->cache = c;
    op_start(&cl->op, close_when_quiet, close_end, op);
}

struct cache_stats cache_stats(const struct cache *c)
{
    struct cache_stats s = c->stats;

    s.memory_bytes = c->bytes.in_use;
    return s;
}

static char *entry_path(const struct cache *c, const struct content_id *id)
{
    char text[CONTENT_TEXT_MAX];

    content_text(id, text);
    return xasprintf("%s/objects/%02x/%s", c->dir, id->hash[0], text);
}

static struct cache_file *object_new(
    struct cache *c, const struct content_id *id, uint64_t size)
{
    struct cache_file *o = xcalloc(1, sizeof(*o));
    struct digest *digest;
    size_t words;

    o->cache = c;
    o->id = *id;
    o->size = size;
    o->n_blocks = entry_blocks(size);
    o->path = c->dir != NULL ? entry_path(c, id) : NULL;
    words = (size_t)(o->n_blocks + 63) / 64;
    o->present = xcalloc(words, sizeof(*o->present));
    o->checked = xcalloc(words, sizeof(*o->checked));
    o->held = xcalloc(words, sizeof(*o->held));
    o->flying = xcalloc(words, sizeof(*o->flying));
    digest = content_digest_new(id, size);
    o->verified = digest == NULL;
    digest_free(digest);
    TAILQ_INIT(&o->slabs);
    TAILQ_INIT(&o->flights);
    op_list_init(&o->opened);
    op_list_init(&o->proven);
    HASH_ADD(hh, c->objects, id, sizeof(o->id), o);
    return o;
}

struct cache_file *cache_file_get(struct cache *c, const struct content_id *id,
    uint64_t size, struct origin *origin)
{
    struct content_id key;
    struct cache_file *o;

    /* The key is compared as bytes, padding included. */
    memset(&key, 0, sizeof(key));
    key.kind = id->kind;
    memcpy(key.hash, id->hash, sizeof(key.hash));
    HASH_FIND(hh, c->objects, &key, sizeof(key), o);
    if (o == NULL || o->size != size)
        o = object_new(c, &key, size);
    /* The newest origin serves: the one before may belong to a mount or a
     * revision that is gone. */
    origin_get(origin);
    origin_put(o->origin);
    o->origin = origin;
    return object_get(o);
}

struct cache_file *cache_file_ref(struct cache_file *f)
{
    return object_get(f);
}

void cache_file_put(struct cache_file *f)
{
    object_put(f);
}

unsigned cache_file_faults(const struct cache_file *f)
{
    return f->faults;
}
