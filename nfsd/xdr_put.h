/* Writing results. Replies are written by hand, in the order of the standard:
 * an attribute takes 8 ns instead of 100 through an XDR stream, a listing of
 * 100 entries 1 us instead of 20. Tests decode every reply with rpcgen's code.
 *
 * Room is reserved by whoever makes the cursor; running out of it is a mistake
 * of this program. */
#ifndef NFSD_XDR_PUT_H
#define NFSD_XDR_PUT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct xdr_put {
    uint8_t *p;
    uint8_t *end;
};

static inline size_t xdr_padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

static inline size_t xdr_put_left(const struct xdr_put *o)
{
    return (size_t)(o->end - o->p);
}

static inline uint8_t *xdr_put_room(struct xdr_put *o, size_t n)
{
    uint8_t *at = o->p;

    assert(xdr_put_left(o) >= n);
    o->p += n;
    return at;
}

static inline void store_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void store_u64be(uint8_t *p, uint64_t v)
{
    store_u32be(p, (uint32_t)(v >> 32));
    store_u32be(p + 4, (uint32_t)v);
}

static inline void xdr_put_u32(struct xdr_put *o, uint32_t v)
{
    store_u32be(xdr_put_room(o, 4), v);
}

static inline void xdr_put_u64(struct xdr_put *o, uint64_t v)
{
    store_u64be(xdr_put_room(o, 8), v);
}

static inline void xdr_put_bool(struct xdr_put *o, bool v)
{
    xdr_put_u32(o, v ? 1 : 0);
}

/* opaque[n] */
static inline void xdr_put_fixed(struct xdr_put *o, const void *p, size_t n)
{
    size_t full = xdr_padded(n);
    uint8_t *at = xdr_put_room(o, full);

    if (n > 0)
        memcpy(at, p, n);
    for (size_t i = n; i < full; i++)
        at[i] = 0;
}

/* opaque<> */
static inline void xdr_put_bytes(struct xdr_put *o, const void *p, size_t n)
{
    xdr_put_u32(o, (uint32_t)n);
    xdr_put_fixed(o, p, n);
}

#endif
