/* A reading cursor over foreign bytes. It cannot pass its end: a short input
 * gives zeros and sticks as an error until cur_ok(), asked once after the last
 * field. */
#ifndef BASE_CUR_H
#define BASE_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cur {
    const uint8_t *p;
    const uint8_t *end;
    bool bad;
};

/* p may be NULL when n is 0, as an empty struct buf has it. */
static inline struct cur cur_over(const void *p, size_t n)
{
    static const uint8_t nothing[1];
    const uint8_t *at = p;

    if (n == 0)
        return (struct cur){.p = nothing, .end = nothing};
    return (struct cur){.p = at, .end = at + n};
}

static inline size_t cur_left(const struct cur *c)
{
    return (size_t)(c->end - c->p);
}

/* No read so far was short. */
static inline bool cur_ok(const struct cur *c)
{
    return !c->bad;
}

/* The next n bytes in place, or NULL when fewer are left. */
const uint8_t *cur_take(struct cur *c, size_t n);

void cur_copy(struct cur *c, void *out, size_t n); /* zeros when short */
void cur_skip(struct cur *c, size_t n);
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16le(struct cur *c);
uint32_t cur_u32le(struct cur *c);
uint64_t cur_u64le(struct cur *c);
uint32_t cur_u32be(struct cur *c);
uint64_t cur_u64be(struct cur *c);

#endif
