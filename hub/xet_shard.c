/* A shard in memory: four arrays, in the order of the sections. */
#include "hub/xet_shard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hub/xet_mdb.h"
#include "hub/xet_xorb.h"

const uint8_t mdb_tag[MDB_TAG] = {'H', 'F', 'R', 'e', 'p', 'o', 'M', 'e', 't',
    'a', 'D', 'a', 't', 'a', 0, 0x55, 0x69, 0x67, 0x45, 0x6a, 0x7b, 0x81, 0x57,
    0x83, 0xa5, 0xbd, 0xd9, 0x5c, 0xcd, 0xd1, 0x4a, 0xa9};
const size_t mdb_lookup_size[3] = {12, 12, 16};

void xet_shard_fini(struct xet_shard *s)
{
    buf_free(&s->files);
    buf_free(&s->terms);
    buf_free(&s->xorbs);
    buf_free(&s->chunks);
    *s = (struct xet_shard){0};
}

size_t xet_shard_n_files(const struct xet_shard *s)
{
    return s->files.len / sizeof(struct xet_shard_file);
}

size_t xet_shard_n_xorbs(const struct xet_shard *s)
{
    return s->xorbs.len / sizeof(struct xet_shard_xorb);
}

struct xet_shard_file *xet_shard_file(const struct xet_shard *s, size_t i)
{
    return (struct xet_shard_file *)(void *)s->files.data + i;
}

struct xet_shard_xorb *xet_shard_xorb(const struct xet_shard *s, size_t i)
{
    return (struct xet_shard_xorb *)(void *)s->xorbs.data + i;
}

struct xet_term *xet_shard_term(const struct xet_shard *s, size_t i)
{
    return (struct xet_term *)(void *)s->terms.data + i;
}

struct xet_shard_chunk *xet_shard_chunk(const struct xet_shard *s, size_t i)
{
    return (struct xet_shard_chunk *)(void *)s->chunks.data + i;
}

void xet_shard_add_file(
    struct xet_shard *s, const struct xet_hash *hash, const uint8_t *sha256)
{
    struct xet_shard_file file = {.hash = *hash,
        .has_sha256 = sha256 != NULL,
        .first = s->terms.len / sizeof(struct xet_term)};

    if (sha256 != NULL)
        memcpy(file.sha256, sha256, sizeof(file.sha256));
    buf_add(&s->files, &file, sizeof(file));
}

void xet_shard_add_term(struct xet_shard *s, const struct xet_term *term)
{
    size_t n = xet_shard_n_files(s);
    struct xet_shard_file *file;

    assert(n > 0);
    file = xet_shard_file(s, n - 1);
    buf_add(&s->terms, term, sizeof(*term));
    file->n++;
    file->size += term->raw;
}

void xet_shard_add_xorb(
    struct xet_shard *s, const struct xet_xorb *x, uint32_t on_disk)
{
    struct xet_shard_xorb xorb = {.hash = x->hash,
        .on_disk = on_disk,
        .raw = xet_xorb_raw_start(x, x->n),
        .first = s->chunks.len / sizeof(struct xet_shard_chunk),
        .n = x->n};

    for (size_t i = 0; i < x->n; i++) {
        struct xet_shard_chunk chunk = {
            .hash = x->chunk[i].hash, .offset = xet_xorb_raw_start(x, i)};

        chunk.raw = x->chunk[i].raw_end - chunk.offset;
        buf_add(&s->chunks, &chunk, sizeof(chunk));
    }
    buf_add(&s->xorbs, &xorb, sizeof(xorb));
}

static int by_hash(const void *a, const void *b)
{
    const struct xet_shard_xorb *x = a, *y = b;

    return xet_hash_compare(&x->hash, &y->hash);
}

/* The first chunk of a term, if its xorb is here; xorbs are sorted. */
static void mark(struct xet_shard *s, size_t n, const struct xet_term *term)
{
    struct xet_shard_xorb wanted = {.hash = term->xorb};
    const struct xet_shard_xorb *x =
        bsearch(&wanted, s->xorbs.data, n, sizeof(wanted), by_hash);

    if (x != NULL && term->start < x->n)
        xet_shard_chunk(s, x->first + term->start)->flags |= XET_CHUNK_ELIGIBLE;
}

void xet_shard_mark_eligible(struct xet_shard *s)
{
    size_t n = xet_shard_n_xorbs(s);

    if (n > 0)
        qsort(s->xorbs.data, n, sizeof(struct xet_shard_xorb), by_hash);
    for (size_t i = 0; i < xet_shard_n_files(s) && n > 0; i++) {
        const struct xet_shard_file *file = xet_shard_file(s, i);

        if (file->n > 0)
            mark(s, n, xet_shard_term(s, file->first));
    }
}

size_t xet_shard_length(const struct xet_shard *s)
{
    size_t records = 3; /* the header, and the end of each section */

    records += s->terms.len / sizeof(struct xet_term) * (s->has_proofs ? 2 : 1);
    records += s->chunks.len / sizeof(struct xet_shard_chunk);
    records += xet_shard_n_xorbs(s);
    for (size_t i = 0; i < xet_shard_n_files(s); i++)
        records += xet_shard_file(s, i)->has_sha256 ? 2 : 1;
    return records * MDB_RECORD;
}
