/* Rows about people. */
#include "hub/local_meta_user.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "hub/local_meta.h"
#include "hub/local_meta_sql.h"

bool account_name_ok(const char *name)
{
    static const char *const taken[] = {"api", "models", "datasets", "spaces",
        "kernels", "buckets", "cas", "lfs", "metrics", "organizations",
        "settings", "new", "login", "join"};

    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        if (strcasecmp(name, taken[i]) == 0)
            return false;
    }
    return repo_name_ok(name) && strchr(name, '/') == NULL;
}

static void copy_name(char out[static ACCOUNT_NAME_MAX], const char *name)
{
    snprintf(out, ACCOUNT_NAME_MAX, "%s", name);
}

int meta_account_add(struct meta_db *db, const struct account *account)
{
    struct sql *q = sql(
        db, "INSERT INTO account (name, kind, created) VALUES (?1, ?2, ?3)");

    sql_text(q, 1, account->name);
    sql_int(q, 2, account->kind);
    sql_int(q, 3, account->created_s);
    return sql_run(q);
}

static void get_account(struct sql *q, struct account *out)
{
    copy_name(out->name, sql_get_text(q, 0));
    out->kind = (enum account_kind)sql_get_int(q, 1);
    out->created_s = sql_get_int(q, 2);
}

int meta_account_find(struct meta_db *db, const char *name, struct account *out)
{
    struct sql *q =
        sql(db, "SELECT name, kind, created FROM account WHERE name = ?1");
    int err;

    sql_text(q, 1, name);
    err = sql_first(q);
    if (err != 0)
        return err;
    get_account(q, out);
    sql_done(q);
    return 0;
}

static int run_named(struct meta_db *db, const char *text, const char *name)
{
    struct sql *q = sql(db, text);

    sql_text(q, 1, name);
    return sql_run(q);
}

int meta_account_remove(struct meta_db *db, const char *name)
{
    struct account account;
    int err = meta_account_find(db, name, &account);

    if (err == 0)
        err = run_named(db, "DELETE FROM token WHERE user = ?1", name);
    if (err == 0)
        err = run_named(
            db, "DELETE FROM member WHERE user = ?1 OR org = ?1", name);
    if (err == 0)
        err = run_named(db, "DELETE FROM account WHERE name = ?1", name);
    return err;
}

int meta_account_each(
    struct meta_db *db, enum account_kind kind, meta_account_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT name, kind, created FROM account WHERE kind = ?1"
        " ORDER BY name");
    struct account account;
    int got;

    sql_int(q, 1, kind);
    while ((got = sql_step(q)) == 1) {
        get_account(q, &account);
        fn(ctx, &account);
    }
    sql_done(q);
    return got;
}

int meta_numbers(struct meta_db *db, struct meta_numbers *out)
{
    struct sql *q = sql(db,
        "SELECT (SELECT COUNT(*) FROM repo WHERE kind = ?1),"
        " (SELECT COUNT(*) FROM repo WHERE kind = ?2),"
        " (SELECT COUNT(*) FROM repo WHERE kind = ?3),"
        " (SELECT COUNT(*) FROM account WHERE kind = ?4)");
    int err;

    sql_int(q, 1, HUB_MODEL);
    sql_int(q, 2, HUB_DATASET);
    sql_int(q, 3, HUB_SPACE);
    sql_int(q, 4, ACCOUNT_USER);
    err = sql_first(q);
    if (err != 0)
        return err;
    out->repos[HUB_MODEL] = (uint64_t)sql_get_int(q, 0);
    out->repos[HUB_DATASET] = (uint64_t)sql_get_int(q, 1);
    out->repos[HUB_SPACE] = (uint64_t)sql_get_int(q, 2);
    out->users = (uint64_t)sql_get_int(q, 3);
    sql_done(q);
    return 0;
}

int meta_user_any(struct meta_db *db)
{
    struct sql *q = sql(db, "SELECT 1 FROM account WHERE kind = ?1 LIMIT 1");
    int got;

    sql_int(q, 1, ACCOUNT_USER);
    got = sql_step(q);
    sql_done(q);
    return got;
}

int meta_token_add(struct meta_db *db, const struct user_token *token)
{
    struct sql *q = sql(db,
        "INSERT INTO token (sha256, user, read_only, created)"
        " VALUES (?1, ?2, ?3, ?4)");

    sql_blob(q, 1, token->sha256, SHA256_SIZE);
    sql_text(q, 2, token->user);
    sql_int(q, 3, token->read_only);
    sql_int(q, 4, token->created_s);
    return sql_run(q);
}

static int get_token(struct sql *q, struct user_token *out)
{
    copy_name(out->user, sql_get_text(q, 1));
    out->read_only = sql_get_int(q, 2) != 0;
    out->created_s = sql_get_int(q, 3);
    return sql_get_blob(q, 0, out->sha256, SHA256_SIZE) ? 0 : -EIO;
}

int meta_token_find(struct meta_db *db,
    const uint8_t sha256[static SHA256_SIZE], struct user_token *out)
{
    struct sql *q = sql(db,
        "SELECT sha256, user, read_only, created FROM token"
        " WHERE sha256 = ?1");
    int err;

    sql_blob(q, 1, sha256, SHA256_SIZE);
    err = sql_first(q);
    if (err != 0)
        return err;
    err = get_token(q, out);
    sql_done(q);
    return err;
}

int meta_token_remove(
    struct meta_db *db, const uint8_t sha256[static SHA256_SIZE])
{
    struct sql *q = sql(db, "DELETE FROM token WHERE sha256 = ?1");

    sql_blob(q, 1, sha256, SHA256_SIZE);
    return sql_run(q);
}

int meta_token_each(
    struct meta_db *db, const char *user, meta_token_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT sha256, user, read_only, created FROM token WHERE user = ?1"
        " ORDER BY created, sha256");
    struct user_token token;
    int got;

    sql_text(q, 1, user);
    while ((got = sql_step(q)) == 1) {
        got = get_token(q, &token);
        if (got != 0)
            break;
        fn(ctx, &token);
    }
    sql_done(q);
    return got;
}

static int run_member(
    struct meta_db *db, const char *text, const char *org, const char *user)
{
    struct sql *q = sql(db, text);

    sql_text(q, 1, org);
    sql_text(q, 2, user);
    return sql_run(q);
}

int meta_member_add(struct meta_db *db, const char *org, const char *user)
{
    return run_member(db,
        "INSERT OR IGNORE INTO member (org, user) VALUES (?1, ?2)", org, user);
}

int meta_member_remove(struct meta_db *db, const char *org, const char *user)
{
    return run_member(
        db, "DELETE FROM member WHERE org = ?1 AND user = ?2", org, user);
}

static int each_name(struct sql *q, const char *of, meta_name_fn *fn, void *ctx)
{
    int got;

    sql_text(q, 1, of);
    while ((got = sql_step(q)) == 1)
        fn(ctx, sql_get_text(q, 0));
    sql_done(q);
    return got;
}

int meta_member_each(
    struct meta_db *db, const char *org, meta_name_fn *fn, void *ctx)
{
    return each_name(
        sql(db, "SELECT user FROM member WHERE org = ?1 ORDER BY user"), org,
        fn, ctx);
}

int meta_orgs_of(
    struct meta_db *db, const char *user, meta_name_fn *fn, void *ctx)
{
    return each_name(
        sql(db, "SELECT org FROM member WHERE user = ?1 ORDER BY org"), user,
        fn, ctx);
}
