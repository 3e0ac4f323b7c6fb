/* Reading a shard: one pass over records of 48 bytes. Counts are held against
 * the bytes that are left before anything is allocated.
 *
 *     header | file, terms, [proofs], [SHA-256] ... end | xorb, chunks ... end
 * | [look-up tables] [footer] */
#include <errno.h>
#include <string.h>

#include "base/cur.h"
#include "hub/xet_mdb.h"
#include "hub/xet_shard.h"
#include "hub/xet_xorb.h"

struct reading {
    struct cur in;
    const uint8_t *start;
    struct xet_shard *s;
    struct xet_fault *fault;
    uint64_t xorbs_at;
};

/* A record, as all kinds have it: a hash and four words. */
struct record {
    uint64_t at;
    struct xet_hash hash;
    uint32_t word[4];
};

static void read_record(struct reading *r, struct record *out)
{
    out->at = (uint64_t)(r->in.p - r->start);
    cur_copy(&r->in, out->hash.b, XET_HASH_SIZE);
    for (size_t i = 0; i < ARRAY_LEN(out->word); i++)
        out->word[i] = cur_u32le(&r->in);
}

static bool is_end(const struct record *r)
{
    for (size_t i = 0; i < XET_HASH_SIZE; i++) {
        if (r->hash.b[i] != 0xff)
            return false;
    }
    return true;
}

/* The next block's first record, NULL of a section's end: 1, 0 or an error. */
static int next_block(struct reading *r, const char *what, struct record *out)
{
    read_record(r, out);
    if (!cur_ok(&r->in))
        return xet_fault(
            r->fault, out->at, "ends where %s should follow", what);
    return is_end(out) ? 0 : 1;
}

/* n records are there. */
static int announced(struct reading *r, const struct record *head, uint64_t n)
{
    if (n * MDB_RECORD <= cur_left(&r->in))
        return 0;
    return xet_fault(r->fault, head->at + XET_HASH_SIZE + 4,
        "announces %llu records, %zu bytes are left", (unsigned long long)n,
        cur_left(&r->in));
}

static int read_term(struct reading *r)
{
    struct record rec;
    struct xet_term term;

    read_record(r, &rec);
    term = (struct xet_term){.xorb = rec.hash,
        .raw = rec.word[1],
        .start = rec.word[2],
        .end = rec.word[3]};
    if (term.start >= term.end || term.end > XET_XORB_CHUNKS)
        return xet_fault(r->fault, rec.at + XET_HASH_SIZE + 8,
            "term: chunks %u to %u", term.start, term.end);
    if (term.raw == 0 ||
        term.raw > (uint64_t)(term.end - term.start) * XET_CHUNK_MAX ||
        term.raw > XET_XORB_MAX)
        return xet_fault(r->fault, rec.at + XET_HASH_SIZE + 4,
            "term: %u chunks of %u bytes in all", term.end - term.start,
            term.raw);
    xet_shard_add_term(r->s, &term);
    return 0;
}

static void read_proofs(struct reading *r, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++) {
        struct record rec;

        read_record(r, &rec);
        xet_shard_term(r->s, i)->proof = rec.hash;
    }
}

static int read_file(struct reading *r, const struct record *head)
{
    bool proofs = (head->word[0] & MDB_HAS_PROOFS) != 0;
    bool has_sha = (head->word[0] & MDB_HAS_SHA256) != 0;
    uint64_t n = head->word[1];
    struct xet_shard_file *file;
    struct record sha;
    int err = announced(r, head, n * (proofs ? 2 : 1) + (has_sha ? 1 : 0));

    if (err != 0)
        return err;
    if (xet_shard_n_files(r->s) == 0)
        r->s->has_proofs = proofs;
    if (proofs != r->s->has_proofs)
        return xet_fault(r->fault, head->at + XET_HASH_SIZE,
            "file: only some have term hashes");
    xet_shard_add_file(r->s, &head->hash, NULL);
    file = xet_shard_file(r->s, xet_shard_n_files(r->s) - 1);
    file->at = head->at;
    for (uint64_t i = 0; i < n && err == 0; i++)
        err = read_term(r);
    if (err == 0 && proofs)
        read_proofs(r, file->first, file->n);
    if (err == 0 && has_sha) {
        read_record(r, &sha);
        xet_hash_reverse_groups(sha.hash.b, file->sha256);
        file->has_sha256 = true;
    }
    return err;
}

static int read_chunk(struct reading *r, struct xet_shard_xorb *x)
{
    struct xet_shard_chunk chunk;
    struct record rec;

    read_record(r, &rec);
    chunk = (struct xet_shard_chunk){.hash = rec.hash,
        .offset = rec.word[0],
        .raw = rec.word[1],
        .flags = rec.word[2]};
    if (chunk.offset != x->raw)
        return xet_fault(r->fault, rec.at + XET_HASH_SIZE,
            "chunk: offset %u, those before it have %u bytes", chunk.offset,
            x->raw);
    if (chunk.raw == 0 || chunk.raw > XET_CHUNK_MAX ||
        chunk.raw > XET_XORB_MAX - x->raw)
        return xet_fault(
            r->fault, rec.at + XET_HASH_SIZE + 4, "chunk: %u bytes", chunk.raw);
    x->raw += chunk.raw;
    buf_add(&r->s->chunks, &chunk, sizeof(chunk));
    return 0;
}

static int read_xorb(struct reading *r, const struct record *head)
{
    struct xet_shard_xorb x = {.hash = head->hash,
        .on_disk = head->word[3],
        .first = r->s->chunks.len / sizeof(struct xet_shard_chunk),
        .n = head->word[1],
        .at = head->at};
    int err = announced(r, head, x.n);

    if (err != 0)
        return err;
    if (x.n == 0 || x.n > XET_XORB_CHUNKS)
        return xet_fault(
            r->fault, head->at + XET_HASH_SIZE + 4, "xorb: %zu chunks", x.n);
    for (size_t i = 0; i < x.n && err == 0; i++)
        err = read_chunk(r, &x);
    if (err == 0 && x.raw != head->word[2])
        err = xet_fault(r->fault, head->at + XET_HASH_SIZE + 8,
            "xorb: %u bytes, its chunks have %u", head->word[2], x.raw);
    if (err == 0)
        buf_add(&r->s->xorbs, &x, sizeof(x));
    return err;
}

static int read_section(struct reading *r, const char *what,
    int (*read_block)(struct reading *r, const struct record *head))
{
    struct record head;
    int err;

    do {
        err = next_block(r, what, &head);
        if (err == 1)
            err = read_block(r, &head) == 0 ? 1 : -EBADMSG;
    } while (err > 0);
    return err;
}

static int read_header(struct reading *r, uint64_t *footer)
{
    const uint8_t *tag = cur_take(&r->in, MDB_TAG);
    uint64_t version = cur_u64le(&r->in);

    *footer = cur_u64le(&r->in);
    if (!cur_ok(&r->in))
        return xet_fault(
            r->fault, (uint64_t)(r->in.p - r->start), "ends in the header");
    if (memcmp(tag, mdb_tag, MDB_TAG) != 0)
        return xet_fault(r->fault, 0, "header: not the tag of a shard");
    if (version != MDB_VERSION)
        return xet_fault(r->fault, MDB_TAG, "header: version %llu, not %d",
            (unsigned long long)version, MDB_VERSION);
    if (*footer != 0 && *footer != MDB_FOOTER)
        return xet_fault(r->fault, MDB_TAG + 8,
            "header: a footer of %llu bytes, not 0 or %zu",
            (unsigned long long)*footer, MDB_FOOTER);
    return 0;
}

int xet_shard_parse(
    const uint8_t *p, size_t n, struct xet_shard *out, struct xet_fault *f)
{
    struct reading r = {.in = cur_over(p, n), .s = out, .fault = f};
    uint64_t footer;
    int err;

    *out = (struct xet_shard){0};
    r.start = r.in.p;
    if (n > XET_SHARD_MAX)
        return xet_fault(f, XET_SHARD_MAX, "longer than a shard may be");
    err = read_header(&r, &footer);
    if (err == 0)
        err = read_section(&r, "a file", read_file);
    r.xorbs_at = (uint64_t)(r.in.p - r.start);
    if (err == 0)
        err = read_section(&r, "a xorb", read_xorb);
    out->end = (size_t)(r.in.p - r.start);
    if (err == 0 && footer != 0)
        err = mdb_read_footer(p, n, r.xorbs_at, out, f);
    return err;
}
