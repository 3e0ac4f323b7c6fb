/* Events come in a row by their ids. A comment is shown as it is by now, so all
 * of them are read first; a commit is shown before the first event at which
 * the ref named it or one that is younger. */
#include "hub/local_pr_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_call_json.h"

#define COMMITS_MAX 1000 /* that are shown */

static const char hidden_text[] = "This comment has been hidden";

const char *const pr_status_names[] = {
    [PR_DRAFT] = "draft",
    [PR_OPEN] = "open",
    [PR_CLOSED] = "closed",
    [PR_MERGED] = "merged",
};

struct events {
    struct buf list; /* of struct event, whose texts are ours */
};

static bool keep(void *ctx, const struct event *event)
{
    struct events *all = ctx;
    struct event mine = *event;

    mine.author = xstrdup(event->author);
    mine.text = xstrdup(event->text);
    mine.before = xstrdup(event->before);
    buf_add(&all->list, &mine, sizeof(mine));
    return true;
}

static const struct event *events(const struct events *all, size_t *n)
{
    *n = all->list.len / sizeof(struct event);
    return (const struct event *)(const void *)all->list.data;
}

static void events_free(struct events *all)
{
    size_t n;
    const struct event *e = events(all, &n);

    for (size_t i = 0; i < n; i++) {
        free((char *)(uintptr_t)e[i].author);
        free((char *)(uintptr_t)e[i].text);
        free((char *)(uintptr_t)e[i].before);
    }
    buf_free(&all->list);
}

void event_id_format(int64_t id, char out[static EVENT_ID_MAX])
{
    snprintf(out, EVENT_ID_MAX, "%024llx", (unsigned long long)id);
}

int64_t event_id_parse(const char *text)
{
    uint8_t bytes[12];
    uint64_t id = 0;

    if (strlen(text) != 2 * sizeof(bytes) ||
        !hex_parse(text, bytes, sizeof(bytes)))
        return -1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (id >> 55 != 0)
            return -1;
        id = id << 8 | bytes[i];
    }
    return (int64_t)id;
}

static void write_author(struct jsonw *w, const char *name)
{
    jsonw_object(w, "author");
    jsonw_str(w, "name", name);
    jsonw_str(w, "fullname", name);
    jsonw_str(w, "type", "user");
    jsonw_str(w, "avatarUrl", "");
    jsonw_object_end(w);
}

static void open_event(struct jsonw *w, const char *key, const char *id,
    const char *type, int64_t time_s)
{
    jsonw_object(w, key);
    jsonw_str(w, "id", id);
    jsonw_str(w, "type", type);
    json_time(w, "createdAt", time_s);
}

static void write_text(
    struct jsonw *w, const char *text, const char *author, int64_t time_s)
{
    jsonw_str(w, "raw", text);
    json_html(w, "html", text);
    json_time(w, "updatedAt", time_s);
    write_author(w, author);
}

/* Its versions before the one that holds, the latest first. */
static void write_history(struct jsonw *w, const struct event *e, size_t n,
    const struct event *comment)
{
    jsonw_array(w, "history");
    for (size_t i = n; i-- > 0;) {
        if (e[i].type != EVENT_EDIT || e[i].target != comment->id)
            continue;
        jsonw_object(w, NULL);
        write_text(w, e[i].before, e[i].author, e[i].time_s);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void write_comment(
    struct jsonw *w, const struct events *all, const struct event *comment)
{
    const struct event *latest = comment;
    uint64_t edits = 0;
    bool hidden = false;
    size_t n;
    const struct event *e = events(all, &n);

    for (size_t i = 0; i < n; i++) {
        if (e[i].target != comment->id)
            continue;
        hidden = hidden || e[i].type == EVENT_HIDE;
        edits += e[i].type == EVENT_EDIT;
        latest = &e[i];
    }
    jsonw_bool(w, "edited", edits > 0);
    jsonw_bool(w, "hidden", hidden);
    jsonw_u64(w, "numEdits", edits);
    jsonw_object(w, "latest");
    write_text(w, hidden ? hidden_text : comment->text, latest->author,
        latest->time_s);
    jsonw_object_end(w);
    write_history(w, e, hidden ? 0 : n, comment);
}

static void write_event(struct jsonw *w, const char *key,
    const struct events *all, const struct event *e)
{
    static const char *const type[] = {
        [EVENT_COMMENT] = "comment",
        [EVENT_TITLE] = "title-change",
        [EVENT_STATUS] = "status-change",
    };
    char id[EVENT_ID_MAX];

    if (e->type == EVENT_EDIT || e->type == EVENT_HIDE)
        return; /* they show in the comment */
    event_id_format(e->id, id);
    open_event(w, key, id, type[e->type], e->time_s);
    write_author(w, e->author);
    jsonw_object(w, "data");
    if (e->type == EVENT_COMMENT) {
        write_comment(w, all, e);
    } else if (e->type == EVENT_TITLE) {
        jsonw_str(w, "from", e->before);
        jsonw_str(w, "to", e->text);
    } else {
        jsonw_str(w, "status", e->text);
    }
    jsonw_object_end(w);
    jsonw_object_end(w);
}

/* ---- Commits */

static void write_commit(struct jsonw *w, const struct commit_text *text)
{
    char hex[2 * SHA1_SIZE + 1];
    char id[EVENT_ID_MAX];

    hex_format(text->oid, SHA1_SIZE, hex);
    snprintf(id, sizeof(id), "%.24s", hex);
    open_event(w, NULL, id, "commit", text->time_s);
    write_author(w, text->author);
    jsonw_object(w, "data");
    jsonw_str(w, "subject", text->title);
    jsonw_str(w, "oid", hex);
    jsonw_object_end(w);
    jsonw_object_end(w);
}

/* Their ids, the youngest first: from the ref down to the base. */
static int commits_of(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct buf *ids)
{
    struct commit commit;
    char ref[PR_REF_MAX];
    int err;

    pr_ref(pr, ref);
    err = meta_ref_find(db, repo, ref, &commit);
    for (size_t i = 0; i < COMMITS_MAX && err == 0; i++) {
        if (commit.id == 0 || commit.id == pr->base)
            break;
        buf_add(ids, &commit.id, sizeof(commit.id));
        err = meta_commit_parent(db, &commit, 1);
    }
    return err == -ENOENT ? 0 : err;
}

/* Those up to this one, off the end of ids. */
static int write_commits(
    struct meta_db *db, struct buf *ids, int64_t up_to, struct jsonw *w)
{
    int err = 0;

    while (err == 0 && ids->len > 0) {
        struct commit_text text;
        int64_t id;

        memcpy(&id, ids->data + ids->len - sizeof(id), sizeof(id));
        if (id > up_to)
            break;
        ids->len -= sizeof(id);
        err = meta_commit_text(db, id, &text);
        if (err == 0)
            write_commit(w, &text);
        commit_text_fini(&text);
    }
    return err;
}

int pr_json_events(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct jsonw *w)
{
    struct events all = {0};
    struct buf ids = {0};
    const struct event *e;
    size_t n;
    int err = meta_event_each(db, pr, keep, &all);

    if (err == 0 && pr->changes)
        err = commits_of(db, repo, pr, &ids);
    e = events(&all, &n);
    jsonw_array(w, "events");
    for (size_t i = 0; i < n && err == 0; i++) {
        err = write_commits(db, &ids, e[i].head, w);
        write_event(w, NULL, &all, &e[i]);
    }
    if (err == 0)
        err = write_commits(db, &ids, INT64_MAX, w);
    jsonw_array_end(w);
    events_free(&all);
    buf_free(&ids);
    return err;
}

int pr_json_event(struct meta_db *db, const struct pr *pr, int64_t id,
    struct jsonw *w, const char *key)
{
    struct events all = {0};
    const struct event *e;
    size_t n;
    int err = meta_event_each(db, pr, keep, &all);
    bool found = false;

    e = events(&all, &n);
    for (size_t i = 0; i < n && err == 0 && !found; i++) {
        found = e[i].id == id;
        if (found)
            write_event(w, key, &all, &e[i]);
    }
    events_free(&all);
    return err == 0 && !found ? -ENOENT : err;
}

void pr_json(struct jsonw *w, const struct repo *repo, const struct pr *pr)
{
    jsonw_u64(w, "num", pr->num);
    jsonw_str(w, "title", pr->title);
    jsonw_str(w, "status", pr_status_names[pr->status]);
    jsonw_bool(w, "isPullRequest", pr->changes);
    json_time(w, "createdAt", pr->created_s);
    write_author(w, pr->author);
    jsonw_object(w, "repo");
    jsonw_str(w, "name", repo->name);
    jsonw_str(w, "type", kind_names[repo->kind].one);
    jsonw_object_end(w);
}
