/* xet: how fast the pure parts of the Xet engine are on one core, beside memcpy
 * and the plain hash of the same bytes.
 *
 *   xet [SECONDS]
 *
 * Each figure takes turns with the others until it has SECONDS (1) of its own;
 * the best turn counts, since others disturb. One JSON object a figure: name,
 * seconds, bytes (of the file, not packed). Random bytes unless the name says
 * text or bf16. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "hub/xet_group.h"
#include "hub/xet_merkle.h"
#include "hub/xet_stream.h"
#include "hub/xet_xorb.h"

#define SIZE ((size_t)32 << 20)
#define TURNS_MAX 1000

/* A body of one kind, cut, hashed and packed. */
struct data {
    uint8_t *p;
    size_t n;
    size_t n_chunks;
    size_t *length;
    struct xet_hash *hash;
    struct buf packed;
};

struct bench {
    struct data noise, text, bf16;
    struct xet_packer *packer;
    uint8_t *copy; /* SIZE bytes, or a chunk of them */
    uint8_t *scratch;
    struct buf out;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Data */

static void make_text(uint8_t *p, size_t n)
{
    static const char *const words[] = {"the ", "layer ", "of ", "weights ",
        "{\"id\": ", "0.25", "}, ", "model ", "is ", "tokenizer ", "and ", "\n",
        "1024", "attention ", "norm ", "bias "};
    uint64_t s = 1;

    for (size_t at = 0; at < n;) {
        const char *word = words[(s = s * 6364136223846793005 + 1) >> 60];

        for (size_t i = 0; word[i] != '\0' && at < n; i++)
            p[at++] = (uint8_t)word[i];
    }
}

/* The high bytes of weights have few values, the low ones all. */
static void make_bf16(uint8_t *p, size_t n)
{
    for (size_t i = 1; i < n; i += 2)
        p[i] = (uint8_t)((p[i] & 0x83) + 0x3b);
}

static void prepare(struct bench *b, struct data *d, uint8_t *p)
{
    d->p = p;
    d->n = SIZE;
    d->length = xcalloc(SIZE / XET_CHUNK_MIN + 1, sizeof(*d->length));
    d->hash = xcalloc(SIZE / XET_CHUNK_MIN + 1, sizeof(*d->hash));
    xet_packer_section(b->packer);
    for (size_t at = 0; at < SIZE; at += d->length[d->n_chunks++]) {
        size_t n = xet_cut(p + at, SIZE - at);

        d->length[d->n_chunks] = n;
        xet_hash_chunk(p + at, n, &d->hash[d->n_chunks]);
        xet_pack(b->packer, p + at, n, &d->packed);
    }
}

/* ---- What is measured. Each goes once over SIZE bytes. */

static void memory(struct bench *b)
{
    memcpy(b->copy, b->noise.p, SIZE);
}

static void plain_hash(struct bench *b)
{
    struct xet_hash h;

    xet_hash_chunk(b->noise.p, SIZE, &h);
}

static void sha256(struct bench *b)
{
    uint8_t sha[SHA256_SIZE];

    digest_once(DIGEST_SHA256, b->noise.p, SIZE, sha);
}

static void cut(struct bench *b)
{
    for (size_t at = 0; at < SIZE;)
        at += xet_cut(b->noise.p + at, SIZE - at);
}

static void hash_chunks(struct bench *b)
{
    const uint8_t *p = b->noise.p;
    struct xet_hash h;

    for (size_t i = 0; i < b->noise.n_chunks; i++) {
        xet_hash_chunk(p, b->noise.length[i], &h);
        p += b->noise.length[i];
    }
}

static void add_chunk(void *ctx, const uint8_t *p, size_t n)
{
    struct xet_hash h;

    xet_hash_chunk(p, n, &h);
    xet_merkle_add(ctx, &h, n);
}

/* In pieces of 1 MiB, as from a file. */
static void file_hash(struct bench *b)
{
    struct xet_merkle tree = {0};
    struct xet_splitter s;
    struct xet_hash h;

    xet_split_begin(&s, add_chunk, &tree);
    for (size_t at = 0; at < SIZE; at += (size_t)1 << 20)
        xet_split(&s, b->noise.p + at, (size_t)1 << 20);
    xet_split_end(&s);
    xet_merkle_file(&tree, &h);
}

static void merkle(struct bench *b)
{
    struct xet_merkle tree = {0};
    struct xet_hash h;

    for (size_t i = 0; i < b->noise.n_chunks; i++)
        xet_merkle_add(&tree, &b->noise.hash[i], b->noise.length[i]);
    xet_merkle_file(&tree, &h);
}

static void pack(struct bench *b, const struct data *d)
{
    const uint8_t *p = d->p;

    xet_packer_section(b->packer);
    for (size_t i = 0; i < d->n_chunks; i++) {
        buf_clear(&b->out);
        xet_pack(b->packer, p, d->length[i], &b->out);
        p += d->length[i];
    }
}

static void pack_noise(struct bench *b)
{
    pack(b, &b->noise);
}

static void pack_text(struct bench *b)
{
    pack(b, &b->text);
}

static void pack_bf16(struct bench *b)
{
    pack(b, &b->bf16);
}

static int unpack_one(
    void *ctx, uint32_t index, const struct xet_header *h, const uint8_t *p)
{
    struct bench *b = ctx;

    (void)index;
    return xet_unpack(h, p, b->copy, b->scratch, NULL);
}

static int unpack_and_verify(
    void *ctx, uint32_t index, const struct xet_header *h, const uint8_t *p)
{
    struct bench *b = ctx;
    struct xet_hash hash;
    int err = xet_unpack(h, p, b->copy, b->scratch, NULL);

    xet_hash_chunk(b->copy, h->raw, &hash);
    if (err != 0 || !xet_hash_equal(&hash, &b->noise.hash[index]))
        abort();
    return err;
}

static void unpack(struct bench *b, const struct data *d, xet_stream_fn *fn)
{
    struct xet_stream s;

    xet_stream_begin(&s, 0, (uint32_t)d->n_chunks, fn, b);
    if (xet_stream(&s, d->packed.data, d->packed.len) != 0 ||
        xet_stream_end(&s) != 0)
        abort();
}

static void unpack_noise(struct bench *b)
{
    unpack(b, &b->noise, unpack_one);
}

static void verify_noise(struct bench *b)
{
    unpack(b, &b->noise, unpack_and_verify);
}

static void unpack_text(struct bench *b)
{
    unpack(b, &b->text, unpack_one);
}

static void unpack_bf16(struct bench *b)
{
    unpack(b, &b->bf16, unpack_one);
}

/* By chunks, which stay in the core's cache. */
static void group(struct bench *b)
{
    for (size_t at = 0; at < SIZE; at += XET_CHUNK_MAX)
        xet_group_split(b->noise.p + at, XET_CHUNK_MAX, b->copy);
}

static void join(struct bench *b)
{
    for (size_t at = 0; at < SIZE; at += XET_CHUNK_MAX)
        xet_group_join(b->noise.p + at, XET_CHUNK_MAX, b->copy);
}

static void guess(struct bench *b)
{
    for (size_t at = 0; at < SIZE; at += XET_CHUNK_MAX)
        b->copy[0] ^= xet_group_helps(b->noise.p + at, XET_CHUNK_MAX);
}

static const struct figure {
    const char *name;
    void (*run)(struct bench *b);
} figures[] = {
    {"memcpy", memory},
    {"blake3", plain_hash},
    {"sha256", sha256},
    {"cut", cut},
    {"chunk-hash", hash_chunks},
    {"file-hash", file_hash},
    {"merkle", merkle},
    {"pack", pack_noise},
    {"pack-text", pack_text},
    {"pack-bf16", pack_bf16},
    {"unpack", unpack_noise},
    {"unpack-verify", verify_noise},
    {"unpack-text", unpack_text},
    {"unpack-bf16", unpack_bf16},
    {"group", group},
    {"join", join},
    {"guess", guess},
};

static void measure(struct bench *b, double seconds)
{
    double spent[ARRAY_LEN(figures)] = {0}, best[ARRAY_LEN(figures)] = {0};
    bool more = true;

    for (unsigned turn = 0; more && turn < TURNS_MAX; turn++) {
        more = false;
        for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
            double begun = now(), took;

            if (spent[i] >= seconds)
                continue;
            figures[i].run(b);
            took = now() - begun;
            spent[i] += took;
            if (turn == 0 || took < best[i])
                best[i] = took;
            more = true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(figures); i++)
        printf("{\"name\": \"%s\", \"seconds\": %.9f, \"bytes\": %zu}\n",
            figures[i].name, best[i], SIZE);
}

static void free_data(struct data *d)
{
    free(d->p);
    free(d->length);
    free(d->hash);
    buf_free(&d->packed);
}

int main(int argc, char **argv)
{
    struct bench b = {.packer = xet_packer_new(XET_AUTO),
        .copy = xmalloc(SIZE),
        .scratch = xmalloc(XET_CHUNK_MAX)};
    uint8_t *noise = xmalloc(SIZE), *text = xmalloc(SIZE);
    uint8_t *bf16 = xmalloc(SIZE);

    random_bytes(noise, SIZE);
    make_text(text, SIZE);
    memcpy(bf16, noise, SIZE);
    make_bf16(bf16, SIZE);
    prepare(&b, &b.noise, noise);
    prepare(&b, &b.text, text);
    prepare(&b, &b.bf16, bf16);
    measure(&b, argc > 1 ? strtod(argv[1], NULL) : 1);
    free_data(&b.noise);
    free_data(&b.text);
    free_data(&b.bf16);
    xet_packer_free(b.packer);
    buf_free(&b.out);
    free(b.copy);
    free(b.scratch);
    return 0;
}
