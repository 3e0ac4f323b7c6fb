/* Users and rights. Tokens are kept as their hashes, and compared in a time
 * that does not tell how much of one was right. */
#include "hub/local_auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/digest.h"
#include "hub/local_meta.h"

struct account {
    struct user user;
    char *name;
    uint8_t token[SHA256_SIZE];
};

struct users {
    struct account owner; /* of an open Hub */
    struct buf list;      /* of struct account * */
};

static struct account **accounts(const struct users *u, size_t *n)
{
    *n = u->list.len / sizeof(struct account *);
    return (struct account **)(void *)u->list.data;
}

struct users *users_new(const char *owner)
{
    struct users *u = xcalloc(1, sizeof(*u));

    u->owner.name = xstrdup(owner);
    u->owner.user.name = u->owner.name;
    return u;
}

void users_free(struct users *u)
{
    struct account **a;
    size_t n;

    if (u == NULL)
        return;
    a = accounts(u, &n);
    for (size_t i = 0; i < n; i++) {
        free(a[i]->name);
        free(a[i]);
    }
    buf_free(&u->list);
    free(u->owner.name);
    free(u);
}

static bool token_ok(const char *token)
{
    for (const char *p = token; *p != '\0'; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    }
    return *token != '\0';
}

static const struct user *by_token(const struct users *u, const char *token)
{
    const struct user *found = NULL;
    uint8_t hash[SHA256_SIZE];
    size_t n;
    struct account **a = accounts(u, &n);

    digest_once(DIGEST_SHA256, token, strlen(token), hash);
    for (size_t i = 0; i < n; i++) {
        if (mac_equal(a[i]->token, hash, sizeof(hash)))
            found = &a[i]->user;
    }
    return found;
}

int users_add(struct users *u, const char *name, const char *token)
{
    struct account *a;

    if (!repo_name_ok(name) || strchr(name, '/') != NULL || !token_ok(token))
        return -EINVAL;
    if (users_have(u, name) || by_token(u, token) != NULL)
        return -EEXIST;
    a = xcalloc(1, sizeof(*a));
    *(struct account **)(void *)buf_grow(&u->list, sizeof(struct account *)) =
        a;
    a->name = xstrdup(name);
    a->user.name = a->name;
    digest_once(DIGEST_SHA256, token, strlen(token), a->token);
    return 0;
}

bool users_open(const struct users *u)
{
    return u->list.len == 0;
}

bool users_have(const struct users *u, const char *name)
{
    size_t n;
    struct account **a = accounts(u, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(a[i]->name, name) == 0)
            return true;
    }
    return false;
}

bool users_find(
    const struct users *u, const char *authorization, const struct user **out)
{
    *out = NULL;
    if (authorization == NULL)
        return true;
    if (users_open(u)) {
        *out = &u->owner.user;
        return true;
    }
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    authorization += 7;
    authorization += strspn(authorization, " ");
    *out = by_token(u, authorization);
    return *out != NULL;
}

static bool owns(const struct user *user, const struct repo *repo)
{
    size_t n;

    if (user == NULL)
        return false;
    n = strlen(user->name);
    return strncmp(repo->name, user->name, n) == 0 && repo->name[n] == '/';
}

bool user_may_read(
    const struct users *u, const struct user *user, const struct repo *repo)
{
    return !repo->private || users_open(u) || owns(user, repo);
}

bool user_may_write(
    const struct users *u, const struct user *user, const struct repo *repo)
{
    return users_open(u) || owns(user, repo);
}
