/* What happens to a discussion or pull request: comments, titles, status, and
 * merging. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/local_api.h"
#include "hub/local_api_pr.h"
#include "hub/local_call_json.h"
#include "hub/local_may.h"
#include "hub/local_merge.h"
#include "hub/local_meta_commit.h"
#include "hub/local_plan.h"
#include "hub/local_pr_view.h"

/* One request to change one. */
struct change_pr {
    struct call *c;
    struct meta_db *db;
    const struct repo *repo;
    struct pr pr;
    const struct json *body;
    struct event event; /* by this caller, now */
};

/* What came of it: {key: the event}. */
static int answer_event(struct change_pr *p, const char *key, int64_t id)
{
    struct jsonw w = answer_json(p->c->x, 200);
    int err;

    jsonw_object(&w, NULL);
    err = pr_json_event(p->db, &p->pr, id, &w, key);
    jsonw_object_end(&w);
    return err;
}

/* Whoever opened it, and who may write to the repo. */
static int may_manage(struct change_pr *p, const char *author)
{
    if (p->c->user != NULL && strcmp(p->c->user->name, author) == 0)
        return 0;
    return call_may(p->c, RIGHT_WRITE, p->repo);
}

static int add_comment(struct change_pr *p, const char *text)
{
    p->event.type = EVENT_COMMENT;
    p->event.text = text;
    return meta_event_add(p->db, &p->pr, &p->event);
}

static int comment(struct change_pr *p)
{
    const char *text = NULL;
    int err = call_body_text(p->c, p->body, "comment", PR_TEXT_MAX, &text);

    if (err == 0)
        err = add_comment(p, text);
    return err == 0 ? answer_event(p, "newMessage", p->event.id) : err;
}

static int rename_pr(struct change_pr *p)
{
    const char *title = NULL;
    char *before;
    int err = may_manage(p, p->pr.author);

    if (err == 0)
        err = call_body_line(p->c, p->body, "title", PR_TITLE_MAX, &title);
    if (err != 0)
        return err;
    before = p->pr.title;
    p->pr.title = xstrdup(title);
    p->event.type = EVENT_TITLE;
    p->event.text = title;
    p->event.before = before;
    err = meta_event_add(p->db, &p->pr, &p->event);
    free(before);
    p->event.before = "";
    if (err == 0)
        err = meta_pr_put(p->db, &p->pr);
    return err == 0 ? answer_event(p, "newTitle", p->event.id) : err;
}

/* With the comment that may come with it. */
static int set_status(struct change_pr *p, enum pr_status status)
{
    const char *text = NULL;
    int err = 0;

    if (json_get(p->body, "comment") != NULL)
        err = call_body_text(p->c, p->body, "comment", PR_TEXT_MAX, &text);
    if (err == 0 && text != NULL)
        err = add_comment(p, text);
    if (err != 0)
        return err;
    p->pr.status = status;
    p->event.type = EVENT_STATUS;
    p->event.text = pr_status_names[status];
    err = meta_event_add(p->db, &p->pr, &p->event);
    return err == 0 ? meta_pr_put(p->db, &p->pr) : err;
}

static int change_status(struct change_pr *p)
{
    const char *name = NULL;
    enum pr_status status = PR_OPEN;
    int err = may_manage(p, p->pr.author);

    if (err == 0)
        err = call_body_line(p->c, p->body, "status", 16, &name);
    if (err != 0)
        return err;
    if (strcmp(name, "closed") == 0)
        status = PR_CLOSED;
    else if (strcmp(name, "open") != 0)
        return call_refuse(p->c, 400, NULL, "status cannot be %s", name);
    if (p->pr.status == PR_MERGED)
        return call_refuse(
            p->c, 400, NULL, "This pull request is merged already");
    err = set_status(p, status);
    return err == 0 ? answer_event(p, "newStatus", p->event.id) : err;
}

/* ---- Comments that are there */

static bool find_author(void *ctx, const struct event *event)
{
    struct event *found = ctx;

    if (event->id != found->id)
        return true;
    found->author = xstrdup(event->author);
    return false;
}

/* The comment of this id, if this caller may change it. */
static int take_comment(struct change_pr *p, const char *id, int64_t *out)
{
    struct event found = {.id = event_id_parse(id)};
    int err = meta_event_each(p->db, &p->pr, find_author, &found);

    *out = found.id;
    if (err == 0)
        err = found.author != NULL
            ? may_manage(p, found.author)
            : call_refuse(p->c, 404, NULL, "Comment not found");
    free((char *)(uintptr_t)found.author);
    return err;
}

static int change_comment(struct change_pr *p, const char *id, const char *what)
{
    bool hide = strcmp(what, "hide") == 0;
    int64_t comment_id;
    int err = take_comment(p, id, &comment_id);

    if (err == 0 && !hide)
        err = call_body_text(
            p->c, p->body, "content", PR_TEXT_MAX, &p->event.text);
    if (err == 0)
        err = hide ? meta_comment_hide(p->db, &p->pr, comment_id, &p->event)
                   : meta_comment_edit(p->db, &p->pr, comment_id, &p->event);
    if (err == -ENOENT)
        err = call_refuse(
            p->c, 400, NULL, "This is no comment that can be changed");
    return err == 0 ? answer_event(p, "updatedComment", comment_id) : err;
}

/* ---- Merging: the target gets all of it as one commit. */

static int commit_merge(
    struct change_pr *p, const struct commit *target, struct merge *m)
{
    char *title =
        xasprintf("%s (#%llu)", p->pr.title, (unsigned long long)p->pr.num);
    struct new_commit new = {
        .repo = p->repo,
        .ref = PR_TARGET,
        .parent = target,
        .author = call_author(p->c),
        .title = title,
        .message = "",
        .time_s = p->event.time_s,
    };
    struct commit made_commit;
    bool made;
    int err;

    new.change = plan_changes(m->plan, &new.n);
    err = meta_commit_add(p->db, &new, &made_commit, &made);
    free(title);
    if (err == 0)
        p->pr.merged = made_commit.id;
    return err;
}

static int merge_pr(struct change_pr *p)
{
    struct commit target;
    struct merge m = {0};
    int err = call_may(p->c, RIGHT_WRITE, p->repo);

    if (err == 0 && !p->pr.changes)
        err = call_refuse(p->c, 400, NULL, "This is no pull request");
    if (err == 0 && p->pr.status != PR_OPEN)
        err = call_refuse(p->c, 400, NULL, "This pull request is %s, not open",
            pr_status_names[p->pr.status]);
    if (err == 0)
        err = pr_merge_plan(p->db, p->repo, &p->pr, &target, &m);
    if (err == -ENOENT)
        err = call_refuse(p->c, 409, NULL, "A branch of it is gone");
    if (err == 0 && m.n_conflicts > 0)
        err = call_refuse(p->c, 409, NULL,
            "%zu files have conflicts, %s among them", m.n_conflicts,
            (const char *)m.conflicts.data);
    if (err == 0)
        err = commit_merge(p, &target, &m);
    if (err == 0)
        err = set_status(p, PR_MERGED);
    merge_fini(&m);
    return err == 0 ? call_done(p->c) : err;
}

static int dispatch(struct change_pr *p)
{
    static const struct {
        const char *what;
        int (*fn)(struct change_pr *p);
    } actions[] = {
        {"comment", comment},
        {"title", rename_pr},
        {"status", change_status},
        {"merge", merge_pr},
    };
    const struct target *t = &p->c->x->target;
    size_t at = p->c->at;
    size_t n = t->n_seg - at;

    for (size_t i = 0; i < ARRAY_LEN(actions) && n == 1; i++) {
        if (strcmp(actions[i].what, t->seg[at]) == 0)
            return actions[i].fn(p);
    }
    if (n == 3 && strcmp(t->seg[at], "comment") == 0 &&
        (strcmp(t->seg[at + 2], "edit") == 0 ||
            strcmp(t->seg[at + 2], "hide") == 0))
        return change_comment(p, t->seg[at + 1], t->seg[at + 2]);
    return call_refuse(p->c, 404, NULL, "Not found");
}

int pr_change(struct call *c, struct meta_db *db, const struct repo *repo)
{
    struct json *body = NULL;
    struct change_pr p = {
        .c = c,
        .db = db,
        .repo = repo,
        .event = {.author = call_author(c),
            .time_s = clock_wall_ns() / 1000000000,
            .text = "",
            .before = ""},
    };
    int err = call_pr(c, db, repo, &p.pr);

    if (err == 0)
        err = call_may(c, RIGHT_DISCUSS, repo);
    if (err == 0)
        err = call_body(c, &body);
    p.body = body;
    if (err == 0)
        err = dispatch(&p);
    json_free(body);
    pr_fini(&p.pr);
    return err;
}
