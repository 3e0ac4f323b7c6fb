/* What folders looked like at their last snapshot. */
#include "hub/local_meta.h"
#include "hub/local_meta_commit.h"
#include "hub/local_meta_sql.h"

int meta_seen_each(
    struct meta_db *db, const struct repo *repo, meta_seen_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT path, size, mtime, ctime, inode FROM seen WHERE repo = ?1"
        " ORDER BY path");
    int got;

    sql_int(q, 1, repo->id);
    while ((got = sql_step(q)) == 1) {
        struct seen seen = {
            .size = (uint64_t)sql_get_int(q, 1),
            .mtime_ns = sql_get_int(q, 2),
            .ctime_ns = sql_get_int(q, 3),
            .inode = (uint64_t)sql_get_int(q, 4),
        };

        fn(ctx, sql_get_text(q, 0), &seen);
    }
    sql_done(q);
    return got < 0 ? got : 0;
}

int meta_seen_put(struct meta_db *db, const struct repo *repo, const char *path,
    const struct seen *seen)
{
    struct sql *q = sql(db,
        "INSERT OR REPLACE INTO seen (repo, path, size, mtime, ctime, inode)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    sql_int(q, 1, repo->id);
    sql_text(q, 2, path);
    sql_int(q, 3, (int64_t)seen->size);
    sql_int(q, 4, seen->mtime_ns);
    sql_int(q, 5, seen->ctime_ns);
    sql_int(q, 6, (int64_t)seen->inode);
    return sql_run(q);
}

int meta_seen_remove(
    struct meta_db *db, const struct repo *repo, const char *path)
{
    struct sql *q = sql(db, "DELETE FROM seen WHERE repo = ?1 AND path = ?2");

    sql_int(q, 1, repo->id);
    sql_text(q, 2, path);
    return sql_run(q);
}
