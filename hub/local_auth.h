/* Who asks, and what they may do. Every route that shows or changes something
 * asks here (through local_call.h), and decides nothing of this by itself. */
#ifndef HUB_LOCAL_AUTH_H
#define HUB_LOCAL_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "hub/local_meta_user.h"

struct meta_db;
struct repo;
struct users;

/* The users of the command line, beside those in the database. */
struct users *users_new(const char *owner);
void users_free(struct users *u);

/* -EINVAL when the name or the token is none; -EEXIST when the name or the
 * token is there already. */
int users_add(struct users *u, const char *name, const char *token);
bool users_have(const struct users *u, const char *name);
bool users_any(const struct users *u);

/* On an open Hub everybody may do everything, and whoever sends a token,
 * whichever, is `owner`. To be opened before the first request, and only where
 * nobody but this machine can reach the Hub; it closes for good when a request
 * finds a user in the database. Of the loop thread. */
void users_open(struct users *u, bool open);
bool users_are_open(const struct users *u);

struct user {
    char name[ACCOUNT_NAME_MAX]; /* and the namespace that is theirs */
    bool read_only;              /* with the token that was sent */
};

/* The caller of one request. */
struct auth {
    const struct user *user; /* NULL: anonymous */
    bool open;               /* may do everything, anonymous or not */
    struct user self;        /* what user points to */
    struct buf orgs;         /* of char *: namespaces that are theirs too */
};

/* The value of an Authorization header (NULL: none was sent) to a caller;
 * -EACCES when the credentials are no good. a is zeroed, but for a->open, which
 * says whether the Hub was open, and then whether it is. Blocks. auth_fini() in
 * any case. */
int auth_find(const struct users *u, struct meta_db *db,
    const char *authorization, struct auth *a);
void auth_fini(struct auth *a);

/* The same for somebody whom this Hub has given a word that it knows again,
 * with all their rights: by name, or NULL. -EACCES when they have gone. */
int auth_again(const struct users *u, struct meta_db *db, const char *name,
    struct auth *a);

char **auth_orgs(const struct auth *a, size_t *n);

enum right {
    RIGHT_READ,    /* know of it, see what is in it */
    RIGHT_FILES,   /* have its files, which a gate may keep from them */
    RIGHT_DISCUSS, /* open and comment discussions and pull requests */
    RIGHT_WRITE,   /* commits, branches, tags, merging; no repo of a folder */
    RIGHT_ADMIN,   /* delete, move, settings, squash */
};

bool auth_may(const struct auth *a, enum right right, const struct repo *repo);

/* The caller, or an organisation of theirs, is this namespace: of name up to a
 * slash. */
bool auth_is(const struct auth *a, const char *name);

/* Make repos in a namespace: of name up to a slash. */
bool auth_may_create(const struct auth *a, const char *name);

#endif
