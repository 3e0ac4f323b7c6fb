/* Whole xorbs: checking and writing. */
#include "hub/xet_xorb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hub/xet_footer.h"

/* The walk over the chunks of a body. */
struct walk {
    const uint8_t *p;
    size_t n;
    size_t at;
    size_t raw; /* bytes of the chunks so far */
    struct xet_xorb *x;
    struct xet_fault *fault;
    struct buf found; /* of struct xet_xorb_chunk */
    struct xet_merkle tree;
    uint8_t *out, *scratch;
};

void xet_xorb_fini(struct xet_xorb *x)
{
    free(x->chunk);
    *x = (struct xet_xorb){.footer = -1};
}

/* Where the next chunk's header would be. */
static bool at_footer(const struct walk *w)
{
    return w->n - w->at >= XET_IDENT &&
        memcmp(w->p + w->at, XET_FOOTER_IDENT, XET_IDENT) == 0;
}

static int read_header(struct walk *w, struct xet_header *h)
{
    int err;

    if (w->x->n == XET_XORB_CHUNKS)
        return xet_fault(
            w->fault, w->at, "more than %d chunks", XET_XORB_CHUNKS);
    if (w->n - w->at < XET_HEADER)
        return xet_fault(w->fault, w->at,
            "chunk %zu: ends after %zu bytes of its header", w->x->n,
            w->n - w->at);
    err = xet_header_parse(w->p + w->at, h, w->fault);
    if (err != 0)
        return xet_fault_within(w->fault, w->at, err);
    if (h->packed > w->n - w->at - XET_HEADER)
        return xet_fault(w->fault, w->at + XET_HEADER,
            "chunk %zu: ends after %zu of %u bytes", w->x->n,
            w->n - w->at - XET_HEADER, h->packed);
    if (h->raw > XET_XORB_MAX - w->raw)
        return xet_fault(
            w->fault, w->at + 5, "more than 64 MiB of unpacked bytes");
    return 0;
}

static int read_chunk(struct walk *w)
{
    struct xet_xorb_chunk chunk;
    struct xet_header h = {0};
    int err = read_header(w, &h);

    if (err != 0)
        return err;
    err =
        xet_unpack(&h, w->p + w->at + XET_HEADER, w->out, w->scratch, w->fault);
    if (err != 0)
        return xet_fault_within(w->fault, w->at + XET_HEADER, err);
    xet_hash_chunk(w->out, h.raw, &chunk.hash);
    xet_merkle_add(&w->tree, &chunk.hash, h.raw);
    w->at += XET_HEADER + h.packed;
    w->raw += h.raw;
    chunk.end = (uint32_t)w->at;
    chunk.raw_end = (uint32_t)w->raw;
    buf_add(&w->found, &chunk, sizeof(chunk));
    w->x->n++;
    return 0;
}

static int read_body(struct walk *w)
{
    int err = 0;

    while (err == 0 && w->at < w->n && !at_footer(w))
        err = read_chunk(w);
    if (err == 0 && w->x->n == 0)
        err = xet_fault(w->fault, w->at, "no chunk");
    w->x->body = w->at;
    return err;
}

static int compare(const struct walk *w, const struct xet_hash *expected)
{
    char is[XET_HASH_TEXT];

    if (expected == NULL || xet_hash_equal(&w->x->hash, expected))
        return 0;
    xet_hash_format(&w->x->hash, is);
    return xet_fault(w->fault, 0, "its hash is %s", is);
}

int xet_xorb_check(const uint8_t *p, size_t n, const struct xet_hash *expected,
    struct xet_xorb *out, struct xet_fault *f)
{
    struct walk w = {.p = p, .n = n, .x = out, .fault = f};
    int err;

    *out = (struct xet_xorb){.footer = -1};
    if (n > XET_XORB_MAX + XET_FOOTER_MAX)
        return xet_fault(f, XET_XORB_MAX, "longer than a xorb may be");
    w.out = xmalloc(XET_CHUNK_MAX);
    w.scratch = xmalloc(XET_CHUNK_MAX);
    err = read_body(&w);
    out->chunk = (struct xet_xorb_chunk *)(void *)buf_take(&w.found);
    xet_merkle_root(&w.tree, &out->hash);
    if (err == 0)
        err = compare(&w, expected);
    if (err == 0 && w.at < n)
        err = xet_footer_check(p, n, out, f);
    free(w.out);
    free(w.scratch);
    return err;
}

/* ---- Writing */

void xet_xorb_writer_fini(struct xet_xorb_writer *w)
{
    buf_free(&w->body);
    buf_free(&w->chunks);
    *w = (struct xet_xorb_writer){.packer = w->packer};
}

size_t xet_xorb_count(const struct xet_xorb_writer *w)
{
    return w->chunks.len / sizeof(struct xet_xorb_chunk);
}

bool xet_xorb_room(const struct xet_xorb_writer *w, size_t n)
{
    return xet_xorb_count(w) < XET_XORB_CHUNKS && w->raw + n <= XET_XORB_MAX &&
        w->body.len + XET_HEADER + n <= XET_XORB_MAX;
}

/* The last chunk of the body is this one. */
static void added(
    struct xet_xorb_writer *w, size_t raw, const struct xet_hash *hash)
{
    struct xet_xorb_chunk chunk = {.hash = *hash};

    w->raw += raw;
    chunk.end = (uint32_t)w->body.len;
    chunk.raw_end = (uint32_t)w->raw;
    buf_add(&w->chunks, &chunk, sizeof(chunk));
    xet_merkle_add(&w->tree, hash, raw);
}

void xet_xorb_add(struct xet_xorb_writer *w, const uint8_t *p, size_t n,
    const struct xet_hash *hash)
{
    assert(xet_xorb_room(w, n));
    xet_pack(w->packer, p, n, &w->body);
    added(w, n, hash);
}

void xet_xorb_add_packed(struct xet_xorb_writer *w, const uint8_t *packed,
    const struct xet_header *h, const struct xet_hash *hash)
{
    assert(xet_xorb_room(w, h->raw));
    buf_add(&w->body, packed, XET_HEADER + h->packed);
    added(w, h->raw, hash);
}

void xet_xorb_seal(struct xet_xorb_writer *w, struct xet_xorb *out)
{
    *out = (struct xet_xorb){
        .n = xet_xorb_count(w), .footer = -1, .body = w->body.len};
    out->chunk = (struct xet_xorb_chunk *)(void *)buf_take(&w->chunks);
    xet_merkle_root(&w->tree, &out->hash);
}
