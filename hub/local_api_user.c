/* Who the caller is, and what a caller may do. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_hub.h"
#include "hub/local_may.h"

static void write_orgs(struct jsonw *w, const struct auth *auth)
{
    size_t n;
    char **org = auth_orgs(auth, &n);

    jsonw_array(w, "orgs");
    for (size_t i = 0; i < n; i++) {
        jsonw_object(w, NULL);
        jsonw_str(w, "type", "org");
        jsonw_str(w, "id", org[i]);
        jsonw_str(w, "name", org[i]);
        jsonw_str(w, "fullname", org[i]);
        jsonw_bool(w, "isEnterprise", false);
        jsonw_bool(w, "canPay", false);
        jsonw_str(w, "roleInOrg", "write");
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

int api_whoami(struct call *c, struct meta_db *db)
{
    struct jsonw w;

    (void)db;
    if (c->user == NULL)
        return call_refuse(c, 401, NULL, "Invalid username or password.");
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "type", "user");
    jsonw_str(&w, "id", c->user->name);
    jsonw_str(&w, "name", c->user->name);
    jsonw_str(&w, "fullname", c->user->name);
    jsonw_bool(&w, "isPro", false);
    jsonw_bool(&w, "canPay", false);
    write_orgs(&w, &c->auth);
    jsonw_object(&w, "auth");
    jsonw_str(&w, "type", "access_token");
    jsonw_object(&w, "accessToken");
    jsonw_str(&w, "displayName", c->user->name);
    jsonw_str(&w, "role", c->user->read_only ? "read" : "write");
    jsonw_object_end(&w);
    jsonw_object_end(&w);
    jsonw_object_end(&w);
    return 0;
}

int api_auth_check(struct call *c, struct meta_db *db)
{
    const struct target *t = &c->x->target;
    const char *what = c->at < t->n_seg ? t->seg[c->at] : NULL;
    struct repo repo;
    struct jsonw w;
    int err = call_repo(c, db, &repo);

    if (err != 0)
        return err;
    if (what != NULL && strcmp(what, "write") != 0 && strcmp(what, "read") != 0)
        return call_refuse(c, 404, NULL, "Not found");
    if (what != NULL && strcmp(what, "write") == 0)
        err = call_may(c, RIGHT_WRITE, &repo);
    if (err != 0)
        return err;
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_object_end(&w);
    return 0;
}

/* What the real Hub has and this one has not. */
int api_not_here(struct call *c, struct meta_db *db)
{
    (void)db;
    return call_refuse(
        c, 501, NULL, "This Hub does not support %s", c->route->name);
}
