/* Footers of xorbs. Version 1:
 *
 *     XETBLOB 1, hash | XBLBHSH 0, n, hashes | XBLBBND 1, n, ends, raw ends |
 *     n, distances of the last two sections from the end, 16 bytes
 *
 * and then its length, which is not part of it. Version 0: XETBLOB 0, hash, n,
 * ends, hashes, 16 bytes. */
#include "hub/xet_footer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "hub/xet_le.h"

#define HASHES_IDENT "XBLBHSH"
#define BOUNDS_IDENT "XBLBBND"
#define LENGTH_WORD 4
#define RESERVED 16
#define V0_FIXED 60 /* bytes beside those of the chunks */
#define V0_EACH 36
#define V1_FIXED 92
#define V1_EACH 40
#define V1_BOUNDS_FIXED 40 /* from the section's start to the end */
#define V1_BOUNDS_EACH 8
#define V1_HASHES_FIXED 52

/* A footer that is being read. */
struct footer {
    struct cur in;
    const uint8_t *start;
    uint64_t at; /* of start in the object */
    uint32_t n;
    struct xet_xorb *x;
    struct xet_fault *fault;
};

static int wrong(struct footer *f, const char *what)
{
    return xet_fault(
        f->fault, f->at + (uint64_t)(f->in.p - f->start), "footer: %s", what);
}

/* A count; all of them have to be the same. */
static int read_count(struct footer *f)
{
    if (cur_u32le(&f->in) == f->n)
        return 0;
    f->in.p -= cur_ok(&f->in) ? 4 : 0;
    return wrong(f, "number of chunks does not fit its length");
}

static int read_ident(struct footer *f, const char *ident, unsigned version)
{
    char is[XET_IDENT];

    cur_copy(&f->in, is, sizeof(is));
    if (memcmp(is, ident, XET_IDENT) != 0)
        return wrong(f, "a section does not begin with its name");
    if (cur_u8(&f->in) != version)
        return wrong(f, "unknown version of a section");
    return 0;
}

/* Ends that rise, of packed chunks or of raw ones. */
static int read_ends(struct footer *f, bool raw)
{
    uint32_t before = 0;

    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t end = cur_u32le(&f->in);

        if (end <= before || (raw && end - before > XET_CHUNK_MAX)) {
            f->in.p -= 4;
            return wrong(f, "the ends of chunks do not rise as they must");
        }
        before = end;
        if (raw)
            f->x->chunk[i].raw_end = end;
        else
            f->x->chunk[i].end = end;
    }
    if (!raw && before != f->x->body) {
        f->in.p -= 4;
        return wrong(f, "the last chunk does not end where it begins");
    }
    return 0;
}

static void read_hashes(struct footer *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        cur_copy(&f->in, f->x->chunk[i].hash.b, XET_HASH_SIZE);
}

static int read_v0(struct footer *f)
{
    int err = read_count(f);

    if (err == 0)
        err = read_ends(f, false);
    if (err == 0)
        read_hashes(f);
    return err;
}

static int read_v1(struct footer *f)
{
    int err = read_ident(f, HASHES_IDENT, 0);

    if (err == 0)
        err = read_count(f);
    if (err != 0)
        return err;
    read_hashes(f);
    err = read_ident(f, BOUNDS_IDENT, 1);
    if (err == 0)
        err = read_count(f);
    if (err == 0)
        err = read_ends(f, false);
    if (err == 0)
        err = read_ends(f, true);
    if (err == 0)
        err = read_count(f);
    if (err != 0)
        return err;
    if (cur_u32le(&f->in) != V1_HASHES_FIXED + V1_EACH * f->n ||
        cur_u32le(&f->in) != V1_BOUNDS_FIXED + V1_BOUNDS_EACH * f->n)
        return wrong(f, "wrong distance of a section from the end");
    return 0;
}

/* From the length and the version: how many chunks there are. */
static int count_from(struct footer *f, uint32_t length)
{
    uint32_t fixed = f->x->footer == 0 ? V0_FIXED : V1_FIXED;
    uint32_t each = f->x->footer == 0 ? V0_EACH : V1_EACH;

    f->n = length < fixed ? 0 : (length - fixed) / each;
    if (f->n == 0 || f->n > XET_XORB_CHUNKS || length != fixed + each * f->n)
        return wrong(f, "its length fits no number of chunks");
    return 0;
}

static int read_all(struct footer *f, uint32_t length)
{
    uint8_t version;
    int err;

    if (memcmp(f->in.p, XET_FOOTER_IDENT, XET_IDENT) != 0)
        return wrong(f, "not where the length at the end says");
    cur_skip(&f->in, XET_IDENT);
    version = cur_u8(&f->in);
    if (version > 1)
        return xet_fault(f->fault, f->at + XET_IDENT,
            "footer: version %u, not 0 or 1", version);
    f->x->footer = version;
    err = count_from(f, length);
    if (err != 0)
        return err;
    f->x->n = f->n;
    f->x->chunk = xcalloc(f->n, sizeof(*f->x->chunk));
    cur_copy(&f->in, f->x->hash.b, XET_HASH_SIZE);
    err = version == 0 ? read_v0(f) : read_v1(f);
    cur_skip(&f->in, RESERVED);
    if (err == 0 && !cur_ok(&f->in))
        err = wrong(f, "too short");
    return err;
}

int xet_footer_parse(const uint8_t *tail, size_t n, uint64_t total,
    struct xet_xorb *out, struct xet_fault *fault)
{
    struct footer f = {.x = out, .fault = fault};
    uint32_t length;

    *out = (struct xet_xorb){.footer = -1};
    if (n < LENGTH_WORD + V0_FIXED || total < n)
        return xet_fault(fault, total, "footer: the object is too short");
    length = le32(tail + n - LENGTH_WORD);
    if (length < V0_FIXED || length > n - LENGTH_WORD)
        return xet_fault(fault, total - LENGTH_WORD,
            "footer: its length, %u, does not fit", length);
    f.start = tail + n - LENGTH_WORD - length;
    f.at = total - LENGTH_WORD - length;
    f.in = cur_over(f.start, length);
    if (f.at > XET_XORB_MAX)
        return wrong(&f, "behind 64 MiB of chunks");
    out->body = (size_t)f.at;
    return read_all(&f, length);
}

static int compare(
    const struct xet_xorb *is, const struct xet_xorb *x, struct xet_fault *f)
{
    if (!xet_hash_equal(&is->hash, &x->hash))
        return xet_fault(f, x->body + XET_IDENT + 1,
            "footer: another hash than that of the chunks");
    if (is->n != x->n)
        return xet_fault(
            f, x->body, "footer: %zu chunks, there are %zu", is->n, x->n);
    for (size_t i = 0; i < x->n; i++) {
        const struct xet_xorb_chunk *a = &is->chunk[i], *b = &x->chunk[i];

        if (a->end != b->end || !xet_hash_equal(&a->hash, &b->hash) ||
            (is->footer == 1 && a->raw_end != b->raw_end))
            return xet_fault(
                f, x->body, "footer: says something else of chunk %zu", i);
    }
    return 0;
}

int xet_footer_check(
    const uint8_t *p, size_t n, struct xet_xorb *x, struct xet_fault *f)
{
    struct xet_xorb is;
    int err = xet_footer_parse(p, n, n, &is, f);

    if (err == 0 && is.body != x->body)
        err = xet_fault(
            f, n - LENGTH_WORD, "footer: its length puts it at %zu", is.body);
    if (err == 0)
        err = compare(&is, x, f);
    x->footer = is.footer;
    xet_xorb_fini(&is);
    return err;
}

void xet_footer_write(const struct xet_xorb *x, struct buf *out)
{
    uint32_t n = (uint32_t)x->n;
    size_t length = V1_FIXED + V1_EACH * x->n;
    uint8_t *p = buf_grow(out, length + LENGTH_WORD);

    memset(p, 0, length);
    put_le32(p + length, (uint32_t)length);
    memcpy(p, XET_FOOTER_IDENT "\1", XET_IDENT + 1);
    memcpy(p + 8, x->hash.b, XET_HASH_SIZE);
    memcpy(p + 40, HASHES_IDENT, XET_IDENT);
    put_le32(p + 48, n);
    p += 52;
    for (size_t i = 0; i < x->n; i++, p += XET_HASH_SIZE)
        memcpy(p, x->chunk[i].hash.b, XET_HASH_SIZE);
    memcpy(p, BOUNDS_IDENT "\1", XET_IDENT + 1);
    put_le32(p + 8, n);
    p += 12;
    for (size_t i = 0; i < x->n; i++, p += 4) {
        put_le32(p, x->chunk[i].end);
        put_le32(p + 4 * x->n, x->chunk[i].raw_end);
    }
    p += 4 * x->n;
    put_le32(p, n);
    put_le32(p + 4, V1_HASHES_FIXED + V1_EACH * n);
    put_le32(p + 8, V1_BOUNDS_FIXED + V1_BOUNDS_EACH * n);
}
