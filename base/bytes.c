/* The stacks of spare blocks, one for each size. */
#include "base/bytes.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

#define SMALLEST ((size_t)4096)

void bytes_pool_fini(struct bytes_pool *pool)
{
    assert(pool->in_use == 0);
    for (size_t i = 0; i < BYTES_CLASSES; i++) {
        while (pool->n_spare[i] > 0)
            free(pool->spare[i][--pool->n_spare[i]]);
    }
}

struct bytes *bytes_new(struct bytes_pool *pool, size_t cap)
{
    unsigned class = 0;
    struct bytes *b;

    while (SMALLEST << class < cap)
        class ++;
    assert(class < BYTES_CLASSES);
    if (pool->n_spare[class] > 0)
        b = pool->spare[class][--pool->n_spare[class]];
    else
        b = xmalloc(sizeof(*b) + (SMALLEST << class));
    b->refs = 1;
    b->class = class;
    b->pool = pool;
    pool->in_use += SMALLEST << class;
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
    pool->in_use -= SMALLEST << b->class;
    if (pool->n_spare[b->class] < BYTES_SPARES)
        pool->spare[b->class][pool->n_spare[b->class]++] = b;
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
