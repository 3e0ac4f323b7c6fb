/* Frames are taken apart here, and only blocks are given to liblz4: its own
 * decoder of frames copies, and cannot say what is wrong where. The only file
 * that knows liblz4.
 *
 *     magic, FLG, BD, [content size], HC   { block size, block, [sum] }...
 *     end mark, [sum of the content] */
#include "hub/xet_lz4.h"

#include <lz4.h>
#include <stdbool.h>
#include <string.h>

#include "base/cur.h"
#include "base/digest.h"
#include "base/mem.h"
#include "hub/xet_fault.h"
#include "hub/xet_le.h"

#define MAGIC 0x184d2204
#define LEGACY_MAGIC 0x184c2102
#define STORED_BIT 0x80000000
#define WINDOW ((size_t)65536) /* how far linked blocks look back */
#define SMALL_BLOCK ((size_t)65536)

enum flag {
    VERSION_BITS = 0xc0,
    VERSION_1 = 0x40,
    INDEPENDENT = 0x20,
    BLOCK_SUM = 0x10,
    CONTENT_SIZE = 0x08,
    CONTENT_SUM = 0x04,
    RESERVED = 0x02,
    DICTIONARY = 0x01
};

/* A frame that is being read. */
struct frame {
    struct cur in;
    const uint8_t *start;
    uint8_t flags;
    size_t block_max;
    uint8_t *out;
    size_t raw;  /* bytes there have to be */
    size_t done; /* bytes there are */
    struct xet_fault *fault;
};

size_t xet_lz4_state_size(void)
{
    return (size_t)LZ4_sizeofState();
}

size_t xet_lz4_pack(
    void *state, const uint8_t *p, size_t n, uint8_t *out, size_t cap)
{
    /* What the genuine client writes: independent blocks, no sums, and the
     * least of the sizes of blocks that holds the chunk. */
    static const uint8_t small[] = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82};
    static const uint8_t large[] = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x50, 0xfb};
    size_t head = sizeof(small);
    int length;

    if (cap <= XET_LZ4_OVERHEAD)
        return 0;
    length = LZ4_compress_fast_extState(state, (const char *)p,
        (char *)out + head + 4, (int)n, (int)(cap - XET_LZ4_OVERHEAD), 1);
    if (length <= 0)
        return 0;
    memcpy(out, n <= SMALL_BLOCK ? small : large, head);
    put_le32(out + head, (uint32_t)length);
    put_le32(out + head + 4 + length, 0);
    return XET_LZ4_OVERHEAD + (size_t)length;
}

static size_t at(const struct frame *f)
{
    return (size_t)(f->in.p - f->start);
}

static int wrong(struct frame *f, size_t where, const char *what)
{
    return xet_fault(f->fault, where, "LZ4 frame: %s", what);
}

static int read_head(struct frame *f)
{
    uint32_t magic = cur_u32le(&f->in);
    const uint8_t *head = f->in.p;
    size_t head_size;
    uint8_t bd, sum;

    if (cur_ok(&f->in) && magic != MAGIC)
        return wrong(f, 0,
            magic == LEGACY_MAGIC ? "of the old format" : "no magic number");
    f->flags = cur_u8(&f->in);
    bd = cur_u8(&f->in);
    f->block_max = (size_t)1 << (8 + 2 * (bd >> 4 & 7));
    if (cur_ok(&f->in) && (f->flags & VERSION_BITS) != VERSION_1)
        return wrong(f, 4, "unknown version");
    if ((f->flags & RESERVED) != 0)
        return wrong(f, 4, "reserved flag");
    if ((f->flags & DICTIONARY) != 0)
        return wrong(f, 4, "needs a dictionary");
    if (cur_ok(&f->in) && ((bd & 0x8f) != 0 || bd >> 4 < 4))
        return wrong(f, 5, "unknown size of blocks");
    if ((f->flags & CONTENT_SIZE) != 0 && cur_u64le(&f->in) != f->raw &&
        cur_ok(&f->in))
        return wrong(f, 6, "another length than the chunk's header says");
    head_size = (size_t)(f->in.p - head);
    sum = cur_u8(&f->in);
    if (!cur_ok(&f->in))
        return wrong(f, at(f), "ends in its header");
    if (sum != (xxhash32(head, head_size) >> 8 & 0xff))
        return wrong(f, at(f) - 1, "wrong check sum of its header");
    return 0;
}

/* One block's content. Linked blocks may look back into what is out already,
 * which lies right before. */
static int unpack_block(struct frame *f, const uint8_t *p, size_t n)
{
    size_t room = min_size(f->block_max, f->raw - f->done);
    size_t back = (f->flags & INDEPENDENT) != 0 ? 0 : min_size(f->done, WINDOW);
    char *out = (char *)f->out + f->done;
    int got = LZ4_decompress_safe_usingDict(
        (const char *)p, out, (int)n, (int)room, out - back, (int)back);

    if (got < 0)
        return wrong(f, (size_t)(p - f->start),
            "malformed block, or more than the chunk's header says");
    f->done += (size_t)got;
    return 0;
}

static int read_block(struct frame *f, uint32_t word)
{
    size_t start = at(f);
    size_t n = word & ~STORED_BIT;
    const uint8_t *p = cur_take(&f->in, n);
    int err = 0;

    if (p == NULL)
        return wrong(f, start, "ends in a block");
    if (n > f->block_max)
        return wrong(f, start - 4, "a block longer than its header allows");
    if ((f->flags & BLOCK_SUM) != 0 && cur_u32le(&f->in) != xxhash32(p, n))
        return wrong(f, start + n, "wrong check sum of a block");
    if ((word & STORED_BIT) == 0) {
        err = unpack_block(f, p, n);
    } else if (n > f->raw - f->done) {
        err = wrong(f, start, "more than the chunk's header says");
    } else {
        memcpy(f->out + f->done, p, n);
        f->done += n;
    }
    return err;
}

static int read_blocks(struct frame *f)
{
    for (;;) {
        uint32_t word = cur_u32le(&f->in);
        int err;

        if (!cur_ok(&f->in))
            return wrong(f, at(f), "no end mark");
        if (word == 0)
            return 0;
        err = read_block(f, word);
        if (err != 0)
            return err;
    }
}

int xet_lz4_unpack(
    struct xet_lz4_in frame, uint8_t *out, size_t raw, struct xet_fault *fault)
{
    struct frame f = {.in = cur_over(frame.p, frame.n),
        .out = out,
        .raw = raw,
        .fault = fault};
    int err;

    f.start = f.in.p;
    err = read_head(&f);
    if (err == 0)
        err = read_blocks(&f);
    if (err != 0)
        return err;
    if (f.done != raw)
        return xet_fault(fault, at(&f),
            "LZ4 frame: gives %zu bytes, the chunk's header says %zu", f.done,
            raw);
    if ((f.flags & CONTENT_SUM) != 0 && cur_u32le(&f.in) != xxhash32(out, raw))
        return wrong(&f, at(&f), "wrong check sum of its content");
    if (cur_left(&f.in) != 0)
        return wrong(&f, at(&f), "bytes behind its end");
    return 0;
}
