/* The LFS files of a repo as contents: a list, removal for good, and use in
 * another repo (hub-api 7.7). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call_json.h"
#include "hub/local_content.h"
#include "hub/local_may.h"
#include "hub/local_meta_rewrite.h"

#define PAGE_FILES 1000
#define CHANGES_MAX 1000

struct page {
    struct jsonw w;
    size_t left;
    bool more;
    uint8_t last[SHA256_SIZE];
};

static bool write_file(void *ctx, const struct lfs *lfs)
{
    struct page *p = ctx;

    p->more = p->left == 0;
    if (p->more)
        return false;
    p->left--;
    memcpy(p->last, lfs->sha256, SHA256_SIZE);
    jsonw_object(&p->w, NULL);
    json_hex(&p->w, "fileOid", lfs->sha256, SHA256_SIZE);
    json_hex(&p->w, "oid", lfs->sha256, SHA256_SIZE);
    jsonw_str(&p->w, "filename", lfs->path);
    jsonw_str(&p->w, "ref", lfs->ref);
    json_time(&p->w, "pushedAt", lfs->pushed_s);
    jsonw_u64(&p->w, "size", lfs->size);
    jsonw_object_end(&p->w);
    return true;
}

/* The cursor is the last hash. */
int api_lfs_files(struct call *c, struct meta_db *db)
{
    char hex[2 * SHA256_SIZE + 1];
    uint8_t after[SHA256_SIZE];
    char *cursor = NULL;
    struct repo repo;
    struct page p = {0};
    int err = call_repo(c, db, &repo);

    if (err == 0)
        err = call_limit(c, PAGE_FILES, PAGE_FILES, &p.left);
    if (err == 0)
        err = call_cursor(c, &cursor);
    if (err == 0 && cursor != NULL && !hex_parse(cursor, after, sizeof(after)))
        err = call_refuse(c, 400, NULL, "Malformed cursor");
    if (err == 0) {
        p.w = answer_json(c->x, 200);
        jsonw_array(&p.w, NULL);
        err = meta_lfs_each(
            db, &repo, cursor != NULL ? after : NULL, write_file, &p);
        jsonw_array_end(&p.w);
    }
    if (err == 0 && p.more) {
        hex_format(p.last, sizeof(p.last), hex);
        call_link_next(c, hex);
    }
    free(cursor);
    return err;
}

/* Hashes of a list; the caller frees them. */
static int read_hashes(
    struct call *c, const struct json *list, struct content_id **out, size_t *n)
{
    const struct json *v;
    struct content_id *id;

    if (!json_is_array(list) || json_count(list) > CHANGES_MAX)
        return call_refuse(
            c, 400, NULL, "sha must be a list of at most %u", CHANGES_MAX);
    id = xcalloc(json_count(list), sizeof(*id));
    *n = 0;
    json_each (v, list) {
        const char *text = json_as_str(v);

        if (text == NULL || !hex_parse(text, id[*n].sha256, SHA256_SIZE)) {
            free(id);
            return call_refuse(c, 400, NULL, "sha: not a SHA-256");
        }
        (*n)++;
    }
    *out = id;
    return 0;
}

/* Contents go for good, with the files in all commits that had them, or, as
 * the client says, leaving these behind. */
static int remove_files(struct call *c, struct meta_db *db,
    const struct repo *repo, const struct json *body)
{
    const struct json *deletions = json_get(body, "deletions");
    struct content_id *id = NULL;
    bool rewrite = true;
    uint64_t size;
    size_t n = 0;
    int err = call_may(c, RIGHT_ADMIN, repo);

    if (err == 0 && repo->mirror)
        err = call_may(c, RIGHT_WRITE, repo);
    if (err == 0)
        err = call_body_flag(c, deletions, "rewriteHistory", &rewrite);
    if (err == 0)
        err = read_hashes(c, json_get(deletions, "sha"), &id, &n);
    for (size_t i = 0; i < n && err == 0; i++) {
        err = meta_lfs_find(db, repo, id[i].sha256, &size);
        if (err == -ENOENT)
            err = call_refuse(c, 404, NULL, "This repo has no such LFS file");
    }
    if (err == 0 && rewrite)
        err = meta_rewrite_without(db, repo, id, n);
    for (size_t i = 0; i < n && err == 0; i++)
        err = meta_lfs_remove(db, repo, id[i].sha256);
    free(id);
    return err == 0 ? call_done(c) : err;
}

/* ---- For another repo */

static int find_target(struct call *c, struct meta_db *db,
    const struct json *body, struct repo *out)
{
    const struct json *target = json_get(body, "target");
    const char *type = json_str(target, "type");
    const char *name = json_str(target, "name");
    int err = type != NULL && name != NULL
        ? call_other_repo(c, db, type, name, out)
        : call_refuse(c, 400, NULL, "target: type or name missing");

    return err == 0 ? call_may(c, RIGHT_DISCUSS, out) : err;
}

static int duplicate_file(struct call *c, struct meta_db *db,
    const struct repo *from, const struct repo *to, const struct json *v)
{
    const char *hex = json_str(v, "sha256");
    struct lfs lfs = {.pushed_s = c->x->began_ns / 1000000000};
    int err;

    if (hex == NULL || !hex_parse(hex, lfs.sha256, SHA256_SIZE))
        return -ENOENT;
    err = meta_lfs_find(db, from, lfs.sha256, &lfs.size);
    return err == 0 ? meta_upload_put(db, to->id, content_uploader(c), &lfs)
                    : err;
}

/* The client may use these contents in the target from now on. */
static int duplicate_files(struct call *c, struct meta_db *db,
    const struct repo *repo, const struct json *body)
{
    const struct json *files = json_get(body, "files");
    const struct json *v;
    struct repo target = {0};
    struct jsonw w;
    int err = call_may_open(c, repo);

    if (err == 0)
        err = find_target(c, db, body, &target);
    if (err != 0)
        return err;
    if (!json_is_array(files) || json_count(files) > CHANGES_MAX)
        return call_refuse(
            c, 400, NULL, "files must be a list of at most %u", CHANGES_MAX);
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_array(&w, "failed");
    for (v = json_first(files); v != NULL && err == 0; v = json_next(v)) {
        const char *hex = json_str(v, "sha256");

        err = duplicate_file(c, db, repo, &target, v);
        if (err != -ENOENT)
            continue;
        jsonw_object(&w, NULL);
        jsonw_str(&w, "sha256", hex != NULL ? hex : "");
        jsonw_str(&w, "error", "This repo has no such LFS file");
        jsonw_object_end(&w);
        err = 0;
    }
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    return err;
}

int api_lfs_files_change(struct call *c, struct meta_db *db)
{
    const struct target *t = &c->x->target;
    const char *what = c->at < t->n_seg ? t->seg[c->at] : "";
    struct json *body = NULL;
    struct repo repo;
    int err = call_repo(c, db, &repo);

    if (err == 0)
        err = call_body(c, &body);
    if (err == 0 && strcmp(what, "batch") == 0)
        err = remove_files(c, db, &repo, body);
    else if (err == 0 && strcmp(what, "duplicate") == 0)
        err = duplicate_files(c, db, &repo, body);
    else if (err == 0)
        err = call_refuse(c, 404, NULL, "Not found");
    json_free(body);
    return err;
}
