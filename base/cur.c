/* The bounds-checked cursor: every read goes through cur_take(). */
#include "base/cur.h"

#include <string.h>

const uint8_t *cur_take(struct cur *c, size_t n)
{
    const uint8_t *p = c->p;

    if (c->bad || n > cur_left(c)) {
        c->bad = true;
        c->p = c->end;
        return NULL;
    }
    c->p += n;
    return p;
}

void cur_copy(struct cur *c, void *out, size_t n)
{
    const uint8_t *p = cur_take(c, n);

    if (p != NULL)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

void cur_skip(struct cur *c, size_t n)
{
    (void)cur_take(c, n);
}

static uint64_t little(struct cur *c, unsigned n)
{
    const uint8_t *p = cur_take(c, n);
    uint64_t v = 0;

    for (unsigned i = 0; p != NULL && i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t big(struct cur *c, unsigned n)
{
    const uint8_t *p = cur_take(c, n);
    uint64_t v = 0;

    for (unsigned i = 0; p != NULL && i < n; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t cur_u8(struct cur *c)
{
    return (uint8_t)little(c, 1);
}

uint16_t cur_u16le(struct cur *c)
{
    return (uint16_t)little(c, 2);
}

uint32_t cur_u32le(struct cur *c)
{
    return (uint32_t)little(c, 4);
}

uint64_t cur_u64le(struct cur *c)
{
    return little(c, 8);
}

uint32_t cur_u32be(struct cur *c)
{
    return (uint32_t)big(c, 4);
}

uint64_t cur_u64be(struct cur *c)
{
    return big(c, 8);
}
