#include "test/lib/cache_fix.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/timer.h"
#include "test/lib/temp.h"
#include "test/lib/waiter.h"

uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

struct delivery {
    struct op op;
    struct timer timer;
    struct script *s;
    struct origin_sink *sink;
    uint64_t at;
    uint64_t end;
};

static void deliver(struct op *op)
{
    struct delivery *d = container_of(op, struct delivery, op);
    struct script *s = d->s;
    uint8_t piece[65536];
    size_t n =
        min_size(min_size(s->piece, sizeof(piece)), (size_t)(d->end - d->at));

    if (s->held) {
        op_list_wait(&s->released, op);
        op_then(op, deliver);
        return;
    }
    if (d->at >= s->fail_at) {
        op_fail(op, s->fail_err);
        return;
    }
    for (size_t i = 0; i < n; i++)
        piece[i] = byte_at(d->at + i) ^ (d->at + i == s->corrupt ? 1 : 0);
    d->at += n;
    s->bytes += n;
    assert_int_equal(d->sink->data(d->sink, piece, n), 0);
    if (d->at == d->end)
        return;
    timer_sleep(&d->timer, s->loop, 0, op);
    op_then(op, deliver);
}

static void deliver_end(struct op *op)
{
    free(container_of(op, struct delivery, op));
}

static void script_read(struct origin *o, uint64_t offset, uint64_t len,
    struct origin_sink *sink, struct op *op)
{
    struct script *s = container_of(o, struct script, origin);
    struct delivery *d = xcalloc(1, sizeof(*d));

    s->reads++;
    d->s = s;
    d->sink = sink;
    d->at = offset;
    d->end = offset + len;
    op_start(&d->op, deliver, deliver_end, op);
}

static void script_free(struct origin *o)
{
    (void)o;
}

static const struct origin_ops script_ops = {script_read, script_free};

void set_content(struct fix *f, uint64_t size)
{
    struct digest *d = digest_new(DIGEST_SHA256);

    f->script.size = size;
    f->id = (struct content_id){.kind = CONTENT_SHA256};
    for (uint64_t i = 0; i < size; i++) {
        uint8_t b = byte_at(i);

        digest_add(d, &b, 1);
    }
    digest_end(d, f->id.hash);
}

void open_cache(struct fix *f, const char *dir, size_t memory)
{
    struct cache_config config = {
        .pool = &f->pool, .dir = dir, .memory_bytes = memory};

    assert_int_equal(cache_open(&config, &f->cache), 0);
}

void close_cache(struct fix *f)
{
    struct waiter w;

    wait_begin(&w);
    cache_close(f->cache, &w.op);
    assert_int_equal(wait_for(&w, &f->loop), 0);
    f->cache = NULL;
}

int cache_setup(void **state)
{
    struct fix *f = xcalloc(1, sizeof(*f));

    pool_threads_set(4);
    uv_loop_init(&f->loop);
    pool_init(&f->pool, &f->loop, 4);
    f->dir = temp_dir();
    f->cache_dir = xasprintf("%s/cache", f->dir);
    f->script = (struct script){.origin = {.ops = &script_ops, .refs = 1},
        .loop = &f->loop,
        .piece = 20000,
        .corrupt = UINT64_MAX,
        .fail_at = UINT64_MAX};
    op_list_init(&f->script.released);
    open_cache(f, f->cache_dir, 0);
    *state = f;
    return 0;
}

int cache_teardown(void **state)
{
    struct fix *f = *state;

    if (f->cache != NULL)
        close_cache(f);
    assert_int_equal(f->script.origin.refs, 1);
    while (uv_run(&f->loop, UV_RUN_NOWAIT) != 0) {
    }
    assert_int_equal(uv_loop_close(&f->loop), 0);
    file_remove_tree(f->dir);
    free(f->cache_dir);
    free(f->dir);
    free(f);
    return 0;
}

struct cache_file *get_file(struct fix *f)
{
    return cache_file_get(f->cache, &f->id, f->script.size, &f->script.origin);
}

void check_bytes(const struct bytes_parts *parts, uint64_t offset)
{
    for (size_t i = 0; i < parts->n; i++) {
        for (size_t k = 0; k < parts->part[i].len; k++, offset++) {
            if (parts->part[i].p[k] != byte_at(offset))
                fail_msg("wrong byte at %llu", (unsigned long long)offset);
        }
    }
}

int read_range(
    struct fix *f, struct cache_file *file, uint64_t offset, size_t len)
{
    struct bytes_parts parts = {0};
    struct waiter w;
    int err;

    wait_begin(&w);
    cache_read(file, offset, len, 0, &parts, &w.op);
    err = wait_for(&w, &f->loop);
    if (err == 0) {
        assert_int_equal(parts.len, len);
        check_bytes(&parts, offset);
    } else {
        assert_int_equal(parts.n, 0);
    }
    bytes_parts_free(&parts);
    return err;
}

void read_all(struct fix *f, struct cache_file *file, size_t step)
{
    for (uint64_t at = 0; at < f->script.size; at += step) {
        size_t n = min_size(step, (size_t)(f->script.size - at));

        assert_int_equal(read_range(f, file, at, n), 0);
    }
}

void settle(struct fix *f)
{
    close_cache(f);
    open_cache(f, f->cache_dir, 0);
}

char *entry_file(struct fix *f)
{
    char text[CONTENT_TEXT_MAX];

    content_text(&f->id, text);
    return xasprintf("%s/objects/%02x/%s", f->cache_dir, f->id.hash[0], text);
}
