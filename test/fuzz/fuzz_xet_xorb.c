/* Xorbs: whole, by their footers, and as parts in pieces. What is accepted
 * whole gives the same chunks every way, and its footer can be read again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/xet_footer.h"
#include "hub/xet_stream.h"
#include "hub/xet_xorb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
    uint32_t n;
    uint8_t *out, *scratch;
};

static int take(
    void *ctx, uint32_t index, const struct xet_header *h, const uint8_t *p)
{
    struct part *part = ctx;

    assert(index == part->n);
    part->n++;
    return xet_unpack(h, p, part->out, part->scratch, NULL);
}

/* The first byte says how long the pieces are. */
static int stream(const uint8_t *data, size_t size, uint32_t *n)
{
    struct part part = {
        .out = xmalloc(XET_CHUNK_MAX), .scratch = xmalloc(XET_CHUNK_MAX)};
    size_t piece = size > 0 ? (size_t)data[0] * 7 + 1 : 1;
    struct xet_stream s;
    int err = 0;

    xet_stream_begin(&s, 0, *n, take, &part);
    for (size_t at = 0; at < size && err == 0; at += piece)
        err = xet_stream(&s, data + at, min_size(piece, size - at));
    if (err == 0)
        err = xet_stream_end(&s);
    xet_stream_drop(&s);
    free(part.out);
    free(part.scratch);
    *n = part.n;
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xet_fault f = {.text = ""};
    struct xet_xorb x, footer;
    struct buf again = {0};
    uint32_t n = XET_XORB_CHUNKS;
    int err = xet_xorb_check(data, size, NULL, &x, &f);

    assert((err == 0) == (f.text[0] == '\0') && f.at <= size);
    if (err == 0) {
        n = (uint32_t)x.n;
        err = stream(data, x.body, &n);
        assert(err == 0 && n == x.n);
        xet_footer_write(&x, &again);
        assert(xet_footer_parse(again.data, again.len, x.body + again.len,
                   &footer, NULL) == 0);
        assert(footer.n == x.n && xet_hash_equal(&footer.hash, &x.hash));
        xet_xorb_fini(&footer);
    } else {
        (void)stream(data, size, &n);
    }
    xet_xorb_fini(&x);
    buf_free(&again);
    xet_footer_parse(data, size, size, &x, NULL);
    xet_xorb_fini(&x);
    return 0;
}
