/* The commit API: POST /api/{kinds}/{repo}/commit/{rev}.
 *
 *     goal: repo, ref, rights     in a transaction that reads
 *     lines, contents             on the pool, in none (local_commit.c)
 *     goal again, plan, commit    in one that writes
 *
 * Writers take turns, so the head that a commit is made upon is the head when
 * it is done, and what was answered is in the history. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_blobs_care.h"
#include "hub/local_body.h"
#include "hub/local_call.h"
#include "hub/local_commit.h"
#include "hub/local_content.h"
#include "hub/local_hub.h"
#include "hub/local_may.h"
#include "hub/local_meta_pr.h"
#include "hub/local_plan.h"

#define BRANCH_REF "refs/heads/"

/* Where a commit goes. */
struct goal {
    struct repo repo;
    char *ref;
    struct commit head;
    bool opens_pr;
};

static void goal_fini(struct goal *g)
{
    free(g->ref);
}

static void free_commit_in(void *state)
{
    commit_in_fini(state);
    free(state);
}

int api_commit_head(struct call *c)
{
    struct commit_in *in = xcalloc(1, sizeof(*in));

    body_to_disk(c->x, c->hub->blobs, false);
    c->state = in;
    c->state_free = free_commit_in;
    return 0;
}

/* Whoever opened a pull request may commit onto it, as who may write. */
static int may_extend(struct call *c, struct meta_db *db, const struct goal *g)
{
    struct pr pr = {0};
    uint64_t num;
    bool author;
    int err = field_u64(g->ref + strlen(PR_REF), &num)
        ? meta_pr_find(db, &g->repo, num, &pr)
        : -ENOENT;

    author =
        err == 0 && c->user != NULL && strcmp(pr.author, c->user->name) == 0;
    if (err == 0)
        err = call_may(c, author ? RIGHT_DISCUSS : RIGHT_WRITE, &g->repo);
    if (err == 0 && (pr.status == PR_CLOSED || pr.status == PR_MERGED))
        err = call_refuse(c, 400, NULL, "Pull request %" PRIu64 " is %s", num,
            pr.status == PR_CLOSED ? "closed" : "merged");
    pr_fini(&pr);
    if (err == -ENOENT)
        return call_refuse(
            c, 404, "RevisionNotFound", "Invalid rev id: %s", g->ref);
    return err;
}

static int may_commit(struct call *c, struct meta_db *db, const struct goal *g)
{
    if (g->opens_pr)
        return call_may(c, RIGHT_DISCUSS, &g->repo);
    if (strncmp(g->ref, PR_REF, strlen(PR_REF)) == 0)
        return may_extend(c, db, g);
    return call_may(c, RIGHT_WRITE, &g->repo);
}

static int no_branch(
    struct call *c, struct meta_db *db, const struct goal *g, const char *rev)
{
    struct commit other;
    int err = meta_rev_find(db, &g->repo, rev, &other);

    if (err == 0)
        return call_refuse(
            c, 400, NULL, "%s is no branch: commits go to branches", rev);
    if (err != -ENOENT)
        return err;
    return call_refuse(c, 404, "RevisionNotFound", "Invalid rev id: %s", rev);
}

/* goal_fini() in any case. */
static int find_goal(struct call *c, struct meta_db *db, struct goal *g)
{
    size_t at = c->at; /* this is done twice */
    char *rev = NULL;
    int err = call_repo(c, db, &g->repo);

    if (err == 0)
        err = call_take_rev(c, &rev);
    c->at = at;
    if (err != 0)
        return err;
    g->opens_pr = form_flag(&c->x->target.query, "create_pr");
    g->ref = strncmp(rev, "refs/", 5) == 0 ? xstrdup(rev)
                                           : xasprintf(BRANCH_REF "%s", rev);
    err = may_commit(c, db, g);
    if (err == 0) {
        bool branch = strncmp(g->ref, BRANCH_REF, strlen(BRANCH_REF)) == 0 ||
            strncmp(g->ref, PR_REF, strlen(PR_REF)) == 0;

        err = branch ? meta_rev_find(db, &g->repo, g->ref, &g->head) : -ENOENT;
        if (err == -ENOENT)
            err = no_branch(c, db, g, rev);
    }
    free(rev);
    return err;
}

int api_commit_first(struct call *c, struct meta_db *db)
{
    struct goal g = {0};
    int err = find_goal(c, db, &g);

    goal_fini(&g);
    return err;
}

int api_commit_store(struct call *c)
{
    struct buf wrong = {0};
    int err = commit_in_read(c->x->spool, c->hub->blobs, c->state, &wrong);

    if (err == -EBADMSG || err == -EMSGSIZE)
        err = call_refuse(
            c, err == -EBADMSG ? 400 : 413, NULL, "%s", buf_str(&wrong));
    buf_free(&wrong);
    return err;
}

/* ---- Lines */

/* The repo that a copy comes from, if the client may read it. */
static int find_source(struct call *c, struct meta_db *db, const struct goal *g,
    const struct commit_step *s, struct repo *out)
{
    int err;

    if (s->source_repo == NULL) {
        *out = g->repo;
        return 0;
    }
    err = call_other_repo(c, db, s->source_type, s->source_repo, out);
    return err == 0 ? call_may_open(c, out) : err;
}

static int copy_file(struct call *c, struct meta_db *db, const struct goal *g,
    const struct commit_step *s, struct entry *out)
{
    const char *rev = s->source_rev;
    struct commit commit = g->head;
    struct repo repo;
    uint64_t size;
    int err = find_source(c, db, g, s, &repo);

    if (err != 0)
        return err;
    if (rev == NULL && s->source_repo == NULL)
        err = 0;
    else
        err = meta_rev_find(
            db, &repo, rev != NULL ? rev : DEFAULT_BRANCH, &commit);
    if (err == -ENOENT)
        return call_refuse(c, 404, "RevisionNotFound", "Invalid rev id: %s",
            rev != NULL ? rev : DEFAULT_BRANCH);
    if (err == 0)
        err = meta_path_find(db, &commit, s->source_path, out);
    if (err == 0 && entry_is_folder(out))
        err = -ENOENT;
    if (err == 0 && out->lfs)
        err = meta_lfs_find(db, &repo, out->sha256, &size);
    if (err == -ENOENT)
        return call_refuse(c, 404, "EntryNotFound",
            "A file with this name doesn't exist: %s", s->source_path);
    return err;
}

/* An LFS file names content that its client has shown, or may see. */
static int lfs_file(struct call *c, struct meta_db *db, const struct goal *g,
    const struct commit_step *s, struct entry *out)
{
    char hex[2 * SHA256_SIZE + 1];
    uint64_t size = 0;
    int err = content_usable(c, db, &g->repo, s->entry.sha256, &size);

    hex_format(s->entry.sha256, SHA256_SIZE, hex);
    if (err == -ENOENT)
        return call_refuse(c, 400, NULL,
            "The content of %s (%s) has not been uploaded", s->path, hex);
    if (err != 0)
        return err;
    if (s->has_size && s->entry.size != size)
        return call_refuse(c, 400, NULL,
            "%s: the size of %s is %" PRIu64 ", not %" PRIu64, s->path, hex,
            size, s->entry.size);
    content_entry(s->entry.sha256, size, out);
    return meta_lfs_restore(db, &g->repo, s->entry.sha256);
}

static int remove_entry(struct plan *plan, const char *path)
{
    int err = plan_remove_file(plan, path);

    return err == -ENOENT ? plan_remove_folder(plan, path) : err;
}

static int apply_removal(
    struct call *c, struct plan *plan, const struct commit_step *s)
{
    int err = 0;
    const char *what = "file";
    const char *path = s->old_path != NULL ? s->old_path : s->path;

    switch (s->kind) {
    case LINE_HEADER:
        break;
    case LINE_FILE:
    case LINE_LFS:
    case LINE_COPY:
        err = s->old_path != NULL ? plan_remove_file(plan, path) : 0;
        break;
    case LINE_DELETE_FILE:
        err = plan_remove_file(plan, path);
        break;
    case LINE_DELETE_FOLDER:
        what = "folder";
        err = plan_remove_folder(plan, path);
        break;
    case LINE_DELETE_ENTRY:
        err = remove_entry(plan, path);
        break;
    }
    if (err == -ENOENT)
        return call_refuse(c, 404, "EntryNotFound",
            "A %s with this name doesn't exist: %s", what, path);
    return err;
}

/* Its content must be there, and stay: see local_blobs_care.h. */
static int put(struct call *c, struct plan *plan, const struct commit_step *s,
    const struct entry *entry)
{
    uint64_t size;
    int err = blobs_keep(c->hub->blobs, entry->sha256, &size);

    if (err == -ENOENT)
        return call_refuse(
            c, 503, NULL, "%s: its content has gone; try again", s->path);
    if (err == 0)
        plan_put(plan, s->path, entry);
    return err;
}

static int apply(struct call *c, struct meta_db *db, const struct goal *g,
    struct plan *plan, const struct commit_step *s)
{
    struct entry entry = s->entry;
    int err = apply_removal(c, plan, s);

    if (err == 0 && s->kind == LINE_COPY)
        err = copy_file(c, db, g, s, &entry);
    if (err == 0 && s->kind == LINE_LFS)
        err = lfs_file(c, db, g, s, &entry);
    if (err == 0 &&
        (s->kind == LINE_FILE || s->kind == LINE_COPY || s->kind == LINE_LFS))
        err = put(c, plan, s, &entry);
    return err;
}

/* ---- The commit */

static bool is_oid(const struct commit *commit, const char *text)
{
    char hex[2 * SHA1_SIZE + 1];
    size_t n = strlen(text);

    hex_format(commit->oid, SHA1_SIZE, hex);
    return n >= 7 && n < sizeof(hex) && strncmp(hex, text, n) == 0;
}

/* parentCommit: of a pull request what it starts from, else what the branch
 * has to be at. */
static int check_parent(
    struct call *c, struct meta_db *db, struct goal *g, const char *parent)
{
    int err;

    if (parent == NULL || is_oid(&g->head, parent))
        return 0;
    if (!g->opens_pr)
        return call_refuse(c, 412, NULL,
            "The branch was updated since you opened this page. Please refresh "
            "and try again.");
    err = meta_rev_find(db, &g->repo, parent, &g->head);
    if (err == -ENOENT)
        return call_refuse(
            c, 404, "RevisionNotFound", "Invalid rev id: %s", parent);
    return err;
}

static int open_pr(struct call *c, struct meta_db *db, struct goal *g,
    const struct commit_in *in, uint64_t *num)
{
    struct new_pr pr = {
        .repo = &g->repo,
        .base = &g->head,
        .status = PR_OPEN,
        .author = call_author(c),
        .title = in->summary,
        .description = in->description,
        .time_s = c->x->began_ns / 1000000000,
    };
    int err;

    err = meta_pr_open(db, &pr, num);
    free(g->ref);
    g->ref = xasprintf(PR_REF "%" PRIu64, *num);
    return err;
}

static void answer(struct call *c, const struct goal *g,
    const struct commit *made, uint64_t pr)
{
    char *origin = exchange_origin(c->x);
    const char *prefix = kind_names[g->repo.kind].prefix;
    char hex[2 * SHA1_SIZE + 1];
    struct jsonw w = answer_json(c->x, 200);
    struct buf url = {0};

    hex_format(made->oid, SHA1_SIZE, hex);
    buf_addf(&url, "%s/%s%s/commit/%s", origin, prefix, g->repo.name, hex);
    jsonw_object(&w, NULL);
    jsonw_bool(&w, "success", true);
    jsonw_str(&w, "commitOid", hex);
    jsonw_str(&w, "commitUrl", buf_str(&url));
    jsonw_str(&w, "hookOutput", "");
    if (pr != 0) {
        buf_clear(&url);
        buf_addf(&url, "%s/%s%s/discussions/%" PRIu64, origin, prefix,
            g->repo.name, pr);
        jsonw_str(&w, "pullRequestUrl", buf_str(&url));
    }
    jsonw_object_end(&w);
    buf_free(&url);
    free(origin);
}

static int make_commit(struct call *c, struct meta_db *db, struct goal *g,
    struct plan *plan, struct commit *made)
{
    const struct commit_in *in = c->state;
    size_t title = strcspn(in->summary, "\r\n");
    char *first = xstrndup(in->summary, title);
    char *message = xasprintf("%s%s%s",
        in->summary + title + strspn(in->summary + title, "\r\n"),
        in->summary[title] != '\0' && *in->description != '\0' ? "\n\n" : "",
        in->description);
    char *clash = NULL;
    bool is_new;
    struct new_commit new = {
        .repo = &g->repo,
        .ref = g->ref,
        .parent = &g->head,
        .author = call_author(c),
        .title = first,
        .message = message,
        .time_s = c->x->began_ns / 1000000000,
        .clash = &clash,
    };
    int err;

    new.change = plan_changes(plan, &new.n);
    err = meta_commit_add(db, &new, made, &is_new);
    if (err == -ENOTDIR)
        err =
            call_refuse(c, 400, NULL, "%s would be a file and a folder", clash);
    free(clash);
    free(message);
    free(first);
    return err;
}

int api_commit(struct call *c, struct meta_db *db)
{
    const struct commit_in *in = c->state;
    struct commit made = {0};
    struct goal g = {0};
    struct plan *plan = NULL;
    uint64_t pr = 0;
    size_t n;
    const struct commit_step *step = commit_in_steps(in, &n);
    int err = find_goal(c, db, &g);

    if (err == 0)
        err = check_parent(c, db, &g, in->parent);
    if (err == 0)
        plan = plan_new(db, &g.head);
    for (size_t i = 0; i < n && err == 0; i++)
        err = apply(c, db, &g, plan, &step[i]);
    if (err == 0 && g.opens_pr)
        err = open_pr(c, db, &g, in, &pr);
    if (err == 0)
        err = make_commit(c, db, &g, plan, &made);
    if (err == 0)
        answer(c, &g, &made, pr);
    plan_free(plan);
    goal_fini(&g);
    return err;
}
