/* Users and rights. A user of the database counts from the request after the
 * one transaction that made it, and not after the one that removed it: each
 * request looks its caller up. Tokens of the command line are kept as their
 * hashes, and compared in a time that does not tell how much of one was
 * right; in the database a hash is looked up, which tells nothing of a token
 * either. */
#include "hub/local_auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "hub/local_meta.h"
#include "hub/token.h"

struct listed {
    char name[ACCOUNT_NAME_MAX];
    uint8_t token[SHA256_SIZE];
};

struct users {
    char *owner;     /* of an open Hub */
    bool open;       /* the loop thread's */
    struct buf list; /* of struct listed */
};

static const struct listed *listed(const struct users *u, size_t *n)
{
    *n = u->list.len / sizeof(struct listed);
    return (const struct listed *)(const void *)u->list.data;
}

struct users *users_new(const char *owner)
{
    struct users *u = xcalloc(1, sizeof(*u));

    u->owner = xstrdup(owner);
    return u;
}

void users_free(struct users *u)
{
    if (u == NULL)
        return;
    buf_free(&u->list);
    free(u->owner);
    free(u);
}

static const struct listed *by_token(
    const struct users *u, const uint8_t hash[static SHA256_SIZE])
{
    const struct listed *found = NULL;
    size_t n;
    const struct listed *l = listed(u, &n);

    for (size_t i = 0; i < n; i++) {
        if (mac_equal(l[i].token, hash, SHA256_SIZE))
            found = &l[i];
    }
    return found;
}

int users_add(struct users *u, const char *name, const char *token)
{
    struct listed l = {.name = ""};

    if (!account_name_ok(name) || !token_ok(token))
        return -EINVAL;
    digest_once(DIGEST_SHA256, token, strlen(token), l.token);
    if (users_have(u, name) || by_token(u, l.token) != NULL)
        return -EEXIST;
    snprintf(l.name, sizeof(l.name), "%s", name);
    buf_add(&u->list, &l, sizeof(l));
    return 0;
}

bool users_have(const struct users *u, const char *name)
{
    size_t n;
    const struct listed *l = listed(u, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(l[i].name, name) == 0)
            return true;
    }
    return false;
}

bool users_any(const struct users *u)
{
    return u->list.len > 0;
}

void users_open(struct users *u, bool open)
{
    u->open = open;
}

bool users_are_open(const struct users *u)
{
    return u->open;
}

/* ---- Callers */

static void on_org(void *ctx, const char *name)
{
    struct auth *a = ctx;

    *(char **)(void *)buf_grow(&a->orgs, sizeof(char *)) = xstrdup(name);
}

char **auth_orgs(const struct auth *a, size_t *n)
{
    *n = a->orgs.len / sizeof(char *);
    return (char **)(void *)a->orgs.data;
}

static void be(struct auth *a, const char *name, bool read_only)
{
    snprintf(a->self.name, sizeof(a->self.name), "%s", name);
    a->self.read_only = read_only;
    a->user = &a->self;
}

/* The token in the header; NULL if there is none of the kind we know. */
static const char *bearer(const char *authorization)
{
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    authorization += 7;
    return authorization + strspn(authorization, " ");
}

static int find_token(const struct users *u, struct meta_db *db,
    const char *text, struct auth *out)
{
    const struct listed *l;
    uint8_t hash[SHA256_SIZE];
    struct user_token token;
    int err;

    digest_once(DIGEST_SHA256, text, strlen(text), hash);
    l = by_token(u, hash);
    if (l != NULL) {
        be(out, l->name, false);
    } else {
        err = meta_token_find(db, hash, &token);
        if (err != 0)
            return err == -ENOENT ? -EACCES : err;
        be(out, token.user, token.read_only);
    }
    return meta_orgs_of(db, out->self.name, on_org, out);
}

/* Whether it is still open. */
static int look_around(struct meta_db *db, struct auth *a)
{
    int any = a->open ? meta_user_any(db) : 0;

    if (any > 0)
        a->open = false;
    return any < 0 ? any : 0;
}

int auth_again(
    const struct users *u, struct meta_db *db, const char *name, struct auth *a)
{
    struct account account;
    int err = look_around(db, a);

    if (err != 0 || name == NULL)
        return err;
    if (!users_have(u, name) && !(a->open && strcmp(name, u->owner) == 0)) {
        err = meta_account_find(db, name, &account);
        if (err == -ENOENT || (err == 0 && account.kind != ACCOUNT_USER))
            return -EACCES;
        if (err != 0)
            return err;
    }
    be(a, name, false);
    return meta_orgs_of(db, a->self.name, on_org, a);
}

int auth_find(const struct users *u, struct meta_db *db,
    const char *authorization, struct auth *a)
{
    const char *text;
    int err = look_around(db, a);

    if (err != 0)
        return err;
    if (authorization == NULL)
        return 0;
    if (a->open) {
        be(a, u->owner, false);
        return 0;
    }
    text = bearer(authorization);
    return text != NULL ? find_token(u, db, text, a) : -EACCES;
}

void auth_fini(struct auth *a)
{
    size_t n;
    char **org = auth_orgs(a, &n);

    for (size_t i = 0; i < n; i++)
        free(org[i]);
    buf_free(&a->orgs);
}

/* ---- Rights */

static bool same(const char *name, const char *full)
{
    size_t n = strlen(name);

    return strncmp(full, name, n) == 0 && (full[n] == '/' || full[n] == '\0');
}

bool auth_is(const struct auth *a, const char *name)
{
    size_t n;
    char **org = auth_orgs(a, &n);

    if (a->user == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (same(org[i], name))
            return true;
    }
    return same(a->user->name, name);
}

static bool writes(const struct auth *a)
{
    return a->open || (a->user != NULL && !a->user->read_only);
}

bool auth_may(const struct auth *a, enum right right, const struct repo *repo)
{
    bool owns = a->open || auth_is(a, repo->name);

    switch (right) {
    case RIGHT_READ:
        return owns || !repo->private;
    case RIGHT_FILES:
        return owns || (!repo->private && repo->gate == GATE_NONE);
    case RIGHT_DISCUSS:
        return writes(a) && (owns || !repo->private);
    case RIGHT_WRITE:
        return writes(a) && owns && !repo->mirror;
    case RIGHT_ADMIN:
        return writes(a) && owns;
    }
    return false;
}

bool auth_may_create(const struct auth *a, const char *name)
{
    return writes(a) && (a->open || auth_is(a, name));
}
