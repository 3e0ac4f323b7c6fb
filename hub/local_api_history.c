/* The commits of a repo: their list, and making one out of all of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_call_json.h"
#include "hub/local_plan.h"
#include "hub/local_may.h"

#define COMMITS_USUAL 50
#define COMMITS_MAX 1000

static void write_commit(
    struct jsonw *w, const struct commit_text *text, bool formatted)
{
    jsonw_object(w, NULL);
    json_hex(w, "id", text->oid, SHA1_SIZE);
    jsonw_str(w, "title", text->title);
    jsonw_str(w, "message", text->message);
    jsonw_array(w, "authors");
    jsonw_object(w, NULL);
    jsonw_str(w, "user", text->author);
    jsonw_str(w, "avatar", "");
    jsonw_object_end(w);
    jsonw_array_end(w);
    json_time(w, "date", text->time_s);
    if (formatted) {
        jsonw_object(w, "formatted");
        json_html(w, "title", text->title);
        json_html(w, "message", text->message);
        jsonw_object_end(w);
    }
    jsonw_object_end(w);
}

static bool wants_formatted(const struct call *c)
{
    size_t at = 0;
    const char *name;

    while ((name = form_next(&c->x->target.query, "expand", &at)) != NULL) {
        if (strcmp(name, "formatted") == 0)
            return true;
    }
    return false;
}

static int write_commits(
    struct call *c, struct meta_db *db, struct commit *commit, size_t limit)
{
    bool formatted = wants_formatted(c);
    struct jsonw w = answer_json(c->x, 200);
    int err = 0;

    jsonw_array(&w, NULL);
    for (size_t i = 0; i < limit && commit->id != 0 && err == 0; i++) {
        struct commit_text text;

        err = meta_commit_text(db, commit->id, &text);
        if (err == 0)
            write_commit(&w, &text, formatted);
        commit_text_fini(&text);
        if (err == 0)
            err = meta_commit_parent(db, commit, 1);
    }
    jsonw_array_end(&w);
    return err;
}

int api_commits(struct call *c, struct meta_db *db)
{
    const char *p = form_get(&c->x->target.query, "p");
    struct repo repo;
    struct commit commit;
    uint64_t page = 0;
    uint64_t skip;
    size_t limit = 0;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        err = call_limit(c, COMMITS_USUAL, COMMITS_MAX, &limit);
    if (err == 0 && p != NULL && !field_u64(p, &page))
        err = call_refuse(c, 400, NULL, "p must be a number");
    if (err != 0)
        return err;
    answer_header(
        c->x, "X-Total-Count", "%llu", (unsigned long long)commit.depth);
    if (__builtin_mul_overflow(page, limit, &skip) || skip > commit.depth)
        skip = commit.depth;
    if (commit.depth - skip > limit)
        call_link_page(c, page + 1);
    err = meta_commit_parent(db, &commit, skip);
    return err == 0 ? write_commits(c, db, &commit, limit) : err;
}

/* ---- Super-squash: the branch becomes one commit, of the same files. */

#define MESSAGE_MAX ((size_t)64 << 10)

/* The branch in the next segment; only branches can be squashed. */
static int take_branch(struct call *c, struct meta_db *db,
    const struct repo *repo, char **ref, struct commit *head)
{
    char *rev = NULL;
    int err = call_take_rev(c, &rev);

    if (err != 0)
        return err;
    *ref = xasprintf("refs/heads/%s", rev);
    err = meta_ref_find(db, repo, *ref, head);
    if (err == -ENOENT && meta_rev_find(db, repo, rev, head) == 0)
        err = call_refuse(c, 400, NULL, "%s is not a branch", rev);
    else if (err == -ENOENT)
        err =
            call_refuse(c, 404, "RevisionNotFound", "Invalid rev id: %s", rev);
    free(rev);
    return err;
}

/* The first line is the title. */
static int squash(struct call *c, struct meta_db *db, const struct repo *repo,
    const char *ref, const struct commit *head, const char *text)
{
    size_t n = strcspn(text, "\n");
    char *title = xstrndup(text, n);
    struct plan *plan = plan_new(db, NULL);
    struct commit one;
    struct new_commit new = {
        .repo = repo,
        .ref = ref,
        .author = call_author(c),
        .title = title,
        .message = text + n + strspn(text + n, "\n"),
        .time_s = clock_wall_ns() / 1000000000,
    };
    bool made;
    int err = plan_put_all(plan, head);

    new.change = plan_changes(plan, &new.n);
    if (err == 0)
        err = meta_commit_add(db, &new, &one, &made);
    plan_free(plan);
    free(title);
    return err;
}

int api_squash(struct call *c, struct meta_db *db)
{
    const char *text = "Super-squash branch";
    struct json *body = NULL;
    struct repo repo;
    struct commit head;
    char *ref = NULL;
    int err = call_repo_for(c, db, RIGHT_WRITE, &repo);

    if (err == 0)
        err = take_branch(c, db, &repo, &ref, &head);
    if (err == 0)
        err = call_body(c, &body);
    if (err == 0 && json_get(body, "message") != NULL)
        err = call_body_text(c, body, "message", MESSAGE_MAX, &text);
    if (err == 0)
        err = squash(c, db, &repo, ref, &head, text);
    json_free(body);
    free(ref);
    return err == 0 ? call_done(c) : err;
}
