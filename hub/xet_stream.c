/* Chunks that lie in one piece are given out where they lie; only one that
 * does not is put together. No more is kept than one chunk can have. */
#include "hub/xet_stream.h"

#include <string.h>

void xet_stream_begin(struct xet_stream *s, uint32_t first, uint32_t end,
    xet_stream_fn *fn, void *ctx)
{
    *s = (struct xet_stream){.fn = fn, .ctx = ctx, .next = first, .end = end};
}

/* The length of the chunk whose header is at p. */
static int measure(struct xet_stream *s, const uint8_t *p, struct xet_header *h,
    size_t *length)
{
    int err = xet_header_parse(p, h, &s->fault);

    *length = err == 0 ? XET_HEADER + h->packed : 0;
    return xet_fault_within(&s->fault, s->at, err);
}

static int give(struct xet_stream *s, const uint8_t *p, struct xet_header *h)
{
    int err = s->fn(s->ctx, s->next, h, p + XET_HEADER);

    s->next++;
    s->at += XET_HEADER + h->packed;
    return err;
}

/* Takes from p what a held chunk needs; how much that is goes to *used. */
static int fill(struct xet_stream *s, const uint8_t *p, size_t n, size_t *used)
{
    size_t wanted = XET_HEADER, length;
    struct xet_header h;
    int err = 0;

    *used = 0;
    for (;;) {
        size_t more = min_size(
            s->held.len < wanted ? wanted - s->held.len : 0, n - *used);

        buf_add(&s->held, p + *used, more);
        *used += more;
        if (s->held.len < wanted)
            return 0;
        err = measure(s, s->held.data, &h, &length);
        if (err != 0)
            return err;
        if (wanted == length)
            break;
        wanted = length;
    }
    err = give(s, s->held.data, &h);
    buf_clear(&s->held);
    return err;
}

int xet_stream(struct xet_stream *s, const uint8_t *p, size_t n)
{
    int err = 0;

    while (n > 0 && err == 0) {
        struct xet_header h;
        size_t used = 0;

        if (s->next >= s->end)
            return xet_fault(&s->fault, s->at,
                "bytes behind the last chunk that was asked for");
        if (s->held.len == 0 && n >= XET_HEADER) {
            err = measure(s, p, &h, &used);
            if (err == 0 && used <= n) {
                err = give(s, p, &h);
                p += used;
                n -= used;
                continue;
            }
        }
        if (err == 0)
            err = fill(s, p, n, &used);
        p += used;
        n -= used;
    }
    return err;
}

int xet_stream_end(struct xet_stream *s)
{
    int err = 0;

    if (s->next < s->end)
        err = xet_fault(&s->fault, s->at + s->held.len,
            "ends in chunk %u, %u is the last that was asked for", s->next,
            s->end - 1);
    xet_stream_drop(s);
    return err;
}

void xet_stream_drop(struct xet_stream *s)
{
    buf_free(&s->held);
}
