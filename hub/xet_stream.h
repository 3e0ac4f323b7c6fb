/* Chunks out of a part of a xorb that arrives in pieces, as ranges of HTTP
 * bring it. */
#ifndef HUB_XET_STREAM_H
#define HUB_XET_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/xet_chunk.h"

/* One chunk, packed: h->packed bytes at p, which are valid for the call. An
 * error ends the stream. */
typedef int xet_stream_fn(
    void *ctx, uint32_t index, const struct xet_header *h, const uint8_t *p);

struct xet_stream {
    xet_stream_fn *fn; /* given at creation */
    void *ctx;
    uint32_t end;
    struct xet_fault fault; /* why a function failed with -EBADMSG */
    uint32_t next;          /* index of the chunk that is to come */
    uint64_t at;            /* where it begins, in the part */
    struct buf held;        /* its first bytes */
};

/* The part holds the chunks first to end - 1 of the xorb, and nothing else. */
void xet_stream_begin(struct xet_stream *s, uint32_t first, uint32_t end,
    xet_stream_fn *fn, void *ctx);

/* 0, -EBADMSG, or what fn said; after an error nothing more may be given. */
int xet_stream(struct xet_stream *s, const uint8_t *p, size_t n);

/* All chunks are there; frees. xet_stream_drop() for a stream given up. */
int xet_stream_end(struct xet_stream *s);
void xet_stream_drop(struct xet_stream *s);

#endif
