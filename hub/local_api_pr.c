/* Discussions and pull requests: opening, lists, and all about one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_api_pr.h"
#include "hub/local_call_json.h"
#include "hub/local_commit_diff.h"
#include "hub/local_hub.h"
#include "hub/local_make.h"
#include "hub/local_may.h"
#include "hub/local_merge.h"
#include "hub/local_pr_view.h"

#define PAGE 50
#define CONFLICTS_MAX 1000 /* that are named */

int call_pr(
    struct call *c, struct meta_db *db, const struct repo *repo, struct pr *out)
{
    const struct target *t = &c->x->target;
    uint64_t num = 0;
    int err = -ENOENT;

    *out = (struct pr){0};
    if (c->at < t->n_seg && field_u64(t->seg[c->at], &num))
        err = meta_pr_find(db, repo, num, out);
    if (err == -ENOENT)
        return call_refuse(c, 404, NULL, "Discussion not found");
    c->at++;
    return err;
}

/* ---- Opening */

static int open_pr(struct call *c, struct meta_db *db, const struct repo *repo,
    const struct json *body, uint64_t *num)
{
    struct commit base;
    bool changes = false;
    struct new_pr new = {
        .repo = repo,
        .status = PR_OPEN,
        .author = call_author(c),
        .time_s = clock_wall_ns() / 1000000000,
    };
    int err = call_body_line(c, body, "title", PR_TITLE_MAX, &new.title);

    if (err == 0)
        err = call_body_text(
            c, body, "description", PR_TEXT_MAX, &new.description);
    if (err == 0)
        err = call_body_flag(c, body, "pullRequest", &changes);
    if (err == 0 && changes) {
        err = call_commit(c, db, repo, DEFAULT_BRANCH, &base);
        new.base = &base;
        new.status = PR_DRAFT; /* until there is something in it */
    }
    return err == 0 ? meta_pr_open(db, &new, num) : err;
}

static int open_one(struct call *c, struct meta_db *db, const struct repo *repo)
{
    struct json *body;
    struct jsonw w;
    uint64_t num = 0;
    char *page;
    char *url;
    int err = call_may(c, RIGHT_DISCUSS, repo);

    if (err != 0)
        return err;
    err = call_body(c, &body);
    if (err == 0)
        err = open_pr(c, db, repo, body, &num);
    json_free(body);
    if (err != 0)
        return err;
    url = call_repo_url(c, repo->kind, repo->name);
    page = xasprintf("%s/discussions/%llu", url, (unsigned long long)num);
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_u64(&w, "num", num);
    jsonw_str(&w, "url", page);
    jsonw_object_end(&w);
    free(page);
    free(url);
    return 0;
}

/* ---- Lists */

struct list {
    const struct repo *repo;
    struct jsonw w;
    const char *type;
    const char *status;
    const char *author;
    uint64_t from;
    uint64_t n; /* that match */
};

static bool matches(const struct list *l, const struct pr *pr)
{
    bool open = pr->status == PR_OPEN || pr->status == PR_DRAFT;

    if (strcmp(l->type, "all") != 0 &&
        pr->changes != (strcmp(l->type, "pull_request") == 0))
        return false;
    if (strcmp(l->status, "all") != 0 &&
        open != (strcmp(l->status, "open") == 0))
        return false;
    return l->author == NULL || strcmp(l->author, pr->author) == 0;
}

static bool on_pr(void *ctx, const struct pr *pr)
{
    struct list *l = ctx;

    if (!matches(l, pr))
        return true;
    if (l->n >= l->from && l->n - l->from < PAGE) {
        jsonw_object(&l->w, NULL);
        pr_json(&l->w, l->repo, pr);
        jsonw_object_end(&l->w);
    }
    l->n++;
    return true;
}

/* A choice of the query; the first of the words without one. */
static int choose(struct call *c, const char *name, const char *const word[3],
    const char **out)
{
    const char *text = form_get(&c->x->target.query, name);

    *out = word[0];
    if (text == NULL)
        return 0;
    for (int i = 0; i < 3; i++) {
        if (strcmp(word[i], text) == 0) {
            *out = word[i];
            return 0;
        }
    }
    return call_refuse(c, 400, NULL, "%s cannot be %s", name, text);
}

static int list_prs(struct call *c, struct meta_db *db, const struct repo *repo)
{
    static const char *const types[] = {"all", "discussion", "pull_request"};
    static const char *const statuses[] = {"all", "open", "closed"};
    const char *p = form_get(&c->x->target.query, "p");
    struct list l = {
        .repo = repo, .author = form_get(&c->x->target.query, "author")};
    uint64_t page = 0;
    int err = choose(c, "type", types, &l.type);

    if (err == 0)
        err = choose(c, "status", statuses, &l.status);
    if (err == 0 && p != NULL && !field_u64(p, &page))
        err = call_refuse(c, 400, NULL, "p must be a number");
    if (err != 0)
        return err;
    if (__builtin_mul_overflow(page, PAGE, &l.from))
        l.from = UINT64_MAX;
    l.w = answer_json(c->x, 200);
    jsonw_object(&l.w, NULL);
    jsonw_array(&l.w, "discussions");
    err = meta_pr_each(db, repo, on_pr, &l);
    jsonw_array_end(&l.w);
    jsonw_u64(&l.w, "count", l.n);
    jsonw_u64(&l.w, "start", min_u64(l.from, l.n));
    jsonw_object_end(&l.w);
    return err;
}

/* ---- All about one */

int pr_merge_plan(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct commit *target, struct merge *out)
{
    struct commit base;
    struct commit head;
    char ref[PR_REF_MAX];
    int err;

    *out = (struct merge){0};
    pr_ref(pr, ref);
    err = meta_commit_get(db, pr->base, &base);
    if (err == 0)
        err = meta_ref_find(db, repo, ref, &head);
    if (err == 0)
        err = meta_ref_find(db, repo, PR_TARGET, target);
    return err == 0 ? merge_commits(db, &base, &head, target, out) : err;
}

static int write_conflicts(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct jsonw *w)
{
    struct merge m = {0};
    struct commit target;
    int err = 0;

    if (pr->status != PR_MERGED)
        err = pr_merge_plan(db, repo, pr, &target, &m);
    jsonw_array(w, "filesWithConflicts");
    for (size_t at = 0, i = 0; i < min_size(m.n_conflicts, CONFLICTS_MAX);
         i++) {
        const char *path = (const char *)m.conflicts.data + at;

        jsonw_str(w, NULL, path);
        at += strlen(path) + 1;
    }
    jsonw_array_end(w);
    merge_fini(&m);
    return err == -ENOENT ? 0 : err; /* a branch or ref was removed */
}

static int write_changes(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct jsonw *w)
{
    struct commit merged;

    jsonw_object(w, "changes");
    jsonw_str(w, "base", PR_TARGET);
    if (pr->merged != 0 && meta_commit_get(db, pr->merged, &merged) == 0)
        json_hex(w, "mergeCommitId", merged.oid, SHA1_SIZE);
    jsonw_object_end(w);
    return write_conflicts(db, repo, pr, w);
}

static int write_diff(struct call *c, struct meta_db *db,
    const struct repo *repo, const struct pr *pr, struct jsonw *w)
{
    struct buf text = {0};
    struct commit base;
    struct commit head;
    char ref[PR_REF_MAX];
    int err;

    pr_ref(pr, ref);
    err = meta_commit_get(db, pr->base, &base);
    if (err == 0)
        err = meta_ref_find(db, repo, ref, &head);
    if (err == 0)
        err = commit_diff(db, c->hub->blobs, &base, &head, &text);
    if (err == 0)
        jsonw_strn(w, "diff", buf_str(&text), text.len);
    buf_free(&text);
    return err == -ENOENT ? 0 : err; /* the ref was removed */
}

/* A diff shows what is in files. */
static bool wants_diff(const struct call *c, const struct repo *repo)
{
    return form_flag(&c->x->target.query, "diff") &&
        auth_may(&c->auth, RIGHT_FILES, repo);
}

static int show_one(struct call *c, struct meta_db *db, const struct repo *repo)
{
    struct pr pr;
    struct jsonw w;
    int err = call_pr(c, db, repo, &pr);

    if (err == 0 && c->at < c->x->target.n_seg)
        err = call_refuse(c, 404, NULL, "Not found");
    if (err != 0)
        goto out;
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    pr_json(&w, repo, &pr);
    err = pr_json_events(db, repo, &pr, &w);
    if (err == 0 && pr.changes)
        err = write_changes(db, repo, &pr, &w);
    if (err == 0 && pr.changes && wants_diff(c, repo))
        err = write_diff(c, db, repo, &pr, &w);
    jsonw_object_end(&w);
out:
    pr_fini(&pr);
    return err;
}

int api_discussions(struct call *c, struct meta_db *db)
{
    bool one = c->at < c->x->target.n_seg;
    struct repo repo;
    int err = call_repo(c, db, &repo);

    if (err != 0)
        return err;
    return one ? show_one(c, db, &repo) : list_prs(c, db, &repo);
}

int api_discuss(struct call *c, struct meta_db *db)
{
    bool one = c->at < c->x->target.n_seg;
    struct repo repo;
    int err = call_repo(c, db, &repo);

    if (err != 0)
        return err;
    return one ? pr_change(c, db, &repo) : open_one(c, db, &repo);
}
