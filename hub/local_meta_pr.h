/* Pull requests, discussions, and what happened in them. Both are numbered
 * together per repo; a "pr" here is either. As in local_meta.h, everything
 * blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_META_PR_H
#define HUB_LOCAL_META_PR_H

#include <stdbool.h>
#include <stdint.h>

struct commit;
struct meta_db;
struct repo;

enum pr_status { PR_DRAFT, PR_OPEN, PR_CLOSED, PR_MERGED };

/* What commits of pull request N go onto: "refs/pr/N". */
#define PR_REF "refs/pr/"
#define PR_REF_MAX 32

struct pr {
    int64_t id;
    int64_t repo;
    uint64_t num;
    bool changes; /* a pull request, and no mere discussion */
    enum pr_status status;
    int64_t created_s;
    int64_t base;   /* the commit it began at; 0 without changes */
    int64_t merged; /* the commit that has brought it into the branch, or 0 */
    char *author;   /* pr_fini() */
    char *title;
};

struct new_pr {
    const struct repo *repo;
    const struct commit *base; /* NULL: a discussion */
    enum pr_status status;     /* PR_DRAFT or PR_OPEN */
    const char *author;        /* a user's name */
    const char *title;
    const char *description; /* becomes the first comment */
    int64_t time_s;
};

/* Opens one, and tells its number. A pull request has its ref then, which names
 * the base until meta_commit_add() moves it. */
int meta_pr_open(struct meta_db *db, const struct new_pr *pr, uint64_t *num);

/* pr_fini() in any case. */
int meta_pr_find(
    struct meta_db *db, const struct repo *repo, uint64_t num, struct pr *out);
void pr_fini(struct pr *pr);
void pr_ref(const struct pr *pr, char out[static PR_REF_MAX]);

/* Its status, title and merged as they are in pr now. */
int meta_pr_put(struct meta_db *db, const struct pr *pr);

/* The latest first, until fn says false. */
typedef bool meta_pr_fn(void *ctx, const struct pr *pr);
int meta_pr_each(
    struct meta_db *db, const struct repo *repo, meta_pr_fn *fn, void *ctx);

/* ---- Events. Commits are none: they show in the history of the ref. */
enum event_type {
    EVENT_COMMENT, /* text */
    EVENT_EDIT,    /* of the comment `target`, whose text was `before` */
    EVENT_HIDE,    /* of the comment `target`; all its texts are gone */
    EVENT_TITLE,   /* from `before` to text */
    EVENT_STATUS,  /* text: the name of the new one */
};

struct event {
    int64_t id;
    enum event_type type;
    int64_t time_s;
    int64_t head;   /* the commit that the ref named then, or 0 */
    int64_t target; /* an event's id, or 0 */
    const char *author;
    const char *text;
    const char *before;
};

/* Adds one, and sets its id and head. */
int meta_event_add(
    struct meta_db *db, const struct pr *pr, struct event *event);

/* In the order in which they happened, until fn says false. Texts are fn's for
 * the length of the call. */
typedef bool meta_event_fn(void *ctx, const struct event *event);
int meta_event_each(
    struct meta_db *db, const struct pr *pr, meta_event_fn *fn, void *ctx);

/* Replaces the text of a comment of this pr, and notes it as an event by
 * author. -ENOENT: no such comment, or it is hidden. */
int meta_comment_edit(struct meta_db *db, const struct pr *pr, int64_t id,
    const struct event *edit);
int meta_comment_hide(struct meta_db *db, const struct pr *pr, int64_t id,
    const struct event *hide);

#endif
