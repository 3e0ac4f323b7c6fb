/* Writing a shard. Files and xorbs are put into the order of their hashes,
 * which look-up tables follow. */
#include <stdlib.h>
#include <string.h>

#include "hub/xet_le.h"
#include "hub/xet_mdb.h"
#include "hub/xet_shard.h"

/* A block of a section, to be sorted: what it is, and where it went. */
struct place {
    const struct xet_hash *hash;
    size_t i;
    uint32_t record; /* in its section */
};

/* An entry of a table. */
struct entry {
    uint64_t key;
    uint32_t record;
    uint32_t chunk;
};

struct writing {
    const struct xet_shard *s;
    struct buf *out;
    size_t start; /* of the shard in out */
    struct place *files, *xorbs;
    struct buf chunks; /* of struct entry; in the order they were written */
    bool keyed;
    uint64_t sizes, raw, on_disk; /* sums for the footer */
};

static int by_hash(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = xet_hash_compare(x->hash, y->hash);

    if (order == 0)
        order = x->i < y->i ? -1 : x->i > y->i;
    return order;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->record != y->record)
        return x->record < y->record ? -1 : 1;
    return x->chunk < y->chunk ? -1 : x->chunk > y->chunk;
}

static void put_record(struct writing *w, const struct xet_hash *hash,
    const uint32_t word[static 4])
{
    uint8_t *p = buf_grow(w->out, MDB_RECORD);

    memcpy(p, hash->b, XET_HASH_SIZE);
    for (size_t i = 0; i < 4; i++)
        put_le32(p + XET_HASH_SIZE + 4 * i, word[i]);
}

static void put_end(struct writing *w)
{
    static const uint32_t nothing[4];
    struct xet_hash end;

    memset(end.b, 0xff, sizeof(end.b));
    put_record(w, &end, nothing);
}

/* How many records there are since the section began. */
static uint32_t record_at(const struct writing *w, size_t section)
{
    return (uint32_t)((w->out->len - section) / MDB_RECORD);
}

static void put_file(struct writing *w, const struct xet_shard_file *file)
{
    const struct xet_shard *s = w->s;
    uint32_t flags = (s->has_proofs ? MDB_HAS_PROOFS : 0) |
        (file->has_sha256 ? MDB_HAS_SHA256 : 0);
    const uint32_t head[4] = {flags, (uint32_t)file->n}, none[4] = {0};
    struct xet_hash sha = {0};

    put_record(w, &file->hash, head);
    for (size_t i = file->first; i < file->first + file->n; i++) {
        const struct xet_term *t = xet_shard_term(s, i);
        const uint32_t word[4] = {0, t->raw, t->start, t->end};

        put_record(w, &t->xorb, word);
    }
    for (size_t i = 0; i < file->n && s->has_proofs; i++)
        put_record(w, &xet_shard_term(s, file->first + i)->proof, none);
    if (file->has_sha256) {
        xet_hash_reverse_groups(file->sha256, sha.b);
        put_record(w, &sha, none);
    }
    w->sizes += file->size;
}

static void put_chunk(
    struct writing *w, const struct xet_shard_chunk *c, struct entry *entry)
{
    const uint32_t word[4] = {c->offset, c->raw, c->flags};
    struct xet_hash hash = c->hash;

    if (w->keyed)
        xet_hash_keyed(&w->s->footer.key, &c->hash, &hash);
    put_record(w, &hash, word);
    entry->key = xet_hash_short(&hash);
    buf_add(&w->chunks, entry, sizeof(*entry));
}

static void put_xorb(
    struct writing *w, const struct xet_shard_xorb *x, uint32_t record)
{
    const uint32_t head[4] = {0, (uint32_t)x->n, x->raw, x->on_disk};

    put_record(w, &x->hash, head);
    for (size_t i = 0; i < x->n; i++) {
        struct entry entry = {.record = record, .chunk = (uint32_t)i};

        put_chunk(w, xet_shard_chunk(w->s, x->first + i), &entry);
    }
    w->raw += x->raw;
    w->on_disk += x->on_disk;
}

static void put_files(struct writing *w)
{
    size_t section = w->out->len, n = xet_shard_n_files(w->s);

    w->files = xcalloc(n, sizeof(*w->files));
    for (size_t i = 0; i < n; i++)
        w->files[i] =
            (struct place){.hash = &xet_shard_file(w->s, i)->hash, .i = i};
    qsort(w->files, n, sizeof(*w->files), by_hash);
    for (size_t i = 0; i < n; i++) {
        w->files[i].record = record_at(w, section);
        put_file(w, xet_shard_file(w->s, w->files[i].i));
    }
    put_end(w);
}

static void put_xorbs(struct writing *w)
{
    size_t section = w->out->len, n = xet_shard_n_xorbs(w->s);

    w->xorbs = xcalloc(n, sizeof(*w->xorbs));
    for (size_t i = 0; i < n; i++)
        w->xorbs[i] =
            (struct place){.hash = &xet_shard_xorb(w->s, i)->hash, .i = i};
    qsort(w->xorbs, n, sizeof(*w->xorbs), by_hash);
    for (size_t i = 0; i < n; i++) {
        w->xorbs[i].record = record_at(w, section);
        put_xorb(w, xet_shard_xorb(w->s, w->xorbs[i].i), w->xorbs[i].record);
    }
    put_end(w);
}

/* A table of files or xorbs, which are sorted already. */
static void put_places(struct writing *w, const struct place *place, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = buf_grow(w->out, 12);

        put_le64(p, xet_hash_short(place[i].hash));
        put_le32(p + 8, place[i].record);
    }
}

static void put_chunk_table(struct writing *w)
{
    struct entry *entry = (struct entry *)(void *)w->chunks.data;
    size_t n = w->chunks.len / sizeof(*entry);

    if (n > 0)
        qsort(entry, n, sizeof(*entry), by_key);
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = buf_grow(w->out, 16);

        put_le64(p, entry[i].key);
        put_le32(p + 8, entry[i].record);
        put_le32(p + 12, entry[i].chunk);
    }
}

static void put_footer(struct writing *w, size_t xorbs, bool tables)
{
    const struct xet_shard_footer *f = &w->s->footer;
    size_t n[3] = {xet_shard_n_files(w->s), xet_shard_n_xorbs(w->s),
        w->chunks.len / sizeof(struct entry)};
    size_t at[3], footer;
    uint8_t *p;

    at[0] = w->out->len - w->start;
    if (tables) {
        put_places(w, w->files, n[0]);
        put_places(w, w->xorbs, n[1]);
        put_chunk_table(w);
    }
    at[1] = at[0] + (tables ? n[0] * 12 : 0);
    at[2] = at[1] + (tables ? n[1] * 12 : 0);
    footer = w->out->len - w->start;
    p = buf_grow(w->out, MDB_FOOTER);
    memset(p, 0, MDB_FOOTER);
    put_le64(p, MDB_FOOTER_VERSION);
    put_le64(p + MDB_FILES_AT, MDB_RECORD);
    put_le64(p + MDB_XORBS_AT, xorbs - w->start);
    for (size_t i = 0; i < 3; i++) {
        put_le64(p + MDB_LOOKUPS + 16 * i, at[i]);
        put_le64(p + MDB_LOOKUPS + 16 * i + 8, tables ? n[i] : 0);
    }
    memcpy(p + MDB_KEY, f->key.b, XET_HASH_SIZE);
    put_le64(p + MDB_CREATED, f->created);
    put_le64(p + MDB_EXPIRY, f->expiry);
    put_le64(p + MDB_ON_DISK, w->on_disk);
    put_le64(p + MDB_SIZES, w->sizes);
    put_le64(p + MDB_RAW, w->raw);
    put_le64(p + MDB_FOOTER_AT, footer);
}

void xet_shard_write(const struct xet_shard *s, bool tables, struct buf *out)
{
    struct writing w = {.s = s,
        .out = out,
        .start = out->len,
        .keyed = s->has_footer && !xet_hash_is_zero(&s->footer.key)};
    uint8_t *p = buf_grow(out, MDB_RECORD);
    size_t xorbs;

    memcpy(p, mdb_tag, MDB_TAG);
    put_le64(p + MDB_TAG, MDB_VERSION);
    put_le64(p + MDB_TAG + 8, s->has_footer ? MDB_FOOTER : 0);
    put_files(&w);
    xorbs = out->len;
    put_xorbs(&w);
    if (s->has_footer)
        put_footer(&w, xorbs, tables);
    free(w.files);
    free(w.xorbs);
    buf_free(&w.chunks);
}
