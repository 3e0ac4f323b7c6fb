/* The stack of spare blocks. Only blocks of exactly BYTES_BLOCK_SIZE are kept:
 * smaller ones are what malloc is good at. */
#include "base/bytes.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

void bytes_pool_fini(struct bytes_pool *pool)
{
    assert(pool->in_use == 0);
    while (pool->n_spare > 0)
        free(pool->spare[--pool->n_spare]);
}

struct bytes *bytes_new(struct bytes_pool *pool, size_t cap)
{
    struct bytes *b;

    if (cap == BYTES_BLOCK_SIZE && pool->n_spare > 0)
        b = pool->spare[--pool->n_spare];
    else
        b = xmalloc(sizeof(*b) + cap);
    b->refs = 1;
    b->pool = pool;
    b->cap = cap;
    pool->in_use += cap;
    return b;
}

struct bytes *bytes_get(struct bytes *b)
{
    b->refs++;
    return b;
}

void bytes_put(struct bytes *b)
{
    struct bytes_pool *pool;

    if (b == NULL || --b->refs > 0)
        return;
    pool = b->pool;
    pool->in_use -= b->cap;
    if (b->cap == BYTES_BLOCK_SIZE && pool->n_spare < BYTES_SPARE_MAX)
        pool->spare[pool->n_spare++] = b;
    else
        free(b);
}

void bytes_parts_add(
    struct bytes_parts *parts, struct bytes *ref, const uint8_t *p, size_t len)
{
    assert(parts->n < BYTES_PARTS_MAX);
    parts->part[parts->n++] =
        (struct bytes_part){.ref = ref, .p = p, .len = len};
    parts->len += len;
}

void bytes_parts_free(struct bytes_parts *parts)
{
    for (size_t i = 0; i < parts->n; i++)
        bytes_put(parts->part[i].ref);
    *parts = (struct bytes_parts){0};
}
