/* Rows of the CAS. The chunks of a xorb are one value, since nobody wants a
 * part of them: 40 bytes each. Terms are keyed by where their bytes are in the
 * file, so that a range is one run of rows. */
#include "hub/local_meta_xet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/mem.h"
#include "hub/local_meta_sql.h"
#include "hub/xet_le.h"

#define CHUNK_BYTES ((size_t)40)
#define SWEEP_EACH 256

static int read_xorb(struct sql *q, struct meta_xorb *out)
{
    int err = sql_first(q);

    if (err != 0)
        return err;
    *out = (struct meta_xorb){
        .id = sql_get_int(q, 0), .size = (uint64_t)sql_get_int(q, 3)};
    if (!sql_get_blob(q, 1, out->hash.b, XET_HASH_SIZE) ||
        !sql_get_blob(q, 2, out->sha256, SHA256_SIZE))
        err = -EIO;
    sql_done(q);
    return err;
}

int meta_xorb_find(
    struct meta_db *db, const struct xet_hash *hash, struct meta_xorb *out)
{
    struct sql *q =
        sql(db, "SELECT id, hash, sha256, size FROM xorb WHERE hash = ?1");

    sql_blob(q, 1, hash->b, XET_HASH_SIZE);
    return read_xorb(q, out);
}

int meta_xorb_get(struct meta_db *db, int64_t id, struct meta_xorb *out)
{
    struct sql *q =
        sql(db, "SELECT id, hash, sha256, size FROM xorb WHERE id = ?1");

    sql_int(q, 1, id);
    return read_xorb(q, out);
}

static int unpack_chunks(struct sql *q, size_t n, struct xet_xorb *out)
{
    uint8_t *packed = xmalloc(n * CHUNK_BYTES + 1);
    bool whole = sql_get_blob(q, 1, packed, n * CHUNK_BYTES) &&
        sql_get_blob(q, 2, out->hash.b, XET_HASH_SIZE);
    struct cur c = cur_over(packed, whole ? n * CHUNK_BYTES : 0);

    out->footer = -1;
    out->chunk = xcalloc(n, sizeof(*out->chunk));
    for (out->n = 0; out->n < n && whole; out->n++) {
        struct xet_xorb_chunk *chunk = &out->chunk[out->n];

        cur_copy(&c, chunk->hash.b, XET_HASH_SIZE);
        chunk->end = cur_u32le(&c);
        chunk->raw_end = cur_u32le(&c);
    }
    if (n > 0)
        out->body = out->chunk[n - 1].end;
    free(packed);
    return whole && cur_ok(&c) ? 0 : -EIO;
}

int meta_xorb_chunks(struct meta_db *db, int64_t id, struct xet_xorb *out)
{
    struct sql *q = sql(db, "SELECT n, chunks, hash FROM xorb WHERE id = ?1");
    int64_t n;
    int err;

    *out = (struct xet_xorb){0};
    sql_int(q, 1, id);
    err = sql_first(q);
    if (err != 0)
        return err;
    n = sql_get_int(q, 0);
    err =
        n > 0 && n <= XET_XORB_CHUNKS ? unpack_chunks(q, (size_t)n, out) : -EIO;
    sql_done(q);
    return err;
}

int meta_xorb_put(struct meta_db *db, struct meta_xorb *xorb,
    const struct xet_xorb *x, int64_t time_s)
{
    struct sql *q = sql(db,
        "INSERT INTO xorb (hash, sha256, size, n, chunks, time)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (hash) DO UPDATE SET"
        " sha256 = ?2, size = ?3, n = ?4, chunks = ?5, time = ?6");
    struct meta_xorb made;
    struct buf packed = {0};
    int err;

    for (size_t i = 0; i < x->n; i++) {
        uint8_t *p = buf_grow(&packed, CHUNK_BYTES);

        memcpy(p, x->chunk[i].hash.b, XET_HASH_SIZE);
        put_le32(p + XET_HASH_SIZE, x->chunk[i].end);
        put_le32(p + XET_HASH_SIZE + 4, x->chunk[i].raw_end);
    }
    sql_blob(q, 1, xorb->hash.b, XET_HASH_SIZE);
    sql_blob(q, 2, xorb->sha256, SHA256_SIZE);
    sql_int(q, 3, (int64_t)xorb->size);
    sql_int(q, 4, (int64_t)x->n);
    sql_blob(q, 5, packed.data, packed.len);
    sql_int(q, 6, time_s);
    err = sql_run(q);
    buf_free(&packed);
    if (err == 0)
        err = meta_xorb_find(db, &xorb->hash, &made);
    if (err == 0)
        xorb->id = made.id;
    return err;
}

int meta_xorb_touch(struct meta_db *db, int64_t id, int64_t time_s)
{
    struct sql *q = sql(db, "UPDATE xorb SET time = ?2 WHERE id = ?1");

    sql_int(q, 1, id);
    sql_int(q, 2, time_s);
    return sql_run(q);
}

int meta_xorb_claim(struct meta_db *db, int64_t id, const char *user)
{
    struct sql *q =
        sql(db, "INSERT OR IGNORE INTO xorb_user (xorb, user) VALUES (?1, ?2)");

    sql_int(q, 1, id);
    sql_text(q, 2, user);
    return sql_run(q);
}

int meta_xorb_claimed(struct meta_db *db, int64_t id, const char *user)
{
    struct sql *q =
        sql(db, "SELECT 1 FROM xorb_user WHERE xorb = ?1 AND user = ?2");
    int err;

    sql_int(q, 1, id);
    sql_text(q, 2, user);
    err = sql_first(q);
    if (err == 0)
        sql_done(q);
    return err;
}

int meta_xorb_holders(
    struct meta_db *db, int64_t id, meta_repo_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT DISTINCT r.kind, r.name FROM xet_term t"
        " JOIN xet_file f ON f.id = t.file JOIN lfs l ON l.sha256 = f.sha256"
        " JOIN repo r ON r.id = l.repo WHERE t.xorb = ?1 AND l.removed = 0");
    struct repo repo;
    int err = 0;
    int got = 0;

    sql_int(q, 1, id);
    while (err == 0 && (got = sql_step(q)) == 1) {
        err = meta_repo_find(
            db, (enum hub_kind)sql_get_int(q, 0), sql_get_text(q, 1), &repo);
        if (err == 0 && !fn(ctx, &repo))
            break;
    }
    sql_done(q);
    return err == 0 && got < 0 ? got : err;
}

/* ---- Chunks */

int meta_chunk_put(
    struct meta_db *db, const struct xet_hash *chunk, int64_t xorb)
{
    struct sql *q = sql(
        db, "INSERT OR IGNORE INTO xorb_chunk (short, xorb) VALUES (?1, ?2)");

    sql_int(q, 1, (int64_t)xet_hash_short(chunk));
    sql_int(q, 2, xorb);
    return sql_run(q);
}

int meta_chunk_each(
    struct meta_db *db, const struct xet_hash *chunk, meta_id_fn *fn, void *ctx)
{
    struct sql *q = sql(
        db, "SELECT xorb FROM xorb_chunk WHERE short = ?1 ORDER BY xorb DESC");
    int got;

    sql_int(q, 1, (int64_t)xet_hash_short(chunk));
    while ((got = sql_step(q)) == 1) {
        if (!fn(ctx, sql_get_int(q, 0)))
            break;
    }
    sql_done(q);
    return got < 0 ? got : 0;
}

/* ---- Files */

int meta_file_find(
    struct meta_db *db, const struct xet_hash *hash, struct meta_file *out)
{
    struct sql *q =
        sql(db, "SELECT id, sha256, size FROM xet_file WHERE hash = ?1");
    int err;

    sql_blob(q, 1, hash->b, XET_HASH_SIZE);
    err = sql_first(q);
    if (err != 0)
        return err;
    *out = (struct meta_file){.id = sql_get_int(q, 0),
        .hash = *hash,
        .size = (uint64_t)sql_get_int(q, 2)};
    if (!sql_get_blob(q, 1, out->sha256, SHA256_SIZE))
        err = -EIO;
    sql_done(q);
    return err;
}

int meta_file_of(struct meta_db *db, const uint8_t sha256[static SHA256_SIZE],
    struct xet_hash *out)
{
    struct sql *q = sql(
        db, "SELECT hash FROM xet_file WHERE sha256 = ?1 ORDER BY id LIMIT 1");
    int err;

    sql_blob(q, 1, sha256, SHA256_SIZE);
    err = sql_first(q);
    if (err != 0)
        return err;
    err = sql_get_blob(q, 0, out->b, XET_HASH_SIZE) ? 0 : -EIO;
    sql_done(q);
    return err;
}

static int put_term(
    struct meta_db *db, int64_t file, const struct meta_term *term)
{
    struct sql *q = sql(db,
        "INSERT INTO xet_term (file, at, xorb, first, past, raw)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    sql_int(q, 1, file);
    sql_int(q, 2, (int64_t)term->at);
    sql_int(q, 3, term->xorb);
    sql_int(q, 4, term->first);
    sql_int(q, 5, term->past);
    sql_int(q, 6, term->raw);
    return sql_run(q);
}

int meta_file_put(struct meta_db *db, struct meta_file *file,
    const struct meta_term *term, size_t n, int64_t time_s)
{
    struct sql *q = sql(db,
        "INSERT INTO xet_file (hash, sha256, size, time)"
        " VALUES (?1, ?2, ?3, ?4)");
    int err;

    sql_blob(q, 1, file->hash.b, XET_HASH_SIZE);
    sql_blob(q, 2, file->sha256, SHA256_SIZE);
    sql_int(q, 3, (int64_t)file->size);
    sql_int(q, 4, time_s);
    err = sql_run(q);
    file->id = err == 0 ? sql_last_id(db) : 0;
    for (size_t i = 0; i < n && err == 0; i++)
        err = put_term(db, file->id, &term[i]);
    return err;
}

int meta_file_terms(struct meta_db *db, const struct meta_file *file,
    uint64_t from, uint64_t to, struct buf *out)
{
    struct sql *q = sql(db,
        "SELECT at, xorb, first, past, raw FROM xet_term WHERE file = ?1"
        " AND at >= COALESCE((SELECT MAX(at) FROM xet_term WHERE file = ?1"
        " AND at <= ?2), 0) AND at < ?3 ORDER BY at");
    int got;

    sql_int(q, 1, file->id);
    sql_int(q, 2, (int64_t)from);
    sql_int(q, 3, (int64_t)to);
    while ((got = sql_step(q)) == 1) {
        struct meta_term term = {
            .at = (uint64_t)sql_get_int(q, 0),
            .xorb = sql_get_int(q, 1),
            .first = (uint32_t)sql_get_int(q, 2),
            .past = (uint32_t)sql_get_int(q, 3),
            .raw = (uint32_t)sql_get_int(q, 4),
        };

        buf_add(out, &term, sizeof(term));
    }
    sql_done(q);
    return got;
}

/* ---- Collecting */

static int delete_of(struct meta_db *db, const char *text, int64_t id)
{
    struct sql *q = sql(db, text);

    sql_int(q, 1, id);
    return sql_run(q);
}

static int find_ids(
    struct meta_db *db, const char *text, int64_t before_s, struct buf *out)
{
    struct sql *q = sql(db, text);
    int got;

    sql_int(q, 1, before_s);
    sql_int(q, 2, SWEEP_EACH);
    while ((got = sql_step(q)) == 1) {
        int64_t id = sql_get_int(q, 0);

        buf_add(out, &id, sizeof(id));
    }
    sql_done(q);
    return got;
}

static int drop_file(struct meta_db *db, int64_t id)
{
    int err = delete_of(db, "DELETE FROM xet_term WHERE file = ?1", id);

    if (err != 0)
        return err;
    return delete_of(db, "DELETE FROM xet_file WHERE id = ?1", id);
}

static int drop_xorb(struct meta_db *db, int64_t id)
{
    int err = delete_of(db, "DELETE FROM xorb_user WHERE xorb = ?1", id);

    if (err == 0)
        err = delete_of(db, "DELETE FROM xorb_chunk WHERE xorb = ?1", id);
    if (err == 0)
        err = delete_of(db, "DELETE FROM xorb WHERE id = ?1", id);
    return err;
}

int meta_xet_sweep(
    struct meta_db *db, int64_t before_s, uint64_t *n_xorbs, bool *more)
{
    struct buf files = {0};
    struct buf xorbs = {0};
    const int64_t *id;
    int err = find_ids(db,
        "SELECT id FROM xet_file f WHERE time < ?1 AND NOT EXISTS"
        " (SELECT 1 FROM lfs l WHERE l.sha256 = f.sha256 AND l.removed = 0)"
        " AND sha256 NOT IN (SELECT sha256 FROM upload) LIMIT ?2",
        before_s, &files);

    id = (const int64_t *)(const void *)files.data;
    for (size_t i = 0; i < files.len / sizeof(*id) && err == 0; i++)
        err = drop_file(db, id[i]);
    if (err == 0)
        err = find_ids(db,
            "SELECT id FROM xorb x WHERE time < ?1 AND NOT EXISTS"
            " (SELECT 1 FROM xet_term t WHERE t.xorb = x.id) LIMIT ?2",
            before_s, &xorbs);
    id = (const int64_t *)(const void *)xorbs.data;
    for (size_t i = 0; i < xorbs.len / sizeof(*id) && err == 0; i++) {
        err = drop_xorb(db, id[i]);
        *n_xorbs += err == 0;
    }
    *more = files.len + xorbs.len > 0;
    buf_free(&files);
    buf_free(&xorbs);
    return err;
}
