/* Branches, tags and other refs of a repo: lists, making and removing them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/local_api.h"
#include "hub/local_call_json.h"
#include "hub/local_may.h"
#include "hub/local_meta_commit.h"

#define BRANCHES "refs/heads/"
#define TAGS "refs/tags/"

/* The lists of the answer, and which refs go in each. */
static const struct ref_list {
    const char *key;
    const char *prefix;
    bool full_name; /* in "name" as well as in "ref" */
} ref_lists[] = {
    {"branches", "refs/heads/", false},
    {"converts", "refs/convert/", false},
    {"tags", "refs/tags/", false},
    {"pullRequests", "refs/pr/", true},
};

struct refs {
    struct jsonw w;
    const struct ref_list *list;
};

static void on_ref(
    void *ctx, const char *name, const uint8_t oid[static SHA1_SIZE])
{
    struct refs *r = ctx;
    size_t n = strlen(r->list->prefix);

    if (strncmp(name, r->list->prefix, n) != 0)
        return;
    jsonw_object(&r->w, NULL);
    jsonw_str(&r->w, "name", r->list->full_name ? name : name + n);
    jsonw_str(&r->w, "ref", name);
    json_hex(&r->w, "targetCommit", oid, SHA1_SIZE);
    jsonw_object_end(&r->w);
}

int api_refs(struct call *c, struct meta_db *db)
{
    struct refs r = {0};
    struct repo repo;
    int err = call_repo(c, db, &repo);

    if (err != 0)
        return err;
    r.w = answer_json(c->x, 200);
    jsonw_object(&r.w, NULL);
    for (size_t i = 0; i < ARRAY_LEN(ref_lists) && err == 0; i++) {
        r.list = &ref_lists[i];
        if (r.list->full_name && !form_flag(&c->x->target.query, "include_prs"))
            continue;
        jsonw_array(&r.w, r.list->key);
        err = meta_ref_each(db, &repo, on_ref, &r);
        jsonw_array_end(&r.w);
    }
    jsonw_object_end(&r.w);
    return err;
}

/* ---- Making and removing */

/* A name for a new ref, in its full form. */
static int new_ref(struct call *c, struct meta_db *db, const struct repo *repo,
    const char *prefix, const char *name, char **out)
{
    int clash;

    if (!ref_name_ok(name))
        return call_refuse(c, 400, NULL, "Invalid reference name: %s", name);
    *out = xasprintf("%s%s", prefix, name);
    clash = meta_ref_clash(db, repo, *out);
    if (clash == 1)
        return call_refuse(c, 409, NULL,
            "%s stands in the way of another reference, or one in its", name);
    return clash;
}

/* Takes up the ref for this request; 409 if it is there, and may not be
 * replaced. */
static int claim_ref(struct call *c, struct meta_db *db,
    const struct repo *repo, const char *ref, bool overwrite)
{
    struct commit there;
    int err = meta_ref_find(db, repo, ref, &there);

    if (err == -ENOENT || (err == 0 && overwrite))
        return 0;
    if (err == 0)
        err = call_refuse(c, 409, NULL, "Reference already exists: %s", ref);
    return err;
}

static int empty_branch(struct call *c, struct meta_db *db,
    const struct repo *repo, const char *ref)
{
    struct new_commit new = {
        .repo = repo,
        .ref = ref,
        .author = call_author(c),
        .title = "initial commit",
        .message = "",
        .time_s = clock_wall_ns() / 1000000000,
    };
    struct commit commit;
    bool made;

    return meta_commit_add(db, &new, &commit, &made);
}

static int make_branch(struct call *c, struct meta_db *db,
    const struct repo *repo, const char *ref, const struct json *body)
{
    const char *start = NULL;
    struct commit commit;
    bool overwrite = false;
    bool empty = false;
    int err = call_body_str(c, body, "startingPoint", &start);

    if (err == 0)
        err = call_body_flag(c, body, "overwrite", &overwrite);
    if (err == 0)
        err = call_body_flag(c, body, "emptyBranch", &empty);
    if (err == 0)
        err = claim_ref(c, db, repo, ref, overwrite);
    if (err != 0)
        return err;
    if (empty)
        return empty_branch(c, db, repo, ref);
    /* Overwritten by nothing in particular, a branch stays as it is. */
    if (start == NULL && meta_ref_find(db, repo, ref, &commit) == 0)
        return 0;
    err = call_commit(
        c, db, repo, start != NULL ? start : DEFAULT_BRANCH, &commit);
    return err == 0 ? meta_ref_put(db, repo, ref, commit.id) : err;
}

int api_branch_make(struct call *c, struct meta_db *db)
{
    struct json *body = NULL;
    struct repo repo;
    char *name = NULL;
    char *ref = NULL;
    int err = call_repo_for(c, db, RIGHT_WRITE, &repo);

    if (err == 0)
        err = call_path(c, &name);
    if (err == 0)
        err = new_ref(c, db, &repo, BRANCHES, name, &ref);
    if (err == 0)
        err = call_body(c, &body);
    if (err == 0)
        err = make_branch(c, db, &repo, ref, body);
    json_free(body);
    free(name);
    free(ref);
    return err == 0 ? call_done(c) : err;
}

static int make_tag(struct call *c, struct meta_db *db, const struct repo *repo,
    const struct commit *commit, const struct json *body)
{
    const char *name = NULL;
    const char *message = NULL;
    char *ref = NULL;
    int err = call_body_line(c, body, "tag", REF_NAME_MAX, &name);

    if (err == 0)
        err = call_body_str(c, body, "message", &message);
    if (err == 0)
        err = new_ref(c, db, repo, TAGS, name, &ref);
    if (err == 0)
        err = claim_ref(c, db, repo, ref, false);
    if (err == 0)
        err = meta_ref_put(db, repo, ref, commit->id);
    free(ref);
    return err;
}

int api_tag_make(struct call *c, struct meta_db *db)
{
    struct json *body = NULL;
    struct repo repo;
    struct commit commit;
    char *rev = NULL;
    int err = call_repo_for(c, db, RIGHT_WRITE, &repo);

    if (err == 0)
        err = call_take_rev(c, &rev);
    if (err == 0)
        err = call_commit(c, db, &repo, rev, &commit);
    if (err == 0)
        err = call_body(c, &body);
    if (err == 0)
        err = make_tag(c, db, &repo, &commit, body);
    json_free(body);
    free(rev);
    return err == 0 ? call_done(c) : err;
}

static int remove_ref(struct call *c, struct meta_db *db, const char *prefix)
{
    struct repo repo;
    struct commit commit;
    char *name = NULL;
    char *ref = NULL;
    int err = call_repo_for(c, db, RIGHT_WRITE, &repo);

    if (err == 0)
        err = call_path(c, &name);
    if (err != 0)
        return err;
    ref = xasprintf("%s%s", prefix, name);
    if (strcmp(ref, BRANCHES DEFAULT_BRANCH) == 0)
        err = call_refuse(c, 403, NULL, DEFAULT_BRANCH " cannot be deleted");
    if (err == 0)
        err = meta_ref_find(db, &repo, ref, &commit);
    if (err == -ENOENT)
        err =
            call_refuse(c, 404, "RevisionNotFound", "Invalid rev id: %s", name);
    if (err == 0)
        err = meta_ref_delete(db, &repo, ref);
    free(name);
    free(ref);
    return err == 0 ? call_done(c) : err;
}

int api_branch_remove(struct call *c, struct meta_db *db)
{
    return remove_ref(c, db, BRANCHES);
}

int api_tag_remove(struct call *c, struct meta_db *db)
{
    return remove_ref(c, db, TAGS);
}
