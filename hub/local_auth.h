/* Who asks, and what they may see. */
#ifndef HUB_LOCAL_AUTH_H
#define HUB_LOCAL_AUTH_H

#include <stdbool.h>
#include <stddef.h>

struct repo;
struct users;

struct user {
    const char *name; /* and the namespace that is theirs */
};

/* An empty list is an open Hub: everybody has all rights, and whoever sends a
 * token, whichever, is `owner`. */
struct users *users_new(const char *owner);
void users_free(struct users *u);

/* -EINVAL when the name is none, or the token is empty or holds blanks or
 * control bytes; -EEXIST when the name or the token is there already. */
int users_add(struct users *u, const char *name, const char *token);
bool users_open(const struct users *u);
bool users_have(const struct users *u, const char *name);

/* The value of an Authorization header (NULL: none was sent) to a user; NULL
 * is anonymous. False when the credentials are no good. */
bool users_find(
    const struct users *u, const char *authorization, const struct user **out);

bool user_may_read(
    const struct users *u, const struct user *user, const struct repo *repo);
bool user_may_write(
    const struct users *u, const struct user *user, const struct repo *repo);

#endif
