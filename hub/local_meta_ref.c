/* Commits and refs, and the ways to name a commit. */
#include "hub/local_meta_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_meta.h"
#include "hub/local_meta_sql.h"

#define SHORT_OID_MIN 7

#define COMMIT_COLUMNS                                                         \
    "h.id, h.oid, h.tree, t.oid, t.size, h.parent, h.depth, h.time"            \
    " FROM history h JOIN tree t ON t.id = h.tree"

static int get_commit(struct sql *q, struct commit *out)
{
    bool whole;

    *out = (struct commit){
        .id = sql_get_int(q, 0),
        .tree = sql_get_int(q, 2),
        .tree_size = (uint64_t)sql_get_int(q, 4),
        .parent = sql_get_int(q, 5),
        .depth = (uint64_t)sql_get_int(q, 6),
        .time_s = sql_get_int(q, 7),
    };
    whole = sql_get_blob(q, 1, out->oid, SHA1_SIZE) &&
        sql_get_blob(q, 3, out->tree_oid, SHA1_SIZE);
    return whole ? 0 : -EIO;
}

/* The one row of q as a commit. */
static int first_commit(struct sql *q, struct commit *out)
{
    int err = sql_first(q);

    if (err != 0)
        return err;
    err = get_commit(q, out);
    sql_done(q);
    return err;
}

int meta_commit_get(struct meta_db *db, int64_t id, struct commit *out)
{
    struct sql *q = sql(db, "SELECT " COMMIT_COLUMNS " WHERE h.id = ?1");

    sql_int(q, 1, id);
    return first_commit(q, out);
}

int meta_commit_parent(struct meta_db *db, struct commit *commit, uint64_t n)
{
    struct sql *q = sql(db, "SELECT parent FROM history WHERE id = ?1");
    int64_t id = commit->id;
    int err = 0;

    for (; n > 0 && id != 0 && err == 0; n--) {
        sql_int(q, 1, id);
        err = sql_first(q);
        if (err != 0)
            break;
        id = sql_get_int(q, 0);
        sql_done(q);
    }
    if (err == 0 && id != 0)
        return meta_commit_get(db, id, commit);
    if (err == 0)
        *commit = (struct commit){0};
    return err;
}

int meta_commit_text(struct meta_db *db, int64_t id, struct commit_text *out)
{
    struct sql *q = sql(db,
        "SELECT oid, time, author, title, message FROM history WHERE id = ?1");
    int err;

    *out = (struct commit_text){0};
    sql_int(q, 1, id);
    err = sql_first(q);
    if (err != 0)
        return err;
    if (!sql_get_blob(q, 0, out->oid, SHA1_SIZE))
        err = -EIO;
    out->time_s = sql_get_int(q, 1);
    out->author = xstrdup(sql_get_text(q, 2));
    out->title = xstrdup(sql_get_text(q, 3));
    out->message = xstrdup(sql_get_text(q, 4));
    sql_done(q);
    return err;
}

void commit_text_fini(struct commit_text *text)
{
    free(text->author);
    free(text->title);
    free(text->message);
    *text = (struct commit_text){0};
}

/* ---- Refs and revisions */

static int ref_find(struct meta_db *db, const struct repo *repo,
    const char *prefix, const char *name, struct commit *out)
{
    struct sql *q = sql(db,
        "SELECT " COMMIT_COLUMNS " JOIN ref r ON r.target = h.id"
        " WHERE r.repo = ?1 AND r.name = ?2 || ?3");

    sql_int(q, 1, repo->id);
    sql_text(q, 2, prefix);
    sql_text(q, 3, name);
    return first_commit(q, out);
}

static int oid_find(struct meta_db *db, const struct repo *repo,
    const char *hex, struct commit *out)
{
    struct sql *q =
        sql(db, "SELECT " COMMIT_COLUMNS " WHERE h.repo = ?1 AND h.oid = ?2");
    uint8_t oid[SHA1_SIZE];

    if (!hex_parse(hex, oid, sizeof(oid)))
        return -ENOENT;
    sql_int(q, 1, repo->id);
    sql_blob(q, 2, oid, sizeof(oid));
    return first_commit(q, out);
}

/* All commits whose id begins like this lie between two ids. Two of them: the
 * text names none. */
static int short_oid_find(struct meta_db *db, const struct repo *repo,
    const char *hex, struct commit *out)
{
    struct sql *q = sql(db,
        "SELECT " COMMIT_COLUMNS " WHERE h.repo = ?1 AND h.oid >= ?2"
        " AND h.oid <= ?3 ORDER BY h.oid LIMIT 2");
    char text[2 * SHA1_SIZE + 1];
    uint8_t oid[SHA1_SIZE];
    struct commit found = {0};
    size_t n = strlen(hex);
    int rows = 0;
    int err = 0;
    int got;

    if (n < SHORT_OID_MIN || n >= sizeof(text) - 1)
        return -ENOENT;
    sql_int(q, 1, repo->id);
    for (int i = 0; i < 2; i++) {
        memset(text, i == 0 ? '0' : 'f', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        memcpy(text, hex, n);
        if (!hex_parse(text, oid, sizeof(oid))) {
            sql_done(q);
            return -ENOENT;
        }
        sql_blob(q, 2 + i, oid, sizeof(oid));
    }
    while (err == 0 && (got = sql_step(q)) != 0) {
        err = got < 0 ? got : get_commit(q, &found);
        rows++;
    }
    sql_done(q);
    if (err == 0 && rows != 1)
        err = -ENOENT;
    if (err == 0)
        *out = found;
    return err;
}

int meta_rev_find(struct meta_db *db, const struct repo *repo, const char *rev,
    struct commit *out)
{
    static const char *const prefix[] = {"refs/heads/", "refs/tags/"};
    /* First, so that no branch can ever take the place of a commit. */
    int err = oid_find(db, repo, rev, out);

    if (strcmp(rev, "HEAD") == 0)
        rev = DEFAULT_BRANCH;
    for (size_t i = 0; i < ARRAY_LEN(prefix) && err == -ENOENT; i++)
        err = ref_find(db, repo, prefix[i], rev, out);
    if (err == -ENOENT && strncmp(rev, "refs/", 5) == 0)
        err = ref_find(db, repo, "", rev, out);
    return err == -ENOENT ? short_oid_find(db, repo, rev, out) : err;
}

int meta_ref_each(
    struct meta_db *db, const struct repo *repo, meta_ref_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT r.name, h.oid FROM ref r JOIN history h ON h.id = r.target"
        " WHERE r.repo = ?1 ORDER BY r.name");
    uint8_t oid[SHA1_SIZE];
    int got;

    sql_int(q, 1, repo->id);
    while ((got = sql_step(q)) == 1) {
        if (sql_get_blob(q, 1, oid, sizeof(oid)))
            fn(ctx, sql_get_text(q, 0), oid);
    }
    sql_done(q);
    return got < 0 ? got : 0;
}

int meta_ref_put(struct meta_db *db, const struct repo *repo, const char *name,
    int64_t commit)
{
    struct sql *q = sql(db,
        "INSERT OR REPLACE INTO ref (repo, name, target) VALUES (?1, ?2, ?3)");

    sql_int(q, 1, repo->id);
    sql_text(q, 2, name);
    sql_int(q, 3, commit);
    return sql_run(q);
}

int meta_ref_find(struct meta_db *db, const struct repo *repo, const char *name,
    struct commit *out)
{
    return ref_find(db, repo, "", name, out);
}

int meta_ref_delete(
    struct meta_db *db, const struct repo *repo, const char *name)
{
    struct sql *q = sql(db, "DELETE FROM ref WHERE repo = ?1 AND name = ?2");

    sql_int(q, 1, repo->id);
    sql_text(q, 2, name);
    return sql_run(q);
}

int meta_ref_clash(
    struct meta_db *db, const struct repo *repo, const char *name)
{
    struct sql *q = sql(db,
        "SELECT 1 FROM ref WHERE repo = ?1 AND name <> ?2 AND ("
        " substr(name, 1, length(?2) + 1) = ?2 || '/' OR"
        " substr(?2, 1, length(name) + 1) = name || '/') LIMIT 1");
    int err;

    sql_int(q, 1, repo->id);
    sql_text(q, 2, name);
    err = sql_first(q);
    if (err != 0)
        return err == -ENOENT ? 0 : err;
    sql_done(q);
    return 1;
}
