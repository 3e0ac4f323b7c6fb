/* Chunk headers, and the three schemes of compression.
 *
 *     version 0, compressed length (24 bits), scheme, length (24 bits) */
#include "hub/xet_chunk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/xet_group.h"
#include "hub/xet_le.h"
#include "hub/xet_lz4.h"

#define GUESS_EVERY 32

static const char *const names[] = {
    [XET_STORED] = "none", [XET_LZ4] = "lz4", [XET_BG4_LZ4] = "bg4-lz4"};

struct xet_packer {
    enum xet_policy policy;
    enum xet_scheme scheme; /* of the present run */
    unsigned left;          /* chunks of it to come */
    void *lz4;
    uint8_t grouped[XET_CHUNK_MAX];
};

const char *xet_scheme_name(enum xet_scheme scheme)
{
    return names[scheme];
}

int xet_header_parse(const uint8_t p[static XET_HEADER], struct xet_header *out,
    struct xet_fault *f)
{
    uint32_t packed = le32(p) >> 8, raw = le32(p + 4) >> 8;

    if (p[0] != 0)
        return xet_fault(f, 0, "chunk header: version %u, not 0", p[0]);
    if (packed > XET_PACKED_MAX)
        return xet_fault(f, 1,
            "chunk header: compressed length %u, %zu is the most", packed,
            XET_PACKED_MAX);
    if (p[4] >= ARRAY_LEN(names))
        return xet_fault(
            f, 4, "chunk header: unknown compression scheme %u", p[4]);
    if (raw == 0 || raw > XET_CHUNK_MAX)
        return xet_fault(
            f, 5, "chunk header: length %u, not 1 to %zu", raw, XET_CHUNK_MAX);
    if (p[4] == XET_STORED && packed != raw)
        return xet_fault(f, 5,
            "chunk header: length %u, but %u bytes are stored", raw, packed);
    *out = (struct xet_header){
        .scheme = (enum xet_scheme)p[4], .packed = packed, .raw = raw};
    return 0;
}

int xet_unpack(const struct xet_header *h, const uint8_t *p, uint8_t *out,
    uint8_t *scratch, struct xet_fault *f)
{
    struct xet_lz4_in frame = {p, h->packed};
    int err = 0;

    switch (h->scheme) {
    case XET_STORED:
        memcpy(out, p, h->raw);
        break;
    case XET_LZ4:
        err = xet_lz4_unpack(frame, out, h->raw, f);
        break;
    case XET_BG4_LZ4:
        err = xet_lz4_unpack(frame, scratch, h->raw, f);
        if (err == 0)
            xet_group_join(scratch, h->raw, out);
        break;
    }
    return err;
}

struct xet_packer *xet_packer_new(enum xet_policy policy)
{
    struct xet_packer *p = xmalloc(sizeof(*p));

    p->policy = policy;
    p->scheme = XET_STORED;
    p->left = 0;
    p->lz4 = xmalloc(xet_lz4_state_size());
    return p;
}

void xet_packer_free(struct xet_packer *p)
{
    if (p != NULL)
        free(p->lz4);
    free(p);
}

void xet_packer_section(struct xet_packer *p)
{
    p->left = 0;
}

static enum xet_scheme scheme_for(
    struct xet_packer *p, const uint8_t *chunk, size_t n)
{
    static const enum xet_scheme always[] = {[XET_NEVER] = XET_STORED,
        [XET_ALWAYS_LZ4] = XET_LZ4,
        [XET_ALWAYS_BG4_LZ4] = XET_BG4_LZ4};

    if (p->policy != XET_AUTO)
        return always[p->policy];
    if (p->left == 0) {
        p->scheme = xet_group_helps(chunk, n) ? XET_BG4_LZ4 : XET_LZ4;
        p->left = GUESS_EVERY;
    }
    p->left--;
    return p->scheme;
}

static void put_header(uint8_t *to, const struct xet_header *h)
{
    put_le32(to, h->packed << 8);
    put_le32(to + 4, h->raw << 8 | (uint32_t)h->scheme);
}

struct xet_header xet_pack(
    struct xet_packer *p, const uint8_t *chunk, size_t n, struct buf *out)
{
    struct xet_header h = {.raw = (uint32_t)n};
    uint8_t *to = buf_reserve(out, XET_HEADER + n);
    const uint8_t *from = chunk;

    assert(n > 0 && n <= XET_CHUNK_MAX);
    h.scheme = scheme_for(p, chunk, n);
    if (h.scheme == XET_BG4_LZ4) {
        xet_group_split(chunk, n, p->grouped);
        from = p->grouped;
    }
    /* It has to become smaller, or it is not worth it. */
    if (h.scheme != XET_STORED)
        h.packed =
            (uint32_t)xet_lz4_pack(p->lz4, from, n, to + XET_HEADER, n - 1);
    if (h.packed == 0) {
        h.scheme = XET_STORED;
        h.packed = h.raw;
        memcpy(to + XET_HEADER, chunk, n);
    }
    put_header(to, &h);
    out->len += XET_HEADER + h.packed;
    return h;
}
