/* Listings: trees, single paths, sizes. Entries are written as they are read,
 * so that a page costs its text and nothing more. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_meta_xet.h"

#define PAGE_USUAL 1000
#define PAGE_MAX 10000
#define PAGE_EXPANDED_USUAL 100
#define PAGE_EXPANDED_MAX 1000
#define PATHS_MAX 2000

/* A list of entries that is being written. */
struct listing {
    struct call *c;
    struct meta_db *db;
    struct jsonw w;
    bool expand;
    size_t left; /* of the page */
    bool more;
    struct buf last; /* path of the last entry */
    /* the last commit that was looked up; neighbours tend to share it */
    int64_t commit;
    struct commit_text text;
    int err;
};

static void last_commit(struct listing *l, int64_t id)
{
    int err = 0;

    if (id == 0)
        return;
    if (id != l->commit) {
        commit_text_fini(&l->text);
        err = meta_commit_text(l->db, id, &l->text);
        l->commit = err == 0 ? id : 0;
    }
    if (err == -ENOENT)
        return; /* its history was rewritten */
    if (err != 0) {
        l->err = err;
        return;
    }
    jsonw_object(&l->w, "lastCommit");
    json_hex(&l->w, "id", l->text.oid, SHA1_SIZE);
    jsonw_str(&l->w, "title", l->text.title);
    json_time(&l->w, "date", l->text.time_s);
    jsonw_object_end(&l->w);
}

static void write_xet_hash(struct listing *l, const struct entry *e)
{
    struct xet_hash hash;
    int err = meta_file_of(l->db, e->sha256, &hash);

    if (err == 0)
        json_xet(&l->w, "xetHash", &hash);
    else if (err != -ENOENT)
        l->err = err;
}

static void write_entry(
    struct listing *l, const char *path, const struct entry *e)
{
    struct jsonw *w = &l->w;

    jsonw_object(w, NULL);
    jsonw_str(w, "type", entry_is_folder(e) ? "directory" : "file");
    json_hex(w, "oid", e->oid, SHA1_SIZE);
    jsonw_u64(w, "size", entry_is_folder(e) ? 0 : e->size);
    if (e->lfs) {
        char pointer[LFS_POINTER_MAX];

        jsonw_object(w, "lfs");
        json_hex(w, "oid", e->sha256, SHA256_SIZE);
        jsonw_u64(w, "size", e->size);
        jsonw_u64(w, "pointerSize", lfs_pointer(e->sha256, e->size, pointer));
        jsonw_object_end(w);
        write_xet_hash(l, e);
    }
    jsonw_str(w, "path", path);
    if (l->expand)
        last_commit(l, e->last);
    jsonw_object_end(w);
}

static bool on_entry(void *ctx, const char *path, const struct entry *entry)
{
    struct listing *l = ctx;

    if (l->left == 0) {
        l->more = true;
        return false;
    }
    l->left--;
    write_entry(l, path, entry);
    buf_clear(&l->last);
    buf_adds(&l->last, path);
    return l->err == 0;
}

static int list(
    struct call *c, struct meta_db *db, const struct walk *walk, size_t limit)
{
    struct listing l = {
        .c = c,
        .db = db,
        .w = answer_json(c->x, 200),
        .expand = form_flag(&c->x->target.query, "expand"),
        .left = limit,
    };
    int err;

    jsonw_array(&l.w, NULL);
    err = meta_walk(db, walk, on_entry, &l);
    jsonw_array_end(&l.w);
    if (l.more)
        call_link_next(c, buf_str(&l.last));
    commit_text_fini(&l.text);
    buf_free(&l.last);
    return err != 0 ? err : l.err;
}

static int list_path(struct call *c, struct meta_db *db,
    const struct commit *commit, const char *path)
{
    bool expand = form_flag(&c->x->target.query, "expand");
    struct walk walk = {
        .path = path,
        .recursive = form_flag(&c->x->target.query, "recursive"),
    };
    struct entry folder = {0};
    size_t limit = 0;
    char *after = NULL;
    int err = call_limit(c, expand ? PAGE_EXPANDED_USUAL : PAGE_USUAL,
        expand ? PAGE_EXPANDED_MAX : PAGE_MAX, &limit);

    if (err == 0)
        err = call_cursor(c, &after);
    if (err == 0)
        err = call_entry(c, db, commit, path, &folder);
    if (err == 0 && !entry_is_folder(&folder))
        err = call_refuse(
            c, 404, "EntryNotFound", "%s is a file, not a folder", path);
    if (err == 0) {
        walk.tree = folder.child;
        walk.after = after;
        err = list(c, db, &walk, limit);
    }
    free(after);
    return err;
}

int api_tree(struct call *c, struct meta_db *db)
{
    struct repo repo;
    struct commit commit;
    char *path = NULL;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        err = call_path(c, &path);
    if (err == 0)
        err = list_path(c, db, &commit, path);
    free(path);
    return err;
}

int api_treesize(struct call *c, struct meta_db *db)
{
    struct repo repo;
    struct commit commit;
    struct entry entry = {0};
    struct jsonw w;
    char *path = NULL;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        err = call_path(c, &path);
    if (err == 0)
        err = call_entry(c, db, &commit, path, &entry);
    if (err == 0) {
        w = answer_json(c->x, 200);
        jsonw_object(&w, NULL);
        jsonw_str(&w, "path", path);
        jsonw_u64(&w, "size", entry.size);
        jsonw_object_end(&w);
    }
    free(path);
    return err;
}

/* What paths-info asks for, from a form or from JSON. */
struct wanted {
    struct form form;
    struct json *json;
    struct buf paths; /* of const char *, in one of the two */
    bool expand;
};

static void want(struct wanted *w, const char *path)
{
    *(const char **)(void *)buf_grow(&w->paths, sizeof(path)) = path;
}

static int read_form(struct call *c, struct wanted *w)
{
    size_t at = 0;
    const char *path;
    int err = form_parse(buf_str(&c->x->body), c->x->body.len,
        PATHS_MAX + TARGET_FIELDS_MAX, &w->form);

    if (err == -E2BIG)
        return call_refuse(c, 413, NULL, "More than %d paths", PATHS_MAX);
    if (err != 0)
        return call_refuse(c, 400, NULL, "Malformed form");
    while ((path = form_next(&w->form, "paths", &at)) != NULL)
        want(w, path);
    w->expand = form_flag(&w->form, "expand");
    return 0;
}

static int read_json(struct call *c, struct wanted *w)
{
    const struct json *paths;
    const struct json *v;

    if (json_parse(buf_str(&c->x->body), c->x->body.len, &w->json) != 0 ||
        !json_is_object(w->json))
        return call_refuse(c, 400, NULL, "Malformed JSON");
    paths = json_get(w->json, "paths");
    if (json_as_str(paths) != NULL)
        want(w, json_as_str(paths));
    else if (!json_is_array(paths))
        return call_refuse(c, 400, NULL, "paths must be a list of texts");
    json_each (v, paths) {
        if (json_as_str(v) == NULL)
            return call_refuse(c, 400, NULL, "paths must be a list of texts");
        want(w, json_as_str(v));
    }
    json_bool(w->json, "expand", &w->expand);
    return 0;
}

static int read_wanted(struct call *c, struct wanted *w)
{
    const char *type = c->x->field[FIELD_CONTENT_TYPE];
    int err;

    if (type != NULL && strncasecmp(type, "application/json", 16) == 0)
        err = read_json(c, w);
    else
        err = read_form(c, w);
    if (err == 0 && w->paths.len / sizeof(char *) > PATHS_MAX)
        err = call_refuse(c, 413, NULL, "More than %d paths", PATHS_MAX);
    return err;
}

/* Those that exist, in the order they were asked for. */
static int write_wanted(struct call *c, struct meta_db *db,
    const struct commit *commit, const struct wanted *w)
{
    const char **path = (const char **)(void *)w->paths.data;
    size_t n = w->paths.len / sizeof(*path);
    struct listing l = {
        .c = c, .db = db, .w = answer_json(c->x, 200), .expand = w->expand};
    struct entry e;
    int err = 0;

    jsonw_array(&l.w, NULL);
    for (size_t i = 0; i < n && err == 0; i++) {
        size_t len = strlen(path[i]);

        if (len == 0 || !path_ok(path[i], len))
            continue;
        err = meta_path_find(db, commit, path[i], &e);
        if (err == 0)
            write_entry(&l, path[i], &e);
        err = err == -ENOENT ? 0 : err;
    }
    jsonw_array_end(&l.w);
    commit_text_fini(&l.text);
    return err != 0 ? err : l.err;
}

int api_paths_info(struct call *c, struct meta_db *db)
{
    struct wanted wanted = {0};
    struct repo repo;
    struct commit commit;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        err = read_wanted(c, &wanted);
    if (err == 0)
        err = write_wanted(c, db, &commit, &wanted);
    form_fini(&wanted.form);
    json_free(wanted.json);
    buf_free(&wanted.paths);
    return err;
}
