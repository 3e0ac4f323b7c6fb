/* The repos of a namespace and how large they are, for those whose it is. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_may.h"

struct own {
    struct repo repo;
    uint64_t size;
};

struct owned {
    struct meta_db *db;
    const char *owner;
    struct buf list; /* of struct own */
    uint64_t size;   /* of all */
    int err;
};

static bool on_repo(void *ctx, const struct repo *repo)
{
    struct owned *all = ctx;
    struct own own = {.repo = *repo};
    size_t n = strlen(all->owner);
    struct commit head;

    if (strncmp(repo->name, all->owner, n) != 0 || repo->name[n] != '/')
        return true;
    all->err = meta_rev_find(all->db, repo, DEFAULT_BRANCH, &head);
    if (all->err == 0)
        own.size = head.tree_size;
    if (all->err == -ENOENT)
        all->err = 0;
    all->size += own.size;
    buf_add(&all->list, &own, sizeof(own));
    return all->err == 0;
}

static int collect(struct meta_db *db, struct owned *all)
{
    int err = 0;

    for (int kind = HUB_MODEL; kind <= HUB_SPACE && err == 0; kind++) {
        struct repo_list list = {.kind = (enum hub_kind)kind};

        err = meta_repo_each(db, &list, on_repo, all);
        if (err == 0)
            err = all->err;
    }
    return err;
}

static void write_own(
    struct jsonw *w, const struct own *own, const struct owned *all)
{
    const struct repo *repo = &own->repo;

    jsonw_object(w, NULL);
    jsonw_str(w, "id", repo->name);
    jsonw_str(w, "type", kind_names[repo->kind].one);
    json_time(w, "updatedAt", repo->updated_s);
    jsonw_str(w, "visibility", repo->private ? "private" : "public");
    jsonw_u64(w, "storage", own->size);
    jsonw_double(w, "storagePercent",
        all->size > 0 ? (double)own->size * 100 / (double)all->size : 0);
    jsonw_object_end(w);
}

static int answer(struct call *c, struct meta_db *db, const char *owner)
{
    struct owned all = {.db = db, .owner = owner};
    int err = collect(db, &all);
    const struct own *own = (const struct own *)(const void *)all.list.data;
    struct jsonw w = answer_json(c->x, 200);

    jsonw_array(&w, NULL);
    for (size_t i = 0; i < all.list.len / sizeof(*own); i++)
        write_own(&w, &own[i], &all);
    jsonw_array_end(&w);
    buf_free(&all.list);
    return err;
}

int api_own_repos(struct call *c, struct meta_db *db)
{
    if (c->user == NULL && !c->auth.open)
        return call_refuse(c, 401, NULL, "Invalid username or password.");
    return answer(c, db, call_author(c));
}

int api_org_repos(struct call *c, struct meta_db *db)
{
    if (c->user == NULL && !c->auth.open)
        return call_refuse(c, 401, NULL, "Invalid username or password.");
    if (!c->auth.open && !auth_is(&c->auth, c->name))
        return call_refuse(c, 403, NULL, "You are no member of %s", c->name);
    return answer(c, db, c->name);
}
