/* People, one command each. */
#include "hub/local_people.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/timer.h"
#include "hub/local_meta.h"
#include "hub/token.h"

#define TOKEN_RANDOM 20 /* bytes */

struct people_job {
    struct meta_job job;
    int (*fn)(struct meta_db *db, struct people_job *p);
    enum account_kind kind;
    const char *name;
    const char *token; /* or the beginning of its id */
    bool read_only;
    const char *const *member;
    size_t n_members;
    people_fn *each;
    void *ctx;
    struct buf *why;
};

static int run_job(struct meta_db *db, struct meta_job *job)
{
    struct people_job *p = container_of(job, struct people_job, job);

    return p->fn(db, p);
}

static int run(struct meta *m, struct people_job *p)
{
    int err;

    p->job = (struct meta_job){.fn = run_job, .write = p->each == NULL};
    err = meta_run_here(m, &p->job);
    if (err != 0 && p->why != NULL && p->why->len == 0)
        buf_addf(p->why, "%s: %s", p->name, strerror(-err));
    return err;
}

static int refuse(struct people_job *p, int err, const char *why)
{
    buf_addf(p->why, "%s: %s", p->name, why);
    return err;
}

void people_make_token(char out[static TOKEN_MADE_MAX])
{
    uint8_t random[TOKEN_RANDOM];
    char hex[2 * TOKEN_RANDOM + 1];

    random_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), hex);
    snprintf(out, TOKEN_MADE_MAX, "hf_%s", hex);
}

static int64_t now_s(void)
{
    return clock_wall_ns() / 1000000000;
}

/* The account, made if it is not there. */
static int have(struct meta_db *db, struct people_job *p)
{
    struct account account;
    int err;

    if (!account_name_ok(p->name))
        return refuse(p, -EINVAL,
            "a name is letters, digits and -_. between them, and none that "
            "the Hub uses itself");
    err = meta_account_find(db, p->name, &account);
    if (err == 0 && account.kind != p->kind)
        return refuse(p, -EEXIST,
            p->kind == ACCOUNT_USER ? "an organisation has this name"
                                    : "a user has this name");
    if (err == 0 && strcmp(account.name, p->name) != 0)
        return refuse(p, -EEXIST, "the name is taken, in other letter case");
    if (err != -ENOENT)
        return err;
    account = (struct account){.kind = p->kind, .created_s = now_s()};
    snprintf(account.name, sizeof(account.name), "%s", p->name);
    return meta_account_add(db, &account);
}

static int find(struct meta_db *db, struct people_job *p)
{
    struct account account;
    int err = meta_account_find(db, p->name, &account);

    if (err == -ENOENT || (err == 0 && account.kind != p->kind))
        return refuse(p, -ENOENT,
            p->kind == ACCOUNT_USER ? "no user of this name is kept here"
                                    : "there is no such organisation");
    return err;
}

static int add_user(struct meta_db *db, struct people_job *p)
{
    struct user_token t = {.read_only = p->read_only, .created_s = now_s()};
    int err;

    if (!token_ok(p->token))
        return refuse(p, -EINVAL, "a token is ASCII without blanks");
    err = have(db, p);
    if (err != 0)
        return err;
    snprintf(t.user, sizeof(t.user), "%s", p->name);
    digest_once(DIGEST_SHA256, p->token, strlen(p->token), t.sha256);
    err = meta_token_add(db, &t);
    return err == -EEXIST ? refuse(p, err, "the token is in use") : err;
}

int people_add_user(struct meta *m, const char *name, const char *token,
    bool read_only, struct buf *why)
{
    struct people_job p = {
        .fn = add_user,
        .kind = ACCOUNT_USER,
        .name = name,
        .token = token,
        .read_only = read_only,
        .why = why,
    };

    return run(m, &p);
}

static int add_member(
    struct meta_db *db, struct people_job *p, const char *name)
{
    struct account account;
    int err;

    if (!account_name_ok(name))
        return refuse(p, -EINVAL, "a member's name is none");
    err = meta_account_find(db, name, &account);
    if (err == 0 && account.kind == ACCOUNT_ORG)
        return refuse(p, -EINVAL, "organisations cannot be members");
    if (err != 0 && err != -ENOENT)
        return err;
    return meta_member_add(db, p->name, name);
}

static int add_org(struct meta_db *db, struct people_job *p)
{
    int err = have(db, p);

    for (size_t i = 0; i < p->n_members && err == 0; i++)
        err = add_member(db, p, p->member[i]);
    return err;
}

int people_add_org(struct meta *m, const char *name, const char *const *member,
    size_t n, struct buf *why)
{
    struct people_job p = {
        .fn = add_org,
        .kind = ACCOUNT_ORG,
        .name = name,
        .member = member,
        .n_members = n,
        .why = why,
    };

    return run(m, &p);
}

static int remove_account(struct meta_db *db, struct people_job *p)
{
    int err = find(db, p);

    return err == 0 ? meta_account_remove(db, p->name) : err;
}

int people_remove(
    struct meta *m, enum account_kind kind, const char *name, struct buf *why)
{
    struct people_job p = {
        .fn = remove_account, .kind = kind, .name = name, .why = why};

    return run(m, &p);
}

static int remove_members(struct meta_db *db, struct people_job *p)
{
    int err = find(db, p);

    for (size_t i = 0; i < p->n_members && err == 0; i++)
        err = meta_member_remove(db, p->name, p->member[i]);
    return err;
}

int people_remove_members(struct meta *m, const char *org,
    const char *const *member, size_t n, struct buf *why)
{
    struct people_job p = {
        .fn = remove_members,
        .kind = ACCOUNT_ORG,
        .name = org,
        .member = member,
        .n_members = n,
        .why = why,
    };

    return run(m, &p);
}

void token_id(const struct user_token *token, char out[static TOKEN_ID_MAX])
{
    hex_format(token->sha256, (TOKEN_ID_MAX - 1) / 2, out);
}

struct token_search {
    const char *id;
    struct user_token found;
    size_t n;
};

static void on_candidate(void *ctx, const struct user_token *token)
{
    struct token_search *s = ctx;
    char id[TOKEN_ID_MAX];

    token_id(token, id);
    if (strncmp(id, s->id, strlen(s->id)) != 0)
        return;
    s->found = *token;
    s->n++;
}

static int remove_token(struct meta_db *db, struct people_job *p)
{
    struct token_search s = {.id = p->token};
    int err = find(db, p);

    if (err == 0)
        err = meta_token_each(db, p->name, on_candidate, &s);
    if (err != 0)
        return err;
    if (s.n != 1)
        return refuse(p, -ENOENT,
            s.n == 0 ? "no token has this id" : "several tokens have this id");
    return meta_token_remove(db, s.found.sha256);
}

int people_remove_token(
    struct meta *m, const char *user, const char *id, struct buf *why)
{
    struct people_job p = {
        .fn = remove_token,
        .kind = ACCOUNT_USER,
        .name = user,
        .token = id,
        .why = why,
    };

    return run(m, &p);
}

/* ---- Lists */

struct listing {
    struct meta_db *db;
    struct people_job *job;
    int err;
};

static void on_token(void *ctx, const struct user_token *token)
{
    buf_add(ctx, token, sizeof(*token));
}

static void on_name(void *ctx, const char *name)
{
    *(char **)(void *)buf_grow(ctx, sizeof(char *)) = xstrdup(name);
}

static void person_fini(struct person *person)
{
    char **name = (char **)(void *)person->names.data;

    for (size_t i = 0; i < person->names.len / sizeof(*name); i++)
        free(name[i]);
    buf_free(&person->names);
    buf_free(&person->tokens);
}

static void on_account(void *ctx, const struct account *account)
{
    struct listing *l = ctx;
    struct person person = {.account = *account};
    bool user = account->kind == ACCOUNT_USER;

    if (l->err == 0 && user)
        l->err =
            meta_token_each(l->db, account->name, on_token, &person.tokens);
    if (l->err == 0)
        l->err = (user ? meta_orgs_of : meta_member_each)(
            l->db, account->name, on_name, &person.names);
    if (l->err == 0)
        l->job->each(l->job->ctx, &person);
    person_fini(&person);
}

static int list(struct meta_db *db, struct people_job *p)
{
    struct listing l = {.db = db, .job = p};
    int err = meta_account_each(db, p->kind, on_account, &l);

    return err != 0 ? err : l.err;
}

int people_each(
    struct meta *m, enum account_kind kind, people_fn *fn, void *ctx)
{
    struct people_job p = {.fn = list, .kind = kind, .each = fn, .ctx = ctx};

    return run(m, &p);
}
