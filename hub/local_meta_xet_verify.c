/* The rows of the CAS, held against each other: hashes of xorbs and of files
 * are made again from the chunks that they name. */
#include "hub/local_meta_xet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_meta_sql.h"
#include "hub/local_meta_verify.h"

static void blame(struct verify_rows *v, const char *kind,
    const struct xet_hash *hash, const char *what)
{
    char name[XET_HASH_TEXT];
    char *text;

    xet_hash_format(hash, name);
    text = xasprintf("%s %s: %s", kind, name, what);
    v->say(v->ctx, text);
    free(text);
}

static void add_chunks(struct xet_merkle *tree, const struct xet_xorb *x,
    size_t first, size_t past)
{
    for (size_t i = first; i < past; i++)
        xet_merkle_add(tree, &x->chunk[i].hash,
            x->chunk[i].raw_end - xet_xorb_raw_start(x, i));
}

static int check_xorb(
    struct meta_db *db, struct verify_rows *v, const struct meta_xorb *row)
{
    struct claim claim = {.size = row->size, .lfs = 1};
    struct xet_merkle tree = {0};
    struct xet_hash root;
    struct xet_xorb x;
    int err = meta_xorb_chunks(db, row->id, &x);

    if (err == 0) {
        add_chunks(&tree, &x, 0, x.n);
        xet_merkle_root(&tree, &root);
        if (!xet_hash_equal(&root, &row->hash) || x.body > row->size)
            blame(v, "xorb", &row->hash, "its chunks are others");
        memcpy(claim.sha256, row->sha256, SHA256_SIZE);
        buf_add(&v->claims, &claim, sizeof(claim));
    } else if (err == -EIO) {
        blame(v, "xorb", &row->hash, "its chunks cannot be read");
    }
    xet_xorb_fini(&x);
    return err == -EIO ? 0 : err;
}

static bool term_fits(const struct meta_term *t, const struct xet_xorb *x)
{
    return t->first < t->past && t->past <= x->n &&
        t->raw ==
        xet_xorb_raw_start(x, t->past) - xet_xorb_raw_start(x, t->first);
}

static int check_terms(struct meta_db *db, const struct buf *terms,
    struct meta_file *file, const char **wrong)
{
    const struct meta_term *t =
        (const struct meta_term *)(const void *)terms->data;
    struct xet_merkle tree = {0};
    uint64_t at = 0;

    for (size_t i = 0; i < terms->len / sizeof(*t) && *wrong == NULL; i++) {
        struct xet_xorb x;
        int err = meta_xorb_chunks(db, t[i].xorb, &x);

        if (err == -ENOENT)
            *wrong = "a xorb of it is missing";
        else if (err == 0 && (t[i].at != at || !term_fits(&t[i], &x)))
            *wrong = "its terms do not fit";
        else if (err == 0)
            add_chunks(&tree, &x, t[i].first, t[i].past);
        xet_xorb_fini(&x);
        if (err != 0 && err != -ENOENT)
            return err;
        at += t[i].raw;
    }
    if (*wrong == NULL && at != file->size)
        *wrong = "is not as long as its terms";
    if (*wrong == NULL)
        xet_merkle_file(&tree, &file->hash);
    return 0;
}

static int check_file(
    struct meta_db *db, struct verify_rows *v, const struct meta_file *file)
{
    struct meta_file made = *file;
    const char *wrong = NULL;
    struct buf terms = {0};
    int err = meta_file_terms(db, file, 0, INT64_MAX, &terms);

    if (err == 0)
        err = check_terms(db, &terms, &made, &wrong);
    if (err == 0 && wrong == NULL && !xet_hash_equal(&made.hash, &file->hash))
        wrong = "its hash is not that of its chunks";
    if (err == 0 && wrong != NULL)
        blame(v, "file", &file->hash, wrong);
    buf_free(&terms);
    return err;
}

int meta_xet_verify(struct meta_db *db, struct verify_rows *v)
{
    struct sql *q = sql(db, "SELECT id, hash, sha256, size FROM xorb");
    int err = 0;
    int got = 0;

    while (err == 0 && (got = sql_step(q)) == 1) {
        struct meta_xorb row = {
            .id = sql_get_int(q, 0), .size = (uint64_t)sql_get_int(q, 3)};

        if (sql_get_blob(q, 1, row.hash.b, XET_HASH_SIZE) &&
            sql_get_blob(q, 2, row.sha256, SHA256_SIZE))
            err = check_xorb(db, v, &row);
    }
    sql_done(q);
    if (err != 0 || got < 0)
        return err != 0 ? err : got;
    q = sql(db, "SELECT id, hash, size FROM xet_file");
    while (err == 0 && (got = sql_step(q)) == 1) {
        struct meta_file file = {
            .id = sql_get_int(q, 0), .size = (uint64_t)sql_get_int(q, 2)};

        if (sql_get_blob(q, 1, file.hash.b, XET_HASH_SIZE))
            err = check_file(db, v, &file);
    }
    sql_done(q);
    return err != 0 ? err : got;
}
