/* People, their tokens, and the organisations they are members of. As in
 * local_meta.h, everything blocks and runs inside a struct meta_job.
 *
 * Users and organisations share one space of names, in which case makes no
 * difference. Tokens are known by their SHA-256 alone. */
#ifndef HUB_LOCAL_META_USER_H
#define HUB_LOCAL_META_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

struct meta_db;

#define ACCOUNT_NAME_MAX 97

enum account_kind { ACCOUNT_USER, ACCOUNT_ORG };

struct account {
    char name[ACCOUNT_NAME_MAX];
    enum account_kind kind;
    int64_t created_s;
};

/* What a namespace may be called: as half of a repo's name, and no word that
 * means something else at the beginning of a path. */
bool account_name_ok(const char *name);

/* -EEXIST when the name is taken. */
int meta_account_add(struct meta_db *db, const struct account *account);
int meta_account_find(
    struct meta_db *db, const char *name, struct account *out);

/* With its tokens and memberships; repos stay. */
int meta_account_remove(struct meta_db *db, const char *name);

typedef void meta_account_fn(void *ctx, const struct account *account);
int meta_account_each(/* by name */
    struct meta_db *db, enum account_kind kind, meta_account_fn *fn, void *ctx);

/* How much there is of everything. */
struct meta_numbers {
    uint64_t repos[3]; /* by enum hub_kind */
    uint64_t users;
};
int meta_numbers(struct meta_db *db, struct meta_numbers *out);

/* 1 if there is any user, else 0, or -errno. */
int meta_user_any(struct meta_db *db);

/* ---- Tokens. A user may have several. */
struct user_token {
    uint8_t sha256[SHA256_SIZE];
    char user[ACCOUNT_NAME_MAX];
    bool read_only;
    int64_t created_s;
};

/* -EEXIST when it is somebody's already. */
int meta_token_add(struct meta_db *db, const struct user_token *token);
int meta_token_find(struct meta_db *db,
    const uint8_t sha256[static SHA256_SIZE], struct user_token *out);

int meta_token_remove(
    struct meta_db *db, const uint8_t sha256[static SHA256_SIZE]);

typedef void meta_token_fn(void *ctx, const struct user_token *token);
int meta_token_each(
    struct meta_db *db, const char *user, meta_token_fn *fn, void *ctx);

/* ---- Who is in which organisation. */
int meta_member_add(struct meta_db *db, const char *org, const char *user);
int meta_member_remove(struct meta_db *db, const char *org, const char *user);

typedef void meta_name_fn(void *ctx, const char *name);
int meta_member_each(
    struct meta_db *db, const char *org, meta_name_fn *fn, void *ctx);
int meta_orgs_of(
    struct meta_db *db, const char *user, meta_name_fn *fn, void *ctx);

#endif
