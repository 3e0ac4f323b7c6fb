/* Putting files together. Each becomes a blob of its own, so that it is read,
 * copied, exported and verified as any other, at the price of its bytes being
 * here twice. */
#include "hub/local_cas_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "hub/local_blobs.h"

#define BATCH_FILES ((size_t)1024)
#define BATCH_BYTES ((uint64_t)64 << 20)

struct assembly {
    struct blobs *blobs;
    struct buf *why;
    /* the xorb that was read last */
    const struct cas_part *part;
    int fd;
    /* room for one chunk */
    uint8_t *packed;
    uint8_t *raw;
    uint8_t *scratch;
    /* files that wait for being published */
    struct buf batch; /* of struct blob_in * */
    uint64_t batch_bytes;
};

struct cas_part **cas_shard_parts(const struct cas_shard *s, size_t *n)
{
    *n = s->parts.len / sizeof(struct cas_part *);
    return (struct cas_part **)(void *)s->parts.data;
}

void cas_part_add(struct cas_shard *s, struct cas_part *part)
{
    HASH_ADD(hh, s->by_hash, row.hash.b, XET_HASH_SIZE, part);
    *(struct cas_part **)(void *)buf_grow(
        &s->parts, sizeof(struct cas_part *)) = part;
    s->n_chunks += part->x.n;
}

void cas_shard_free(void *state)
{
    struct cas_shard *s = state;
    size_t n;
    struct cas_part *const *part = cas_shard_parts(s, &n);

    HASH_CLEAR(hh, s->by_hash);
    for (size_t i = 0; i < n; i++) {
        xet_xorb_fini(&part[i]->x);
        free(part[i]);
    }
    buf_free(&s->parts);
    xet_shard_fini(&s->shard);
    free(s->content);
    free(s);
}

struct cas_part *cas_part_find(
    const struct cas_shard *s, const struct xet_hash *hash)
{
    struct cas_part *part;

    HASH_FIND(hh, s->by_hash, hash->b, XET_HASH_SIZE, part);
    return part;
}

static int turn_to(struct assembly *a, const struct cas_part *part)
{
    assert(part != NULL); /* the shard was verified */
    if (a->part == part)
        return 0;
    if (a->fd >= 0)
        close(a->fd);
    a->part = NULL;
    a->fd = blobs_open(a->blobs, part->row.sha256);
    if (a->fd < 0)
        return a->fd;
    a->part = part;
    return 0;
}

/* The xorb was checked when it came: now the disk is to blame. */
static int damaged(const struct cas_part *part, uint32_t i)
{
    char name[XET_HASH_TEXT];

    xet_hash_format(&part->row.hash, name);
    log_error("hub: xorb %s, chunk %u: its bytes have changed", name, i);
    return -EIO;
}

/* Chunk i of the part, into a->raw. */
static int read_chunk(struct assembly *a, uint32_t i, size_t *n)
{
    const struct xet_xorb *x = &a->part->x;
    uint32_t start = xet_xorb_start(x, i);
    size_t len = x->chunk[i].end - start;
    struct xet_header h;
    struct xet_hash hash;
    int err;

    if (len < XET_HEADER || len > XET_HEADER + XET_PACKED_MAX)
        return damaged(a->part, i);
    err = file_pread(a->fd, a->packed, len, start);
    if (err != 0)
        return err;
    *n = x->chunk[i].raw_end - xet_xorb_raw_start(x, i);
    if (xet_header_parse(a->packed, &h, NULL) != 0 ||
        h.packed != len - XET_HEADER || h.raw != *n ||
        xet_unpack(&h, a->packed + XET_HEADER, a->raw, a->scratch, NULL) != 0)
        return damaged(a->part, i);
    xet_hash_chunk(a->raw, *n, &hash);
    return xet_hash_equal(&hash, &x->chunk[i].hash) ? 0 : damaged(a->part, i);
}

static int write_terms(struct assembly *a, const struct cas_shard *s,
    const struct xet_shard_file *f, struct blob_in *in, struct digest *digest)
{
    uint64_t at = 0;
    size_t n = 0;
    int err = 0;

    for (size_t t = 0; t < f->n && err == 0; t++) {
        const struct xet_term *term = xet_shard_term(&s->shard, f->first + t);

        err = turn_to(a, cas_part_find(s, &term->xorb));
        for (uint32_t i = term->start; i < term->end && err == 0; i++) {
            err = read_chunk(a, i, &n);
            if (err == 0)
                err = file_pwrite(in->fd, a->raw, n, at);
            if (err == 0)
                digest_add(digest, a->raw, n);
            at += n;
        }
    }
    return err;
}

static int publish(struct assembly *a)
{
    struct blob_in **in = (struct blob_in **)(void *)a->batch.data;
    size_t n = a->batch.len / sizeof(struct blob_in *);
    int err = n > 0 ? blobs_publish(a->blobs, in, n) : 0;

    for (size_t i = 0; i < n; i++)
        blob_drop(in[i]);
    buf_clear(&a->batch);
    a->batch_bytes = 0;
    return err;
}

/* What the genuine client says of an empty file: zeros (xet-protocol 6.4). */
static bool says(const struct xet_shard_file *f, const uint8_t *sha256)
{
    static const uint8_t zeros[SHA256_SIZE];

    return !f->has_sha256 || memcmp(f->sha256, sha256, SHA256_SIZE) == 0 ||
        (f->size == 0 && memcmp(f->sha256, zeros, SHA256_SIZE) == 0);
}

static int refuse(struct assembly *a, const struct xet_shard_file *f)
{
    char name[XET_HASH_TEXT];

    xet_hash_format(&f->hash, name);
    buf_addf(a->why, "file %s has another SHA-256", name);
    return -EBADMSG;
}

static int assemble(struct assembly *a, const struct cas_shard *s, size_t i)
{
    const struct xet_shard_file *f = xet_shard_file(&s->shard, i);
    struct cas_content *content = &s->content[i];
    struct digest *digest;
    struct blob_in *in;
    int err = blob_begin(a->blobs, &in);

    if (err != 0)
        return err;
    digest = digest_new(DIGEST_SHA256);
    err = write_terms(a, s, f, in, digest);
    digest_end(digest, content->sha256);
    memcpy(in->sha256, content->sha256, SHA256_SIZE);
    *(struct blob_in **)(void *)buf_grow(&a->batch, sizeof(struct blob_in *)) =
        in;
    a->batch_bytes += f->size;
    blob_in_close(in);
    if (err == 0 && !says(f, content->sha256))
        err = refuse(a, f);
    if (err == 0 &&
        (a->batch.len / sizeof(struct blob_in *) >= BATCH_FILES ||
            a->batch_bytes >= BATCH_BYTES))
        err = publish(a);
    return err;
}

static void drop_batch(struct assembly *a)
{
    struct blob_in **in = (struct blob_in **)(void *)a->batch.data;

    for (size_t i = 0; i < a->batch.len / sizeof(struct blob_in *); i++)
        blob_drop(in[i]);
    buf_free(&a->batch);
}

int cas_assemble(struct blobs *blobs, struct cas_shard *s, struct buf *why)
{
    struct assembly a = {
        .blobs = blobs,
        .why = why,
        .fd = -1,
        .packed = xmalloc(XET_HEADER + XET_PACKED_MAX),
        .raw = xmalloc(XET_CHUNK_MAX),
        .scratch = xmalloc(XET_CHUNK_MAX),
    };
    int err = 0;

    for (size_t i = 0; i < xet_shard_n_files(&s->shard) && err == 0; i++) {
        const struct xet_shard_file *f = xet_shard_file(&s->shard, i);

        if (!s->content[i].there)
            err = assemble(&a, s, i);
        else if (!says(f, s->content[i].sha256))
            err = refuse(&a, f);
    }
    if (err == 0)
        err = publish(&a);
    drop_batch(&a);
    if (a.fd >= 0)
        close(a.fd);
    free(a.packed);
    free(a.raw);
    free(a.scratch);
    return err;
}
