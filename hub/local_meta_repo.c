/* Repos: their names, and the rows about them. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_meta.h"
#include "hub/local_meta_sql.h"

#define NAME_PART_MAX 96 /* of either half, as the Hub's clients check it */

static bool part_ok(const char *p, size_t n)
{
    if (n == 0 || n > NAME_PART_MAX || strchr("-.", p[0]) != NULL ||
        strchr("-.", p[n - 1]) != NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)p[i]) && strchr("-_.", p[i]) == NULL)
            return false;
        if (i > 0 && p[i] == p[i - 1] && (p[i] == '-' || p[i] == '.'))
            return false;
    }
    return n < 4 || strncmp(p + n - 4, ".git", 4) != 0;
}

bool repo_name_ok(const char *name)
{
    const char *slash = strchr(name, '/');

    if (slash == NULL)
        return part_ok(name, strlen(name));
    return part_ok(name, (size_t)(slash - name)) &&
        part_ok(slash + 1, strlen(slash + 1));
}

static void copy_text(char *to, size_t room, const char *from)
{
    size_t n = min_size(strlen(from), room - 1);

    memcpy(to, from, n);
    to[n] = '\0';
}

#define REPO_COLUMNS                                                           \
    "id, kind, name, private, mirror, created, updated, gated, sdk"

static void get_repo(struct sql *q, struct repo *out)
{
    *out = (struct repo){
        .id = sql_get_int(q, 0),
        .kind = (enum hub_kind)sql_get_int(q, 1),
        .private = sql_get_int(q, 3) != 0,
        .mirror = sql_get_int(q, 4) != 0,
        .created_s = sql_get_int(q, 5),
        .updated_s = sql_get_int(q, 6),
        .gate = (enum repo_gate)sql_get_int(q, 7),
    };
    copy_text(out->name, sizeof(out->name), sql_get_text(q, 2));
    copy_text(out->sdk, sizeof(out->sdk), sql_get_text(q, 8));
}

static int first_repo(struct sql *q, struct repo *out)
{
    int err = sql_first(q);

    if (err != 0)
        return err;
    get_repo(q, out);
    sql_done(q);
    return 0;
}

int meta_repo_get(struct meta_db *db, int64_t id, struct repo *out)
{
    struct sql *q = sql(db, "SELECT " REPO_COLUMNS " FROM repo WHERE id = ?1");

    sql_int(q, 1, id);
    return first_repo(q, out);
}

int meta_repo_find(
    struct meta_db *db, enum hub_kind kind, const char *name, struct repo *out)
{
    struct sql *q = sql(
        db, "SELECT " REPO_COLUMNS " FROM repo WHERE kind = ?1 AND name = ?2");

    sql_int(q, 1, kind);
    sql_text(q, 2, name);
    return first_repo(q, out);
}

int meta_repo_moved(
    struct meta_db *db, enum hub_kind kind, const char *name, struct repo *out)
{
    struct sql *q = sql(db,
        "SELECT " REPO_COLUMNS " FROM repo WHERE id ="
        " (SELECT m.repo FROM moved m WHERE m.kind = ?1 AND m.name = ?2)");

    sql_int(q, 1, kind);
    sql_text(q, 2, name);
    return first_repo(q, out);
}

/* A name that is in use leads nowhere else. */
static int forget_moved(struct meta_db *db, const struct repo *repo)
{
    struct sql *q = sql(db, "DELETE FROM moved WHERE kind = ?1 AND name = ?2");

    sql_int(q, 1, repo->kind);
    sql_text(q, 2, repo->name);
    return sql_run(q);
}

static int insert_repo(struct meta_db *db, struct repo *repo)
{
    struct sql *q = sql(db,
        "INSERT INTO repo (kind, name, private, mirror, created, updated,"
        " gated, sdk) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    int err;

    sql_int(q, 1, repo->kind);
    sql_text(q, 2, repo->name);
    sql_int(q, 3, repo->private);
    sql_int(q, 4, repo->mirror);
    sql_int(q, 5, repo->created_s);
    sql_int(q, 6, repo->updated_s);
    sql_int(q, 7, repo->gate);
    sql_text(q, 8, repo->sdk);
    err = sql_run(q);
    if (err != 0)
        return err;
    repo->id = sql_last_id(db);
    return forget_moved(db, repo);
}

int meta_repo_put(struct meta_db *db, struct repo *repo)
{
    struct sql *q;

    if (repo->id == 0)
        return insert_repo(db, repo);
    q = sql(db,
        "UPDATE repo SET private = ?2, mirror = ?3, updated = ?4, gated = ?5"
        " WHERE id = ?1");
    sql_int(q, 1, repo->id);
    sql_int(q, 2, repo->private);
    sql_int(q, 3, repo->mirror);
    sql_int(q, 4, repo->updated_s);
    sql_int(q, 5, repo->gate);
    return sql_run(q);
}

int meta_repo_move(struct meta_db *db, struct repo *repo, const char *name)
{
    struct sql *q = sql(db, "UPDATE repo SET name = ?2 WHERE id = ?1");
    int err;

    sql_int(q, 1, repo->id);
    sql_text(q, 2, name);
    err = sql_run(q);
    if (err != 0)
        return err;
    q = sql(db,
        "INSERT OR REPLACE INTO moved (kind, name, repo) VALUES (?1, ?2, ?3)");
    sql_int(q, 1, repo->kind);
    sql_text(q, 2, repo->name);
    sql_int(q, 3, repo->id);
    err = sql_run(q);
    if (err != 0)
        return err;
    copy_text(repo->name, sizeof(repo->name), name);
    return forget_moved(db, repo);
}

int meta_repo_delete(struct meta_db *db, const struct repo *repo)
{
    static const char events[] = "DELETE FROM event WHERE discussion IN"
                                 " (SELECT id FROM discussion WHERE repo = ?1)";
    static const char *const statement[] = {
        events,
        "DELETE FROM discussion WHERE repo = ?1",
        "DELETE FROM moved WHERE repo = ?1",
        "DELETE FROM seen WHERE repo = ?1",
        "DELETE FROM lfs WHERE repo = ?1",
        "DELETE FROM upload WHERE repo = ?1",
        "DELETE FROM ref WHERE repo = ?1",
        "DELETE FROM history WHERE repo = ?1",
        "DELETE FROM repo WHERE id = ?1",
    };
    int err = 0;

    for (size_t i = 0; i < ARRAY_LEN(statement) && err == 0; i++) {
        struct sql *q = sql(db, statement[i]);

        sql_int(q, 1, repo->id);
        err = sql_run(q);
    }
    return err;
}

static struct sql *repos_in(struct meta_db *db, enum repo_order order)
{
    switch (order) {
    case REPO_BY_ID:
        break;
    case REPO_BY_CREATED:
        return sql(db,
            "SELECT " REPO_COLUMNS " FROM repo WHERE kind = ?1 AND"
            " (created < ?2 OR (created = ?2 AND id > ?3))"
            " ORDER BY created DESC, id");
    case REPO_BY_UPDATED:
        return sql(db,
            "SELECT " REPO_COLUMNS " FROM repo WHERE kind = ?1 AND"
            " (updated < ?2 OR (updated = ?2 AND id > ?3))"
            " ORDER BY updated DESC, id");
    }
    return sql(db,
        "SELECT " REPO_COLUMNS " FROM repo WHERE kind = ?1 AND id > ?3"
        " ORDER BY id");
}

int meta_repo_each(struct meta_db *db, const struct repo_list *list,
    meta_repo_fn *fn, void *ctx)
{
    struct sql *q = repos_in(db, list->order);
    struct repo repo;
    int got;

    sql_int(q, 1, list->kind);
    sql_int(q, 2, list->after.id != 0 ? list->after.value : INT64_MAX);
    sql_int(q, 3, list->after.id);
    while ((got = sql_step(q)) == 1) {
        get_repo(q, &repo);
        if (!fn(ctx, &repo))
            break;
    }
    sql_done(q);
    return got < 0 ? got : 0;
}
