/* The saver of an object: writes its filled slabs to the entry, one job at a
 * time, oldest first. Readers do not wait for it. A disk that fails costs a
 * warning and the slab its place on disk; writing is tried again after a
 * while. */
#include "cache/object.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISK_PAUSE_MS 30000

static op_fn save_next, save_done, save_end; /* in this order */

static struct saver *saver_of(struct op *op)
{
    return container_of(op, struct saver, op);
}

static struct cache_file *object_of(struct saver *s)
{
    return container_of(s, struct cache_file, saver);
}

static struct slab *next_filled(struct cache_file *o)
{
    struct slab *s;

    TAILQ_FOREACH (s, &o->slabs, link) {
        if (s->state == SLAB_FILLED)
            return s;
    }
    return NULL;
}

/* On the pool. The slab's fields do not change while it is being saved, and
 * the job has references of its own to the bytes and the entry. */
static int save_on_pool(struct work *w)
{
    struct saver *s = container_of(w, struct saver, work);
    struct cache_file *o = container_of(s, struct cache_file, saver);
    int err = 0;

    if (s->disk->entry.fd < 0)
        err = entry_create(o->path, &o->id, o->size, &s->disk->entry);
    if (err == 0)
        err = entry_write(
            &s->disk->entry, s->slab->offset, s->bytes->p, s->slab->filled);
    return err;
}

static struct disk *disk_new(void)
{
    struct disk *d = xcalloc(1, sizeof(*d));

    d->refs = 1;
    d->entry.fd = -1;
    return d;
}

static void save_next(struct op *op)
{
    struct saver *s = saver_of(op);
    struct cache_file *o = object_of(s);

    while ((s->slab = next_filled(o)) != NULL) {
        if (o->path != NULL && clock_mono_ms() >= o->cache->disk_again_ms)
            break;
        slab_settle(s->slab, SLAB_KEPT);
    }
    if (s->slab == NULL)
        return;
    s->bytes = bytes_get(s->slab->bytes);
    s->disk = o->disk != NULL ? disk_get(o->disk) : disk_new();
    s->faults = o->faults;
    work_disk(o->cache->pool, &s->work, save_on_pool, op);
    op_then(op, save_done);
}

static void note_disk_error(struct cache_file *o, int err)
{
    struct cache *c = o->cache;

    c->stats.disk_errors++;
    c->disk_again_ms = clock_mono_ms() + DISK_PAUSE_MS;
    log_warn("cache: write %s: %s; reading goes on without the disk", o->path,
        strerror(-err));
}

static void save_done(struct op *op)
{
    struct saver *s = saver_of(op);
    struct cache_file *o = object_of(s);
    struct slab *slab = s->slab;
    int err = op_catch(op);

    s->slab = NULL;
    bytes_put(s->bytes);
    if (s->faults != o->faults) {
        /* Part of a content that turned out wrong meanwhile; the job may have
         * made its entry anew. */
        slab_drop(slab);
        if (o->disk == NULL)
            unlink(o->path);
    } else if (err != 0) {
        note_disk_error(o, err);
        slab_settle(slab, SLAB_KEPT);
    } else {
        if (o->disk == NULL)
            o->disk = disk_get(s->disk);
        slab_settle(slab, SLAB_SAVED);
    }
    disk_put(s->disk);
    op_then(op, save_next);
    room_check(o->cache);
}

static void save_end(struct op *op)
{
    struct saver *s = saver_of(op);
    struct cache_file *o = object_of(s);

    s->running = false;
    verifier_kick(o); /* all may be on disk now */
    object_idle(o);
}

void saver_kick(struct cache_file *o)
{
    if (o->saver.running || next_filled(o) == NULL)
        return;
    o->saver.running = true;
    object_busy(o);
    op_start(&o->saver.op, save_next, save_end, NULL);
}
