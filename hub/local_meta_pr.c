/* Pull requests, discussions and their events. An event keeps which commit the
 * ref named when it happened, so that the commits, which have no rows here, can
 * be shown between the events: ids of commits only grow. */
#include "hub/local_meta_pr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/local_meta.h"
#include "hub/local_meta_sql.h"
#include "hub/local_meta_tree.h"

#define PR_COLUMNS                                                             \
    "id, repo, num, pr, status, created, base, merged, author, title"

static void get_pr(struct sql *q, struct pr *out)
{
    *out = (struct pr){
        .id = sql_get_int(q, 0),
        .repo = sql_get_int(q, 1),
        .num = (uint64_t)sql_get_int(q, 2),
        .changes = sql_get_int(q, 3) != 0,
        .status = (enum pr_status)sql_get_int(q, 4),
        .created_s = sql_get_int(q, 5),
        .base = sql_get_int(q, 6),
        .merged = sql_get_int(q, 7),
        .author = xstrdup(sql_get_text(q, 8)),
        .title = xstrdup(sql_get_text(q, 9)),
    };
}

void pr_fini(struct pr *pr)
{
    free(pr->author);
    free(pr->title);
    *pr = (struct pr){0};
}

void pr_ref(const struct pr *pr, char out[static PR_REF_MAX])
{
    snprintf(out, PR_REF_MAX, PR_REF "%llu", (unsigned long long)pr->num);
}

int meta_pr_find(
    struct meta_db *db, const struct repo *repo, uint64_t num, struct pr *out)
{
    struct sql *q = sql(db,
        "SELECT " PR_COLUMNS " FROM discussion WHERE repo = ?1 AND num = ?2");
    int err;

    *out = (struct pr){0};
    sql_int(q, 1, repo->id);
    sql_int(q, 2, (int64_t)min_u64(num, INT64_MAX));
    err = sql_first(q);
    if (err != 0)
        return err;
    get_pr(q, out);
    sql_done(q);
    return 0;
}

int meta_pr_put(struct meta_db *db, const struct pr *pr)
{
    struct sql *q = sql(db,
        "UPDATE discussion SET status = ?2, title = ?3, merged = ?4"
        " WHERE id = ?1");

    sql_int(q, 1, pr->id);
    sql_int(q, 2, pr->status);
    sql_text(q, 3, pr->title);
    sql_int(q, 4, pr->merged);
    return sql_run(q);
}

int meta_pr_each(
    struct meta_db *db, const struct repo *repo, meta_pr_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT " PR_COLUMNS " FROM discussion WHERE repo = ?1"
        " ORDER BY num DESC");
    bool more = true;
    int got = 0;

    sql_int(q, 1, repo->id);
    while (more && (got = sql_step(q)) == 1) {
        struct pr pr;

        get_pr(q, &pr);
        more = fn(ctx, &pr);
        pr_fini(&pr);
    }
    sql_done(q);
    return got < 0 ? got : 0;
}

static int next_num(struct meta_db *db, const struct repo *repo, uint64_t *out)
{
    struct sql *q = sql(db, "SELECT max(num) FROM discussion WHERE repo = ?1");
    int err;

    sql_int(q, 1, repo->id);
    err = sql_first(q); /* of none: one row, with NULL */
    if (err != 0)
        return err;
    *out = (uint64_t)sql_get_int(q, 0) + 1;
    sql_done(q);
    return 0;
}

static int insert_pr(
    struct meta_db *db, const struct new_pr *new, struct pr *pr)
{
    struct sql *q = sql(db,
        "INSERT INTO discussion (repo, num, pr, status, created, author, title,"
        " base, merged) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)");
    int err;

    sql_int(q, 1, pr->repo);
    sql_int(q, 2, (int64_t)pr->num);
    sql_int(q, 3, pr->changes);
    sql_int(q, 4, new->status);
    sql_int(q, 5, new->time_s);
    sql_text(q, 6, new->author);
    sql_text(q, 7, new->title);
    sql_int(q, 8, pr->base);
    err = sql_run(q);
    if (err == 0)
        pr->id = sql_last_id(db);
    return err;
}

int meta_pr_open(struct meta_db *db, const struct new_pr *new, uint64_t *num)
{
    struct pr pr = {
        .repo = new->repo->id,
        .changes = new->base != NULL,
        .base = new->base != NULL ? new->base->id : 0,
    };
    struct event first = {
        .type = EVENT_COMMENT,
        .author = new->author,
        .time_s = new->time_s,
        .text = new->description,
        .before = "",
    };
    char ref[PR_REF_MAX];
    int err = next_num(db, new->repo, &pr.num);

    if (err == 0)
        err = insert_pr(db, new, &pr);
    pr_ref(&pr, ref);
    if (err == 0 && pr.changes)
        err = meta_ref_put(db, new->repo, ref, pr.base);
    if (err == 0)
        err = meta_event_add(db, &pr, &first);
    if (err == 0)
        *num = pr.num;
    return err;
}

/* ---- Events */

static int ref_head(struct meta_db *db, const struct pr *pr, int64_t *out)
{
    struct sql *q =
        sql(db, "SELECT target FROM ref WHERE repo = ?1 AND name = ?2");
    char ref[PR_REF_MAX];
    int err;

    pr_ref(pr, ref);
    sql_int(q, 1, pr->repo);
    sql_text(q, 2, ref);
    err = sql_first(q);
    *out = 0;
    if (err != 0)
        return err == -ENOENT ? 0 : err;
    *out = sql_get_int(q, 0);
    sql_done(q);
    return 0;
}

int meta_event_add(struct meta_db *db, const struct pr *pr, struct event *event)
{
    struct sql *q;
    int err = ref_head(db, pr, &event->head);

    if (err != 0)
        return err;
    q = sql(db,
        "INSERT INTO event (discussion, type, author, time, head, target, text,"
        " before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    sql_int(q, 1, pr->id);
    sql_int(q, 2, event->type);
    sql_text(q, 3, event->author);
    sql_int(q, 4, event->time_s);
    sql_int(q, 5, event->head);
    sql_int(q, 6, event->target);
    sql_text(q, 7, event->text);
    sql_text(q, 8, event->before);
    err = sql_run(q);
    if (err == 0)
        event->id = sql_last_id(db);
    return err;
}

int meta_event_each(
    struct meta_db *db, const struct pr *pr, meta_event_fn *fn, void *ctx)
{
    struct sql *q = sql(db,
        "SELECT id, type, time, head, target, author, text, before FROM event"
        " WHERE discussion = ?1 ORDER BY id");
    bool more = true;
    int got = 0;

    sql_int(q, 1, pr->id);
    while (more && (got = sql_step(q)) == 1) {
        struct event event = {
            .id = sql_get_int(q, 0),
            .type = (enum event_type)sql_get_int(q, 1),
            .time_s = sql_get_int(q, 2),
            .head = sql_get_int(q, 3),
            .target = sql_get_int(q, 4),
            .author = sql_get_text(q, 5),
            .text = sql_get_text(q, 6),
            .before = sql_get_text(q, 7),
        };

        more = fn(ctx, &event);
    }
    sql_done(q);
    return got < 0 ? got : 0;
}

/* The text of a comment that is not hidden; the caller frees it. */
static int comment_text(
    struct meta_db *db, const struct pr *pr, int64_t id, char **out)
{
    struct sql *q = sql(db,
        "SELECT text FROM event e WHERE discussion = ?1 AND id = ?2"
        " AND type = ?3 AND NOT EXISTS (SELECT 1 FROM event h WHERE"
        " h.discussion = e.discussion AND h.target = e.id AND h.type = ?4)");
    int err;

    *out = NULL;
    sql_int(q, 1, pr->id);
    sql_int(q, 2, id);
    sql_int(q, 3, EVENT_COMMENT);
    sql_int(q, 4, EVENT_HIDE);
    err = sql_first(q);
    if (err != 0)
        return err;
    *out = xstrdup(sql_get_text(q, 0));
    sql_done(q);
    return 0;
}

static int set_text(struct meta_db *db, int64_t id, const char *text)
{
    struct sql *q = sql(db, "UPDATE event SET text = ?2 WHERE id = ?1");

    sql_int(q, 1, id);
    sql_text(q, 2, text);
    return sql_run(q);
}

int meta_comment_edit(struct meta_db *db, const struct pr *pr, int64_t id,
    const struct event *edit)
{
    struct event event = *edit;
    char *before = NULL;
    int err = comment_text(db, pr, id, &before);

    event.type = EVENT_EDIT;
    event.target = id;
    event.before = before;
    if (err == 0)
        err = meta_event_add(db, pr, &event);
    if (err == 0)
        err = set_text(db, id, edit->text);
    free(before);
    return err;
}

int meta_comment_hide(struct meta_db *db, const struct pr *pr, int64_t id,
    const struct event *hide)
{
    struct event event = *hide;
    struct sql *q;
    char *text = NULL;
    int err = comment_text(db, pr, id, &text);

    free(text);
    event.type = EVENT_HIDE;
    event.target = id;
    event.text = event.before = "";
    if (err == 0)
        err = meta_event_add(db, pr, &event);
    if (err == 0)
        err = set_text(db, id, "");
    if (err != 0)
        return err;
    q = sql(db,
        "UPDATE event SET text = '', before = ''"
        " WHERE discussion = ?1 AND target = ?2");
    sql_int(q, 1, pr->id);
    sql_int(q, 2, id);
    return sql_run(q);
}
