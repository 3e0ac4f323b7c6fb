/* What becomes of repos: deleted, moved, set, duplicated. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call_json.h"
#include "hub/local_plan.h"
#include "hub/local_hub.h"
#include "hub/local_make.h"
#include "hub/local_may.h"

/* The repo of this call, for somebody who may do everything with it. One of a
 * folder is what the folder and --repo make it. */
static int own_repo(struct call *c, struct meta_db *db, struct repo *repo)
{
    int err = call_repo_for(c, db, RIGHT_WRITE, repo);

    return err == 0 ? call_may(c, RIGHT_ADMIN, repo) : err;
}

/* The same for one that is named in a body. */
static int named_repo(struct call *c, struct meta_db *db, struct repo *repo)
{
    c->kind = repo->kind;
    memcpy(c->name, repo->name, sizeof(c->name));
    return own_repo(c, db, repo);
}

int api_delete(struct call *c, struct meta_db *db)
{
    struct repo repo = {0};
    struct json *body;
    int err = call_body(c, &body);

    if (err == 0)
        err = call_body_repo(c, body, &repo);
    if (err == 0)
        err = named_repo(c, db, &repo);
    if (err == 0)
        err = meta_repo_delete(db, &repo);
    json_free(body);
    return err == 0 ? call_done(c) : err;
}

static int move_repo(
    struct call *c, struct meta_db *db, const struct json *body)
{
    const char *from = NULL;
    const char *to = NULL;
    struct repo repo = {0};
    int err = call_body_kind(c, body, &repo.kind);

    if (err == 0)
        err = call_body_line(c, body, "fromRepo", REPO_NAME_MAX - 1, &from);
    if (err == 0)
        err = call_body_line(c, body, "toRepo", REPO_NAME_MAX - 1, &to);
    if (err != 0)
        return err;
    memcpy(repo.name, from, strlen(from) + 1);
    err = named_repo(c, db, &repo);
    if (err == 0)
        err = call_free_name(c, db, repo.kind, to);
    return err == 0 ? meta_repo_move(db, &repo, to) : err;
}

int api_move(struct call *c, struct meta_db *db)
{
    struct json *body;
    int err = call_body(c, &body);

    if (err == 0)
        err = move_repo(c, db, body);
    json_free(body);
    return err == 0 ? call_done(c) : err;
}

/* ---- Duplicates: the files of the default branch, in one commit. */

static int fill(
    struct call *c, struct meta_db *db, const struct repo *from, struct make *m)
{
    struct plan *plan = plan_new(db, NULL);
    struct commit head;
    char *title = xasprintf("Duplicate from %s", from->name);
    int err = meta_rev_find(db, from, DEFAULT_BRANCH, &head);

    if (err == 0)
        err = plan_put_all(plan, &head);
    if (err == -ENOENT)
        err = 0; /* nothing was ever committed */
    m->title = title;
    m->change = plan_changes(plan, &m->n);
    if (err == 0)
        err = call_make(c, db, m);
    plan_free(plan);
    free(title);
    return err;
}

int api_duplicate(struct call *c, struct meta_db *db)
{
    const char *name = NULL;
    struct json *body = NULL;
    struct make m = {0};
    struct repo from;
    struct jsonw w;
    int err = call_repo(c, db, &from);

    if (err == 0)
        err = call_may_open(c, &from);
    if (err == 0)
        err = call_body(c, &body);
    if (err == 0)
        err = call_body_line(c, body, "repository", REPO_NAME_MAX - 1, &name);
    if (err == 0)
        err = call_free_name(c, db, from.kind, name);
    if (err != 0)
        goto out;
    m.repo = (struct repo){.kind = from.kind, .private = from.private};
    memcpy(m.repo.name, name, strlen(name) + 1);
    memcpy(m.repo.sdk, from.sdk, sizeof(from.sdk));
    err = call_body_private(c, body, from.kind, &m.repo.private);
    if (err == 0)
        err = fill(c, db, &from, &m);
    if (err != 0)
        goto out;
    w = call_made(c, &m.repo);
    jsonw_bool(&w, "filesCopyPending", false);
    jsonw_object_end(&w);
out:
    json_free(body);
    return err;
}

/* ---- Settings */

static int take_gate(
    struct call *c, const struct json *body, enum repo_gate *out)
{
    const char *name = json_str(body, "gated");
    bool flag = true;

    if (json_get(body, "gated") == NULL)
        return 0;
    if (json_bool(body, "gated", &flag) && !flag) {
        *out = GATE_NONE;
        return 0;
    }
    for (size_t i = GATE_AUTO; name != NULL && i <= GATE_MANUAL; i++) {
        if (strcmp(gate_names[i], name) == 0) {
            *out = (enum repo_gate)i;
            return 0;
        }
    }
    return call_refuse(
        c, 400, NULL, "gated must be \"auto\", \"manual\" or false");
}

int api_settings(struct call *c, struct meta_db *db)
{
    struct repo repo;
    struct json *body = NULL;
    struct jsonw w;
    int err = own_repo(c, db, &repo);

    if (err == 0)
        err = call_body(c, &body);
    if (err == 0)
        err = call_body_private(c, body, repo.kind, &repo.private);
    if (err == 0)
        err = take_gate(c, body, &repo.gate);
    json_free(body);
    if (err == 0)
        err = meta_repo_put(db, &repo);
    if (err != 0)
        return err;
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_bool(&w, "private", repo.private);
    json_gate(&w, "gated", repo.gate);
    jsonw_object_end(&w);
    return 0;
}
