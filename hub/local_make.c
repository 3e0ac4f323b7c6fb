/* Making repos. */
#include "hub/local_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/local_call_json.h"
#include "hub/local_may.h"

int call_body_kind(struct call *c, const struct json *body, enum hub_kind *out)
{
    const char *type = kind_names[HUB_MODEL].one;
    int err = call_body_str(c, body, "type", &type);

    if (err == 0 && !kind_named(type, out))
        err = call_refuse(
            c, 400, NULL, "Repos of type %s are not kept here", type);
    return err;
}

int call_body_repo(struct call *c, const struct json *body, struct repo *out)
{
    const char *name = NULL;
    const char *owner = NULL;
    int len;
    int err = call_body_kind(c, body, &out->kind);

    if (err == 0)
        err = call_body_line(c, body, "name", REPO_NAME_MAX, &name);
    if (err == 0)
        err = call_body_str(c, body, "organization", &owner);
    if (err != 0)
        return err;
    if (owner == NULL)
        owner = call_author(c);
    len = strchr(name, '/') != NULL
        ? snprintf(out->name, sizeof(out->name), "%s", name)
        : snprintf(out->name, sizeof(out->name), "%s/%s", owner, name);
    if (len < 0 || (size_t)len >= sizeof(out->name))
        return call_refuse(c, 400, NULL, "This name is too long");
    return 0;
}

char *call_repo_url(const struct call *c, enum hub_kind kind, const char *name)
{
    char *origin = exchange_origin(c->x);
    char *url = xasprintf("%s/%s%s", origin, kind_names[kind].prefix, name);

    free(origin);
    return url;
}

static int refuse_taken(struct call *c, enum hub_kind kind, const char *name)
{
    char *url = call_repo_url(c, kind, name);
    struct jsonw w;

    answer_error(c->x, 409, NULL, "You already created this %s repo",
        kind_names[kind].one);
    w = answer_json(c->x, 409);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "error", answer_header_get(c->x, "X-Error-Message"));
    jsonw_str(&w, "url", url);
    jsonw_str(&w, "name", name);
    jsonw_object_end(&w);
    free(url);
    return ANSWERED;
}

static bool new_name_ok(const char *name)
{
    const char *slash = strchr(name, '/');
    char *owner = xstrndup(name, strcspn(name, "/"));
    bool good = slash != NULL && repo_name_ok(name) && account_name_ok(owner) &&
        !route_is_verb(slash + 1);

    free(owner);
    return good;
}

int call_free_name(
    struct call *c, struct meta_db *db, enum hub_kind kind, const char *name)
{
    struct repo there;
    int err;

    if (!new_name_ok(name))
        return call_refuse(c, 400, NULL,
            "%s cannot be the name of a repo: it takes NAMESPACE/NAME, each "
            "of letters, digits, '-', '_' and '.', without '--' and '..', "
            "not beginning or ending with '-' or '.', and no word of this API",
            name);
    err = call_may_create(c, name);
    if (err == 0)
        err = meta_repo_find(db, kind, name, &there);
    if (err == 0)
        return refuse_taken(c, kind, name);
    return err == -ENOENT ? 0 : err;
}

int call_make(struct call *c, struct meta_db *db, struct make *m)
{
    int64_t now_s = clock_wall_ns() / 1000000000;
    struct new_commit commit = {
        .repo = &m->repo,
        .ref = "refs/heads/" DEFAULT_BRANCH,
        .author = call_author(c),
        .title = m->title,
        .message = "",
        .time_s = now_s,
        .change = m->change,
        .n = m->n,
    };
    struct commit head;
    bool made;
    int err;

    m->repo.created_s = m->repo.updated_s = now_s;
    err = meta_repo_put(db, &m->repo);
    return err == 0 ? meta_commit_add(db, &commit, &head, &made) : err;
}

struct jsonw call_made(struct call *c, const struct repo *repo)
{
    char *url = call_repo_url(c, repo->kind, repo->name);
    struct jsonw w = answer_json(c->x, 200);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "url", url);
    jsonw_str(&w, "id", repo->name);
    jsonw_str(&w, "name", repo->name);
    free(url);
    return w;
}
