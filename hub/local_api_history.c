/* Refs and commits of a repo. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/http_field.h"
#include "hub/local_api.h"
#include "hub/local_call.h"

#define COMMITS_USUAL 50
#define COMMITS_MAX 1000

/* ---- Refs */

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

/* ---- Commits */

/* Text as HTML shows it. */
static void write_html(struct jsonw *w, const char *key, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const entity[] = {
        "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    struct buf html = {0};

    for (const char *p = text; *p != '\0'; p++) {
        const char *at = strchr(special, *p);

        if (at != NULL)
            buf_adds(&html, entity[at - special]);
        else
            buf_addc(&html, *p);
    }
    jsonw_strn(w, key, buf_str(&html), html.len);
    buf_free(&html);
}

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
        write_html(w, "title", text->title);
        write_html(w, "message", text->message);
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
