/* One chunk: a header, and what it says follows, up to the end of the input.
 * What can be unpacked is packed and unpacked again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/xet_chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const uint8_t *chunk, size_t n, uint8_t *scratch)
{
    static const enum xet_policy policies[] = {
        XET_AUTO, XET_NEVER, XET_ALWAYS_LZ4, XET_ALWAYS_BG4_LZ4};

    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct xet_packer *packer = xet_packer_new(policies[i]);
        struct buf packed = {0};
        struct xet_header h = xet_pack(packer, chunk, n, &packed);
        uint8_t *out = xmalloc(n);

        assert(
            xet_unpack(&h, packed.data + XET_HEADER, out, scratch, NULL) == 0);
        assert(memcmp(out, chunk, n) == 0);
        free(out);
        buf_free(&packed);
        xet_packer_free(packer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xet_fault f = {.text = ""};
    struct xet_header h;
    uint8_t *out, *scratch, *packed;

    if (size < XET_HEADER || xet_header_parse(data, &h, &f) != 0 ||
        h.packed > size - XET_HEADER)
        return 0;
    /* Exactly as long as they have to be, so that a sanitizer watches. */
    out = xmalloc(h.raw);
    packed = xmalloc(h.packed);
    memcpy(packed, data + XET_HEADER, h.packed);
    scratch = xmalloc(XET_CHUNK_MAX);
    if (xet_unpack(&h, packed, out, scratch, &f) == 0)
        again(out, h.raw, scratch);
    else
        assert(f.text[0] != '\0' && f.at <= h.packed);
    free(out);
    free(packed);
    free(scratch);
    return 0;
}
