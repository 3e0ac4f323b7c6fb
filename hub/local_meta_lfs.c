/* Rows about content. A repo keeps the row of a content that was removed for
 * good, marked: trees may still have files of it, whose bytes are not to be
 * shown however long other repos have them. */
#include "hub/local_meta_lfs.h"

#include <errno.h>
#include <string.h>

#include "hub/local_meta_commit.h"
#include "hub/local_meta_sql.h"

int meta_lfs_note(struct meta_db *db, const struct new_commit *c)
{
    int err = 0;

    for (size_t i = 0; i < c->n && err == 0; i++) {
        const struct change *change = &c->change[i];
        struct sql *q;

        if (change->remove || !change->entry.lfs)
            continue;
        q = sql(db,
            "INSERT INTO lfs (repo, sha256, size, path, ref, pushed, removed)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT DO NOTHING");
        sql_int(q, 1, c->repo->id);
        sql_blob(q, 2, change->entry.sha256, SHA256_SIZE);
        sql_int(q, 3, (int64_t)change->entry.size);
        sql_text(q, 4, change->path);
        sql_text(q, 5, c->ref);
        sql_int(q, 6, c->time_s);
        err = sql_run(q);
    }
    return err;
}

int meta_lfs_find(struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE], uint64_t *size)
{
    struct sql *q = sql(db,
        "SELECT size FROM lfs WHERE repo = ?1 AND sha256 = ?2"
        " AND removed = 0");
    int err;

    sql_int(q, 1, repo->id);
    sql_blob(q, 2, sha256, SHA256_SIZE);
    err = sql_first(q);
    if (err != 0)
        return err;
    *size = (uint64_t)sql_get_int(q, 0);
    sql_done(q);
    return 0;
}

int meta_lfs_holders(struct meta_db *db,
    const uint8_t sha256[static SHA256_SIZE], meta_repo_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT r.kind, r.name FROM lfs l JOIN repo r ON r.id = l.repo"
        " WHERE l.sha256 = ?1 AND l.removed = 0");
    struct repo repo;
    int err = 0;
    int got = 0;

    sql_blob(q, 1, sha256, SHA256_SIZE);
    while (err == 0 && (got = sql_step(q)) == 1) {
        err = meta_repo_find(
            db, (enum hub_kind)sql_get_int(q, 0), sql_get_text(q, 1), &repo);
        if (err == 0 && !fn(ctx, &repo))
            break;
    }
    sql_done(q);
    return err == 0 && got < 0 ? got : err;
}

int meta_lfs_each(struct meta_db *db, const struct repo *repo,
    const uint8_t *after, meta_lfs_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT sha256, size, path, ref, pushed FROM lfs WHERE repo = ?1"
        " AND sha256 > ?2 AND removed = 0 ORDER BY sha256");
    struct lfs lfs;
    int got;

    sql_int(q, 1, repo->id);
    sql_blob(q, 2, after != NULL ? (const void *)after : "",
        after != NULL ? SHA256_SIZE : 0);
    while ((got = sql_step(q)) == 1) {
        lfs = (struct lfs){
            .size = (uint64_t)sql_get_int(q, 1),
            .path = sql_get_text(q, 2),
            .ref = sql_get_text(q, 3),
            .pushed_s = sql_get_int(q, 4),
        };
        if (sql_get_blob(q, 0, lfs.sha256, SHA256_SIZE) && !fn(ctx, &lfs))
            break;
    }
    sql_done(q);
    return got < 0 ? got : 0;
}

int meta_lfs_remove(struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE])
{
    struct sql *q =
        sql(db, "UPDATE lfs SET removed = 1 WHERE repo = ?1 AND sha256 = ?2");
    int err;

    sql_int(q, 1, repo->id);
    sql_blob(q, 2, sha256, SHA256_SIZE);
    err = sql_run(q);
    if (err != 0)
        return err;
    q = sql(db, "DELETE FROM upload WHERE repo = ?1 AND sha256 = ?2");
    sql_int(q, 1, repo->id);
    sql_blob(q, 2, sha256, SHA256_SIZE);
    return sql_run(q);
}

int meta_lfs_restore(struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE])
{
    struct sql *q = sql(db,
        "UPDATE lfs SET removed = 0 WHERE repo = ?1 AND sha256 = ?2"
        " AND removed != 0");

    sql_int(q, 1, repo->id);
    sql_blob(q, 2, sha256, SHA256_SIZE);
    return sql_run(q);
}

/* ---- Uploads */

int meta_upload_put(
    struct meta_db *db, int64_t repo, const char *user, const struct lfs *lfs)
{
    struct sql *q = sql(db,
        "INSERT OR REPLACE INTO upload (repo, user, sha256, size, time)"
        " VALUES (?1, ?2, ?3, ?4, ?5)");

    sql_int(q, 1, repo);
    sql_text(q, 2, user);
    sql_blob(q, 3, lfs->sha256, SHA256_SIZE);
    sql_int(q, 4, (int64_t)lfs->size);
    sql_int(q, 5, lfs->pushed_s);
    return sql_run(q);
}

int meta_upload_find(struct meta_db *db, const struct repo *repo,
    const char *user, const uint8_t sha256[static SHA256_SIZE])
{
    struct sql *q = sql(db,
        "SELECT 1 FROM upload WHERE repo = ?1 AND user = ?2 AND sha256 = ?3");
    int err;

    sql_int(q, 1, repo->id);
    sql_text(q, 2, user);
    sql_blob(q, 3, sha256, SHA256_SIZE);
    err = sql_first(q);
    if (err == 0)
        sql_done(q);
    return err;
}

int meta_upload_expire(struct meta_db *db, int64_t before_s)
{
    struct sql *q = sql(db, "DELETE FROM upload WHERE time < ?1");

    sql_int(q, 1, before_s);
    return sql_run(q);
}
