/* What the routes of pull requests and discussions share. As steps of a route
 * (local_call.h): 0 to go on, ANSWERED, or -errno. */
#ifndef HUB_LOCAL_API_PR_H
#define HUB_LOCAL_API_PR_H

#include <stddef.h>

#include "hub/local_meta_pr.h"
#include "hub/local_meta_tree.h"

struct call;
struct merge;

#define PR_TITLE_MAX 1000
#define PR_TEXT_MAX ((size_t)64 << 10)
#define PR_TARGET "refs/heads/" DEFAULT_BRANCH

/* The one that the next segment numbers, behind which c->at moves. pr_fini() in
 * any case. */
int call_pr(struct call *c, struct meta_db *db, const struct repo *repo,
    struct pr *out);

/* What merging it would do to its target. -ENOENT: a ref is gone. merge_fini()
 * in any case. */
int pr_merge_plan(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct commit *target, struct merge *out);

/* local_api_pr_change.c: POST to something in one. */
int pr_change(struct call *c, struct meta_db *db, const struct repo *repo);

#endif
