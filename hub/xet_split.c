/* The gear rule: h = 2h + table[byte], from 0 at each chunk's start; a chunk
 * ends behind the byte that makes the top 16 bits zero, not before 8192 bytes
 * and at 131072 without a test.
 *
 * A byte is shifted out after 64 steps, so the first 8128 bytes of a chunk are
 * never looked at. The rest goes four bytes a step: what depends on h is then
 * one shift and one add for four bytes. */
#include "hub/xet_split.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/xet_gear.h"

#define WINDOW 64
#define UNREAD (XET_CHUNK_MIN - WINDOW)
#define LIMIT ((uint64_t)1 << 48) /* below it, the top 16 bits are zero */

#define unlikely(x) __builtin_expect((x), 0)

/* Keeps the compiler from turning the tree of sums back into a chain. */
static inline uint64_t apart(uint64_t x)
{
    __asm__("" : "+r"(x));
    return x;
}

/* Finds the end in p[i] to p[n - 1], of which all are tested. The length up to
 * it, or 0; *h goes on behind the last byte. */
static size_t find(const uint8_t *p, size_t i, size_t n, uint64_t *hash)
{
    const uint64_t *t = xet_gear;
    uint64_t h = *hash;

    for (; i + 4 <= n; i += 4) {
        uint64_t a = t[p[i]];
        uint64_t b = apart(2 * a + t[p[i + 1]]);
        uint64_t c = apart(2 * b + t[p[i + 2]]);
        uint64_t d = apart(2 * c + t[p[i + 3]]);
        uint64_t h1 = 2 * h + a, h2 = 4 * h + b, h3 = 8 * h + c;

        h = 16 * h + d;
        if (unlikely(h1 < LIMIT))
            return i + 1;
        if (unlikely(h2 < LIMIT))
            return i + 2;
        if (unlikely(h3 < LIMIT))
            return i + 3;
        if (unlikely(h < LIMIT))
            return i + 4;
    }
    for (; i < n; i++) {
        h = 2 * h + t[p[i]];
        if (unlikely(h < LIMIT))
            return i + 1;
    }
    *hash = h;
    return 0;
}

/* Goes on with a chunk of which `before` bytes were seen, and *h is the hash,
 * in p[0] to p[n - 1]. The bytes that belong to it; *ends when that is all. */
static size_t go_on(
    const uint8_t *p, size_t n, size_t before, uint64_t *h, bool *ends)
{
    size_t most = min_size(n, XET_CHUNK_MAX - before);
    size_t i = before < UNREAD ? min_size(UNREAD - before, most) : 0;
    size_t untested = before + 1 < XET_CHUNK_MIN
        ? min_size(XET_CHUNK_MIN - 1 - before, most)
        : 0;
    size_t length;

    for (; i < untested; i++)
        *h = 2 * *h + xet_gear[p[i]];
    length = find(p, i, most, h);
    *ends = length != 0 || before + most == XET_CHUNK_MAX;
    return length != 0 ? length : most;
}

size_t xet_cut(const uint8_t *p, size_t n)
{
    uint64_t h = 0;
    bool ends;

    return go_on(p, n, 0, &h, &ends);
}

void xet_split_begin(struct xet_splitter *s, xet_chunk_fn *fn, void *ctx)
{
    *s = (struct xet_splitter){.fn = fn, .ctx = ctx};
}

static void hold(struct xet_splitter *s, const uint8_t *p, size_t n)
{
    if (s->held == NULL)
        s->held = xmalloc(XET_CHUNK_MAX);
    memcpy(s->held + s->n_held, p, n);
    s->n_held += n;
}

void xet_split(struct xet_splitter *s, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        bool ends;
        size_t length = go_on(p, n, s->n_held, &s->h, &ends);

        if (s->n_held > 0 || !ends)
            hold(s, p, length);
        if (ends) {
            s->fn(s->ctx, s->n_held > 0 ? s->held : p,
                s->n_held > 0 ? s->n_held : length);
            s->n_held = 0;
            s->h = 0;
        }
        p += length;
        n -= length;
    }
}

void xet_split_end(struct xet_splitter *s)
{
    if (s->n_held > 0)
        s->fn(s->ctx, s->held, s->n_held);
    xet_split_drop(s);
}

void xet_split_drop(struct xet_splitter *s)
{
    free(s->held);
    s->held = NULL;
    s->n_held = 0;
    s->h = 0;
}
