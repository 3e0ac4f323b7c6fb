/* A new repo, and the files that it begins with. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "hub/local_api.h"
#include "hub/local_attrs.h"
#include "hub/local_blobs.h"
#include "hub/local_call_json.h"
#include "hub/local_content.h"
#include "hub/local_hub.h"
#include "hub/local_make.h"
#include "hub/local_may.h"

#define FILES_MAX 100
#define LICENSE_MAX 64

/* What the body asks for; texts belong to it. */
struct wish {
    struct json *body;
    const char *sdk;
    const char *license;
    struct make make;
    struct change change[FILES_MAX + 2];
    struct attrs *attrs;
};

static int take_sdk(struct call *c, struct wish *w)
{
    static const char *const known[] = {
        "gradio", "streamlit", "docker", "static"};
    struct repo *repo = &w->make.repo;
    int err = call_body_str(c, w->body, "sdk", &w->sdk);

    if (err != 0 || repo->kind != HUB_SPACE)
        return err;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (w->sdk != NULL && strcmp(known[i], w->sdk) == 0) {
            memcpy(repo->sdk, known[i], strlen(known[i]) + 1);
            return 0;
        }
    }
    return call_refuse(
        c, 400, NULL, "sdk must be one of gradio, streamlit, docker, static");
}

static int take_license(struct call *c, struct wish *w)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    int err = call_body_str(c, w->body, "license", &w->license);

    if (err != 0 || w->license == NULL)
        return err;
    if (w->license[strspn(w->license, letters)] != '\0' ||
        *w->license == '\0' || strlen(w->license) > LICENSE_MAX)
        return call_refuse(c, 400, NULL, "license must be the id of one");
    return 0;
}

/* ---- Files */

static int add_file(
    struct call *c, struct wish *w, const char *path, const void *p, size_t n)
{
    struct change *change = &w->change[w->make.n];
    uint8_t sha256[SHA256_SIZE];
    struct entry *e = &change->entry;
    int err;

    for (size_t i = 0; i < w->make.n; i++) {
        if (strcmp(w->change[i].path, path) == 0)
            return 0; /* what the client sends comes first */
    }
    w->make.n++;
    change->path = path;
    err = blobs_put(c->hub->blobs, p, n, sha256);
    content_entry(sha256, n, e);
    e->lfs = lfs_wanted(w->attrs, path, n, p, min_size(n, LFS_SAMPLE_MAX));
    if (!e->lfs)
        git_blob_oid(p, n, e->oid);
    return err;
}

static int add_sent(struct call *c, struct wish *w, const struct json *file)
{
    const char *path = NULL;
    const char *content = NULL;
    const char *encoding = "utf-8";
    uint8_t *bytes;
    long n;
    int err = call_body_line(c, file, "path", PATH_TOTAL_MAX, &path);

    if (err == 0)
        err = call_body_str(c, file, "content", &content);
    if (err == 0)
        err = call_body_str(c, file, "encoding", &encoding);
    if (err != 0)
        return err;
    if (content == NULL || !path_ok(path, strlen(path)))
        return call_refuse(c, 400, NULL, "files: malformed path or content");
    if (strcmp(encoding, "base64") != 0)
        return add_file(c, w, path, content, strlen(content));
    bytes = xmalloc(strlen(content) / 4 * 3 + 4);
    n = base64_parse(content, strlen(content), bytes);
    err = n >= 0 ? add_file(c, w, path, bytes, (size_t)n)
                 : call_refuse(c, 400, NULL, "files: malformed base64");
    free(bytes);
    return err;
}

static int add_files(struct call *c, struct wish *w)
{
    const struct json *files = json_get(w->body, "files");
    const struct json *file;
    int err = 0;

    if (json_count(files) > FILES_MAX)
        return call_refuse(
            c, 400, NULL, "More than %d files: commit them", FILES_MAX);
    json_each (file, files) {
        if (err == 0)
            err = add_sent(c, w, file);
    }
    return err;
}

static int add_readme(struct call *c, struct wish *w)
{
    const struct repo *repo = &w->make.repo;
    struct buf text = {0};
    int err;

    if (repo->kind != HUB_SPACE && w->license == NULL)
        return 0;
    buf_adds(&text, "---\n");
    if (repo->kind == HUB_SPACE)
        buf_addf(&text, "title: \"%s\"\nsdk: %s\n", strchr(repo->name, '/') + 1,
            repo->sdk);
    if (w->license != NULL)
        buf_addf(&text, "license: \"%s\"\n", w->license);
    buf_adds(&text, "---\n");
    err = add_file(c, w, "README.md", text.data, text.len);
    buf_free(&text);
    return err;
}

static int add_attributes(struct call *c, struct wish *w)
{
    struct buf text = {0};
    int err;

    attrs_usual_text(&text);
    err = add_file(c, w, ".gitattributes", text.data, text.len);
    buf_free(&text);
    return err;
}

static int compare(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;

    return strcmp(a->path, b->path);
}

/* A file cannot be a folder as well. */
static int check_paths(struct call *c, const struct wish *w)
{
    for (size_t i = 1; i < w->make.n; i++) {
        const char *path = w->change[i].path;
        size_t n = strlen(w->change[i - 1].path);

        if (strncmp(w->change[i - 1].path, path, n) == 0 && path[n] == '/')
            return call_refuse(c, 400, NULL, "files: %s is below a file", path);
    }
    return 0;
}

static int make_files(struct call *c, struct wish *w)
{
    int err;

    w->attrs = attrs_usual();
    err = add_files(c, w);
    if (err == 0)
        err = add_readme(c, w);
    if (err == 0)
        err = add_attributes(c, w);
    attrs_free(w->attrs);
    if (err != 0)
        return err;
    qsort(w->change, w->make.n, sizeof(w->change[0]), compare);
    return check_paths(c, w);
}

int api_create(struct call *c, struct meta_db *db)
{
    struct wish *w = xcalloc(1, sizeof(*w));
    struct repo *repo = &w->make.repo;
    struct jsonw out;
    int err = call_body(c, &w->body);

    if (err == 0)
        err = call_body_repo(c, w->body, repo);
    if (err == 0)
        err = call_free_name(c, db, repo->kind, repo->name);
    if (err == 0)
        err = call_body_private(c, w->body, repo->kind, &repo->private);
    if (err == 0)
        err = take_sdk(c, w);
    if (err == 0)
        err = take_license(c, w);
    if (err == 0)
        err = make_files(c, w);
    if (err == 0) {
        w->make.title = "initial commit";
        w->make.change = w->change;
        err = call_make(c, db, &w->make);
    }
    if (err == 0) {
        out = call_made(c, repo);
        jsonw_object_end(&out);
    }
    json_free(w->body);
    free(w);
    return err;
}
