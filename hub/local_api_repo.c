/* What there is to say about repos: the info of one, and lists of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_hub.h"

#define LIST_USUAL 500
#define LIST_MAX 1000

/* What expand= may name, and whether there is anything to show for it here.
 * The rest is known, so that clients may ask, and left out. */
#define INFO_FIELDS(X)                                                         \
    X(AUTHOR, "author")                                                        \
    X(CREATED, "createdAt")                                                    \
    X(DISABLED, "disabled")                                                    \
    X(DOWNLOADS, "downloads")                                                  \
    X(DOWNLOADS_ALL, "downloadsAllTime")                                       \
    X(GATED, "gated")                                                          \
    X(MODIFIED, "lastModified")                                                \
    X(LIKES, "likes")                                                          \
    X(PRIVATE, "private")                                                      \
    X(SHA, "sha")                                                              \
    X(SIBLINGS, "siblings")                                                    \
    X(STORAGE, "usedStorage")                                                  \
    X(TAGS, "tags")                                                            \
    X(TRENDING, "trendingScore")

enum info_field {
#define X(id, name) INFO_##id,
    INFO_FIELDS(X)
#undef X
        INFO_COUNT
};

static const char *const info_name[] = {
#define X(id, name) [INFO_##id] = (name),
    INFO_FIELDS(X)
#undef X
};

static const char *const not_kept[] = {"baseModels", "cardData",
    "childrenModelCount", "citation", "config", "datasets", "description",
    "evalResults", "gguf", "gitalyUid", "inference", "inferenceProviderMapping",
    "library_name", "mainSize", "mask_token", "model-index", "models",
    "paperswithcode_id", "pipeline_tag", "region", "resourceGroup", "runtime",
    "safetensors", "sdk", "spaces", "subdomain", "transformersInfo",
    "widgetData", "xetEnabled"};

#define WITHOUT_EXPAND                                                         \
    (~(1U << INFO_STORAGE | 1U << INFO_TRENDING | 1U << INFO_DOWNLOADS_ALL))

static bool named_in(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

/* The fields that the query asks for, as bits. */
static int fields_wanted(struct call *c, unsigned usual, unsigned *out)
{
    const struct form *query = &c->x->target.query;
    size_t at = 0;
    const char *name = form_next(query, "expand", &at);

    *out = name == NULL ? usual : 0;
    for (; name != NULL; name = form_next(query, "expand", &at)) {
        unsigned i = 0;

        while (i < INFO_COUNT && strcmp(info_name[i], name) != 0)
            i++;
        if (i < INFO_COUNT)
            *out |= 1U << i;
        else if (!named_in(name, not_kept, ARRAY_LEN(not_kept)))
            return call_refuse(c, 400, NULL, "expand: unknown field %s", name);
    }
    return 0;
}

/* One repo, being described. */
struct info {
    struct jsonw *w;
    const struct repo *repo;
    const struct commit *commit; /* NULL: there is none yet */
    unsigned fields;
    bool blobs;
};

static bool on_sibling(void *ctx, const char *path, const struct entry *e)
{
    const struct info *info = ctx;
    struct jsonw *w = info->w;

    if (entry_is_folder(e))
        return true;
    jsonw_object(w, NULL);
    jsonw_str(w, "rfilename", path);
    if (info->blobs) {
        jsonw_u64(w, "size", e->size);
        json_hex(w, "blobId", e->oid, SHA1_SIZE);
    }
    if (info->blobs && e->lfs) {
        char pointer[LFS_POINTER_MAX];

        jsonw_object(w, "lfs");
        json_hex(w, "sha256", e->sha256, SHA256_SIZE);
        jsonw_u64(w, "size", e->size);
        jsonw_u64(w, "pointerSize", lfs_pointer(e->sha256, e->size, pointer));
        jsonw_object_end(w);
    }
    jsonw_object_end(w);
    return true;
}

static int write_siblings(struct meta_db *db, struct info *info)
{
    struct walk walk = {.path = "", .recursive = true};
    int err = 0;

    jsonw_array(info->w, info_name[INFO_SIBLINGS]);
    if (info->commit != NULL) {
        walk.tree = info->commit->tree;
        err = meta_walk(db, &walk, on_sibling, info);
    }
    jsonw_array_end(info->w);
    return err;
}

static void write_author(const struct info *info)
{
    const char *slash = strchr(info->repo->name, '/');

    if (slash != NULL)
        jsonw_strn(info->w, info_name[INFO_AUTHOR], info->repo->name,
            (size_t)(slash - info->repo->name));
}

static int write_field(
    struct meta_db *db, struct info *info, enum info_field field)
{
    struct jsonw *w = info->w;
    const char *key = info_name[field];

    switch (field) {
    case INFO_AUTHOR:
        write_author(info);
        break;
    case INFO_CREATED:
        json_time(w, key, info->repo->created_s);
        break;
    case INFO_MODIFIED:
        json_time(w, key,
            info->commit != NULL ? info->commit->time_s
                                 : info->repo->updated_s);
        break;
    case INFO_PRIVATE:
        jsonw_bool(w, key, info->repo->private);
        break;
    case INFO_DISABLED:
        jsonw_bool(w, key, false);
        break;
    case INFO_GATED:
        json_gate(w, key, info->repo->gate);
        break;
    case INFO_DOWNLOADS:
    case INFO_DOWNLOADS_ALL:
    case INFO_LIKES:
    case INFO_TRENDING:
        jsonw_u64(w, key, 0);
        break;
    case INFO_SHA:
        if (info->commit != NULL)
            json_hex(w, key, info->commit->oid, SHA1_SIZE);
        break;
    case INFO_SIBLINGS:
        return write_siblings(db, info);
    case INFO_STORAGE:
        jsonw_u64(w, key, info->commit != NULL ? info->commit->tree_size : 0);
        break;
    case INFO_TAGS:
        jsonw_array(w, key);
        jsonw_array_end(w);
        break;
    case INFO_COUNT:
        break;
    }
    return 0;
}

static int write_info(struct meta_db *db, struct info *info)
{
    char id[25];
    int err = 0;

    snprintf(id, sizeof(id), "%024llx", (unsigned long long)info->repo->id);
    jsonw_object(info->w, NULL);
    jsonw_str(info->w, "_id", id);
    jsonw_str(info->w, "id", info->repo->name);
    if (info->repo->kind == HUB_MODEL)
        jsonw_str(info->w, "modelId", info->repo->name);
    for (unsigned i = 0; i < INFO_COUNT && err == 0; i++) {
        if ((info->fields & 1U << i) != 0)
            err = write_field(db, info, (enum info_field)i);
    }
    jsonw_object_end(info->w);
    return err;
}

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
    struct info info = {.w = &w, .repo = &repo};
    bool found = false;
    int err = call_repo(c, db, &repo);

    if (err == 0)
        err = info_commit(c, db, &repo, &commit, &found);
    if (err == 0)
        err =
            fields_wanted(c, WITHOUT_EXPAND | 1U << INFO_STORAGE, &info.fields);
    if (err != 0)
        return err;
    info.commit = found ? &commit : NULL;
    info.blobs = form_flag(&c->x->target.query, "blobs");
    w = answer_json(c->x, 200);
    return write_info(db, &info);
}

/* ---- Lists of repos */

struct repos {
    struct call *c;
    struct meta_db *db;
    struct jsonw w;
    struct repo_list list;
    unsigned fields;
    size_t left;
    struct repo_place last;
    bool more;
    int err;
};

static bool has(const char *text, const char *part)
{
    return part == NULL || strcasestr(text, part) != NULL;
}

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
    /* No repo here has a tag. */
    return has(repo->name, form_get(query, "search")) &&
        form_get(query, "filter") == NULL;
}

static bool on_repo(void *ctx, const struct repo *repo)
{
    struct repos *r = ctx;
    struct commit commit;
    struct info info = {.w = &r->w, .repo = repo, .fields = r->fields};

    if (!shown(r, repo))
        return true;
    if (r->left == 0) {
        r->more = true;
        return false;
    }
    r->left--;
    r->err = meta_rev_find(r->db, repo, DEFAULT_BRANCH, &commit);
    info.commit = r->err == 0 ? &commit : NULL;
    if (r->err == 0 || r->err == -ENOENT)
        r->err = write_info(r->db, &info);
    r->last.id = repo->id;
    r->last.value =
        r->list.order == REPO_BY_CREATED ? repo->created_s : repo->updated_s;
    return r->err == 0;
}

static int list_order(struct call *c, enum repo_order *out)
{
    static const char *const no_order[] = {
        "downloads", "likes", "trendingScore", "trending", "id", "_id"};
    const char *sort = form_get(&c->x->target.query, "sort");

    if (sort == NULL || named_in(sort, no_order, ARRAY_LEN(no_order)))
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

int api_list(struct call *c, struct meta_db *db)
{
    bool full = form_flag(&c->x->target.query, "full");
    unsigned usual =
        WITHOUT_EXPAND & ~(full ? 0U : 1U << INFO_SIBLINGS | 1U << INFO_SHA);
    struct repos r = {.c = c, .db = db, .list = {.kind = c->kind}};
    int err = list_start(c, &r);

    if (err == 0)
        err = fields_wanted(c, usual, &r.fields);
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
