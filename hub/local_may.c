/* Rights, as routes ask for them (hub-api 1.5, 1.6). */
#include "hub/local_may.h"

#include "hub/local_call.h"
#include "hub/local_hub.h"

static int refuse_writing(struct call *c, const char *why)
{
    if (c->user == NULL)
        return call_refuse(
            c, 401, "RepoNotFound", "Invalid username or password.");
    if (c->user->read_only)
        why = "this token may only read";
    return call_refuse(c, 403, NULL, "Forbidden: %s", why);
}

int call_may(struct call *c, enum right right, const struct repo *repo)
{
    if (auth_may(&c->auth, right, repo))
        return 0;
    return refuse_writing(c,
        repo->mirror && auth_may(&c->auth, RIGHT_ADMIN, repo)
            ? "this repo shows a folder, and changes with it alone"
            : "you do not have the rights to change this repo");
}

int call_other_repo(struct call *c, struct meta_db *db, const char *type,
    const char *name, struct repo *out)
{
    enum hub_kind kind;
    int err =
        kind_named(type, &kind) ? meta_repo_find(db, kind, name, out) : -ENOENT;

    if (err == 0 && !auth_may(&c->auth, RIGHT_READ, out))
        err = -ENOENT;
    if (err == -ENOENT)
        return call_refuse(
            c, 404, "RepoNotFound", "Repository not found: %s", name);
    return err;
}

int call_repo_for(
    struct call *c, struct meta_db *db, enum right right, struct repo *out)
{
    int err = call_repo(c, db, out);

    return err == 0 ? call_may(c, right, out) : err;
}

int call_may_open(struct call *c, const struct repo *repo)
{
    if (auth_may(&c->auth, RIGHT_FILES, repo))
        return 0;
    return call_refuse(c, c->user == NULL ? 401 : 403, "GatedRepo",
        "Access to %s %s is restricted: its owners say who may have its files",
        kind_names[repo->kind].one, repo->name);
}

int call_may_create(struct call *c, const char *name)
{
    if (auth_may_create(&c->auth, name))
        return 0;
    return refuse_writing(c, "you may not create a repo in this namespace");
}

const char *call_author(const struct call *c)
{
    return c->user != NULL ? c->user->name : c->hub->owner;
}
