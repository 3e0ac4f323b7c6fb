/* Adding and removing people, for commands. All block; each is one
 * transaction, which a running server sees with its next request. On failure
 * *why says in one sentence what to change. */
#ifndef HUB_LOCAL_PEOPLE_H
#define HUB_LOCAL_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "hub/local_meta_user.h"

struct meta;

#define TOKEN_MADE_MAX 64

/* A token that nobody can guess. */
void people_make_token(char out[static TOKEN_MADE_MAX]);

/* A user, if there is none of that name, with one more token. */
int people_add_user(struct meta *m, const char *name, const char *token,
    bool read_only, struct buf *why);

/* An organisation, if there is none, with these members as well. Who is no
 * user here may be one of a server's command line. */
int people_add_org(struct meta *m, const char *name, const char *const *member,
    size_t n, struct buf *why);

/* With all that is theirs but the repos. */
int people_remove(
    struct meta *m, enum account_kind kind, const char *name, struct buf *why);
int people_remove_members(struct meta *m, const char *org,
    const char *const *member, size_t n, struct buf *why);

/* The tokens of a user whose id begins so; exactly one must. */
int people_remove_token(
    struct meta *m, const char *user, const char *id, struct buf *why);

/* What a token is called, since nobody can tell it from what is kept. */
#define TOKEN_ID_MAX 9
void token_id(const struct user_token *token, char out[static TOKEN_ID_MAX]);

/* One account and what belongs to it. */
struct person {
    struct account account;
    struct buf tokens; /* of struct user_token */
    struct buf names;  /* of char *: a user's organisations, or members */
};
typedef void people_fn(void *ctx, const struct person *person);
int people_each(
    struct meta *m, enum account_kind kind, people_fn *fn, void *ctx);

#endif
