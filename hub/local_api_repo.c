/* What there is to say about repos: the info of one, and lists of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_info.h"
#include "hub/local_hub.h"

#define LIST_USUAL 500
#define LIST_MAX 1000

/* With a revision: of that; without one: of the default branch, if there is a
 * commit on it. */
static int info_commit(struct call *c, struct meta_db *db,
    const struct repo *repo, struct commit *out, bool *found)
{
    char *rev = NULL;
    int err;

    *found = true;
    if (strcmp(c->route->verb, "revision") == 0) {
        err = call_take_rev(c, &rev);
        if (err == 0)
            err = call_commit(c, db, repo, rev, out);
        free(rev);
        return err;
    }
    err = meta_rev_find(db, repo, DEFAULT_BRANCH, out);
    *found = err == 0;
    return err == -ENOENT ? 0 : err;
}

int api_info(struct call *c, struct meta_db *db)
{
    struct repo repo;
    struct commit commit;
    struct jsonw w;
    struct info info = {.c = c, .w = &w, .repo = &repo};
    bool found = false;
    int err = call_repo(c, db, &repo);

    if (err == 0)
        err = info_commit(c, db, &repo, &commit, &found);
    if (err == 0)
        err = info_fields(c, INFO_OF_ONE, &info.fields);
    if (err != 0)
        return err;
    info.commit = found ? &commit : NULL;
    info.blobs = form_flag(&c->x->target.query, "blobs");
    err = info_card(db, &info);
    w = answer_json(c->x, 200);
    if (err == 0)
        err = info_write(db, &info);
    json_free(info.card);
    return err;
}

/* ---- Lists of repos */

struct repos {
    struct call *c;
    struct meta_db *db;
    struct jsonw w;
    struct repo_list list;
    unsigned fields;
    bool by_tag; /* some are left out by what their cards say */
    size_t left;
    struct repo_place last;
    bool more;
    int err;
};

static bool has(const char *text, const char *part)
{
    return part == NULL || strcasestr(text, part) != NULL;
}

/* As far as can be told without its files. */
static bool shown(const struct repos *r, const struct repo *repo)
{
    const struct form *query = &r->c->x->target.query;
    const char *author = form_get(query, "author");
    size_t n = author != NULL ? strlen(author) : 0;

    if (!auth_may(&r->c->auth, RIGHT_READ, repo))
        return false;
    if (author != NULL &&
        (strncmp(repo->name, author, n) != 0 || repo->name[n] != '/'))
        return false;
    if (form_get(query, "gated") != NULL &&
        form_flag(query, "gated") != (repo->gate != GATE_NONE))
        return false;
    return has(repo->name, form_get(query, "search"));
}

/* Each filter= is a tag, and so is pipeline_tag=. */
static bool tagged(const struct repos *r, const struct info *info)
{
    static const char *const names[] = {"filter", "pipeline_tag"};
    const struct form *query = &r->c->x->target.query;
    const char *tag;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t at = 0;

        while ((tag = form_next(query, names[i], &at)) != NULL) {
            if (!info_has_tag(info, tag))
                return false;
        }
    }
    return true;
}

/* Adds the repo to the list, if it still belongs there; false: the list is
 * full. */
static bool add_repo(struct repos *r, struct info *info)
{
    const struct repo *repo = info->repo;

    if (r->by_tag && !tagged(r, info))
        return true;
    if (r->left == 0) {
        r->more = true;
        return false;
    }
    r->left--;
    r->err = info_write(r->db, info);
    r->last.id = repo->id;
    r->last.value =
        r->list.order == REPO_BY_CREATED ? repo->created_s : repo->updated_s;
    return true;
}

static bool on_repo(void *ctx, const struct repo *repo)
{
    struct repos *r = ctx;
    struct commit commit;
    struct info info = {
        .c = r->c, .w = &r->w, .repo = repo, .fields = r->fields};
    bool more = true;

    if (!shown(r, repo))
        return true;
    r->err = meta_rev_find(r->db, repo, DEFAULT_BRANCH, &commit);
    info.commit = r->err == 0 ? &commit : NULL;
    if (r->err == -ENOENT)
        r->err = 0;
    if (r->err == 0 && (r->by_tag || (r->fields & INFO_FROM_CARD) != 0))
        r->err = info_card(r->db, &info);
    if (r->err == 0)
        more = add_repo(r, &info);
    json_free(info.card);
    return more && r->err == 0;
}

/* What can be asked for, and says nothing here. */
static bool in_no_order(const char *sort)
{
    static const char *const names[] = {
        "downloads", "likes", "trendingScore", "trending", "id", "_id"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], sort) == 0)
            return true;
    }
    return false;
}

static int list_order(struct call *c, enum repo_order *out)
{
    const char *sort = form_get(&c->x->target.query, "sort");

    if (sort == NULL || in_no_order(sort))
        *out = REPO_BY_ID;
    else if (strcmp(sort, "createdAt") == 0)
        *out = REPO_BY_CREATED;
    else if (strcmp(sort, "lastModified") == 0)
        *out = REPO_BY_UPDATED;
    else
        return call_refuse(c, 400, NULL, "sort: unknown field %s", sort);
    return 0;
}

/* "1788256800 42", as api_list() makes it. */
static bool read_place(char *cursor, struct repo_place *out)
{
    char *blank = strchr(cursor, ' ');
    uint64_t value;
    uint64_t id;

    if (blank == NULL)
        return false;
    *blank = '\0';
    if (!field_u64(cursor, &value) || !field_u64(blank + 1, &id) ||
        value > INT64_MAX || id > INT64_MAX)
        return false;
    *out = (struct repo_place){.value = (int64_t)value, .id = (int64_t)id};
    return true;
}

static int list_start(struct call *c, struct repos *r)
{
    char *cursor = NULL;
    int err = list_order(c, &r->list.order);

    if (err == 0)
        err = call_limit(c, LIST_USUAL, LIST_MAX, &r->left);
    if (err == 0)
        err = call_cursor(c, &cursor);
    if (cursor != NULL && !read_place(cursor, &r->list.after))
        err = call_refuse(c, 400, NULL, "Malformed cursor");
    free(cursor);
    return err;
}

/* An entry of a list has less to say, unless more is asked for. */
static unsigned usual_fields(const struct call *c)
{
    const struct form *query = &c->x->target.query;
    bool full = form_flag(query, "full");
    unsigned fields = INFO_IN_LIST;

    if (full)
        fields |= 1U << INFO_SIBLINGS | 1U << INFO_SHA;
    if (form_flag(query, "cardData") || (full && c->kind != HUB_MODEL))
        fields |= 1U << INFO_CARD;
    return fields;
}

int api_list(struct call *c, struct meta_db *db)
{
    const struct form *query = &c->x->target.query;
    struct repos r = {.c = c, .db = db, .list = {.kind = c->kind}};
    int err = list_start(c, &r);

    r.by_tag = form_get(query, "filter") != NULL ||
        form_get(query, "pipeline_tag") != NULL;
    if (err == 0)
        err = info_fields(c, usual_fields(c), &r.fields);
    if (err != 0)
        return err;
    r.w = answer_json(c->x, 200);
    jsonw_array(&r.w, NULL);
    err = meta_repo_each(db, &r.list, on_repo, &r);
    jsonw_array_end(&r.w);
    if (r.more) {
        char *cursor = xasprintf(
            "%lld %lld", (long long)r.last.value, (long long)r.last.id);

        call_link_next(c, cursor);
        free(cursor);
    }
    return err != 0 ? err : r.err;
}
