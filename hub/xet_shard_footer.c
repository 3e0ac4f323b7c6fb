/* Reading the footer of a shard, and its look-up tables: sorted by the first
 * eight bytes of a hash, each entry naming a record of a section. */
#include <stddef.h>
#include <string.h>

#include "hub/xet_le.h"
#include "hub/xet_mdb.h"
#include "hub/xet_shard.h"

enum table { OF_FILES, OF_XORBS, OF_CHUNKS };

static const char *const table_name[] = {
    [OF_FILES] = "files", [OF_XORBS] = "xorbs", [OF_CHUNKS] = "chunks"};

struct tables {
    const uint8_t *p;
    uint64_t footer_at;
    uint64_t xorbs_at;
    const struct xet_shard *s;
    struct xet_fault *fault;
};

/* The block of a section that begins at a place; NULL if none does. They stand
 * in that order, so it is found by halves. size: of its struct, which has the
 * place at `field`. */
static const void *block_at(
    const struct buf *blocks, size_t size, size_t field, uint64_t at)
{
    size_t low = 0, high = blocks->len / size;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *block = blocks->data + middle * size;
        uint64_t is;

        memcpy(&is, block + field, sizeof(is));
        if (is == at)
            return block;
        if (is < at)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The hash that an entry stands for; NULL if it names nothing. */
static const struct xet_hash *named(
    const struct tables *t, enum table which, const uint8_t *entry)
{
    uint64_t at = (uint64_t)le32(entry + 8) * MDB_RECORD;
    const struct xet_shard_file *file;
    const struct xet_shard_xorb *x;

    if (which == OF_FILES) {
        file = block_at(&t->s->files, sizeof(*file),
            offsetof(struct xet_shard_file, at), MDB_RECORD + at);
        return file != NULL ? &file->hash : NULL;
    }
    x = block_at(&t->s->xorbs, sizeof(*x), offsetof(struct xet_shard_xorb, at),
        t->xorbs_at + at);
    if (x == NULL || which == OF_XORBS)
        return x != NULL ? &x->hash : NULL;
    if (le32(entry + 12) >= x->n)
        return NULL;
    return &xet_shard_chunk(t->s, x->first + le32(entry + 12))->hash;
}

static int check_table(const struct tables *t, enum table which)
{
    uint64_t word = t->footer_at + MDB_LOOKUPS + 16 * (size_t)which;
    uint64_t offset = le64(t->p + word), n = le64(t->p + word + 8), before = 0;
    size_t size = mdb_lookup_size[which];

    if (n == 0)
        return 0;
    if (offset < t->s->end || offset > t->footer_at)
        return xet_fault(t->fault, word, "footer: table of %s at %llu",
            table_name[which], (unsigned long long)offset);
    if (n > (t->footer_at - offset) / size)
        return xet_fault(t->fault, word + 8,
            "footer: table of %s has %llu entries", table_name[which],
            (unsigned long long)n);
    for (uint64_t at = offset; at < offset + n * size; at += size) {
        const struct xet_hash *hash = named(t, which, t->p + at);
        uint64_t key = le64(t->p + at);

        if (hash == NULL || xet_hash_short(hash) != key)
            return xet_fault(t->fault, at,
                "table of %s: an entry that names another", table_name[which]);
        if (key < before)
            return xet_fault(
                t->fault, at, "table of %s: not in order", table_name[which]);
        before = key;
    }
    return 0;
}

static int check_places(const struct tables *t)
{
    const uint8_t *footer = t->p + t->footer_at;

    if (le64(footer) != MDB_FOOTER_VERSION)
        return xet_fault(t->fault, t->footer_at, "footer: version %llu, not %d",
            (unsigned long long)le64(footer), MDB_FOOTER_VERSION);
    if (le64(footer + MDB_FILES_AT) != MDB_RECORD)
        return xet_fault(t->fault, t->footer_at + MDB_FILES_AT,
            "footer: files are not where it says");
    if (le64(footer + MDB_XORBS_AT) != t->xorbs_at)
        return xet_fault(t->fault, t->footer_at + MDB_XORBS_AT,
            "footer: xorbs are not where it says");
    if (le64(footer + MDB_FOOTER_AT) != t->footer_at)
        return xet_fault(t->fault, t->footer_at + MDB_FOOTER_AT,
            "footer: is not where it says");
    return 0;
}

int mdb_read_footer(const uint8_t *p, size_t n, uint64_t xorbs_at,
    struct xet_shard *s, struct xet_fault *f)
{
    struct tables t = {.p = p, .xorbs_at = xorbs_at, .s = s, .fault = f};
    const uint8_t *footer;
    int err;

    if (n - s->end < MDB_FOOTER)
        return xet_fault(f, n, "ends in the footer");
    t.footer_at = n - MDB_FOOTER;
    footer = p + t.footer_at;
    s->has_footer = true;
    memcpy(s->footer.key.b, footer + MDB_KEY, XET_HASH_SIZE);
    s->footer.created = le64(footer + MDB_CREATED);
    s->footer.expiry = le64(footer + MDB_EXPIRY);
    for (size_t i = 0; i < 3; i++)
        s->footer.n_lookups[i] = le64(footer + MDB_LOOKUPS + 16 * i + 8);
    err = check_places(&t);
    for (size_t i = 0; i < 3 && err == 0; i++)
        err = check_table(&t, (enum table)i);
    return err;
}
