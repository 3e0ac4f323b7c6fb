/* How files are to be uploaded: POST /api/{kinds}/{repo}/preupload/{rev}
 * (hub-api 7.2). What its own commit changes of the rules, the client sends
 * along. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_attrs.h"
#include "hub/local_blobs.h"
#include "hub/local_call_json.h"
#include "hub/local_hub.h"
#include "hub/local_ignore.h"
#include "hub/local_may.h"
#include "hub/local_ndjson.h"

#define FILES_MAX 1000
#define SAMPLE_TEXT_MAX 4096
#define RULES_TEXT_MAX ATTRS_TEXT_MAX

struct rules {
    struct attrs *attrs;
    struct ignore *ignore;
};

static int read_blob(
    struct call *c, const struct entry *e, size_t max, struct buf *out)
{
    int fd = blobs_open(c->hub->blobs, e->sha256);
    size_t n = (size_t)min_u64(e->size, max);
    int err = fd < 0 ? fd : 0;

    if (err == 0)
        err = file_pread(fd, buf_grow(out, n), n, 0);
    if (fd >= 0)
        close(fd);
    return err;
}

/* The text of a file of rules in the revision: -ENOENT without one. */
static int committed(struct call *c, struct meta_db *db,
    const struct commit *commit, const char *path, struct buf *out)
{
    struct entry e = {0};
    int err = meta_path_find(db, commit, path, &e);

    if (err == 0 && (entry_is_folder(&e) || e.lfs))
        err = -ENOENT;
    return err == 0 ? read_blob(c, &e, RULES_TEXT_MAX, out) : err;
}

/* What the client sends goes before what the revision has; without either
 * nothing is left out, and the usual LFS rules hold. */
static int find_rules(struct call *c, struct meta_db *db,
    const struct commit *commit, const struct json *root, struct rules *out)
{
    const char *attrs = json_str(root, "gitAttributes");
    const char *ignore = json_str(root, "gitIgnore");
    struct buf text[2] = {{0}, {0}};
    int err = 0;

    if (attrs != NULL)
        buf_adds(&text[0], attrs);
    else
        err = committed(c, db, commit, ".gitattributes", &text[0]);
    out->attrs = err == -ENOENT ? attrs_usual()
                                : attrs_parse(buf_str(&text[0]), text[0].len);
    if (err == -ENOENT)
        err = 0;
    if (ignore != NULL)
        buf_adds(&text[1], ignore);
    else if (err == 0)
        err = committed(c, db, commit, ".gitignore", &text[1]);
    if (err == -ENOENT)
        err = 0;
    out->ignore = ignore_parse(buf_str(&text[1]), text[1].len);
    buf_free(&text[0]);
    buf_free(&text[1]);
    return err;
}

struct asked {
    const char *path;
    uint64_t size;
    uint8_t sample[LFS_SAMPLE_MAX];
    size_t n;
};

/* False: it is malformed. */
static bool read_file(const struct json *v, struct asked *out)
{
    const char *sample = json_str(v, "sample");
    size_t n = sample != NULL ? strlen(sample) : 0;
    uint8_t *bytes;
    long got;

    out->path = json_str(v, "path");
    if (out->path == NULL || !commit_path_ok(out->path) ||
        !json_u64(v, "size", &out->size) || n > SAMPLE_TEXT_MAX)
        return false;
    bytes = xmalloc(n + 4);
    got = base64_parse(sample != NULL ? sample : "", n, bytes);
    out->n = got > 0 ? min_size((size_t)got, sizeof(out->sample)) : 0;
    memcpy(out->sample, bytes, out->n);
    free(bytes);
    return got >= 0;
}

static int answer_file(struct call *c, struct meta_db *db,
    const struct commit *commit, const struct rules *rules,
    const struct json *v, struct jsonw *w)
{
    struct asked file = {0};
    struct entry e = {0};
    int err;

    if (!read_file(v, &file))
        return call_refuse(c, 400, NULL, "files: %s: malformed",
            file.path != NULL ? file.path : "path missing");
    err = meta_path_find(db, commit, file.path, &e);
    if (err != 0 && err != -ENOENT)
        return err;
    jsonw_object(w, NULL);
    jsonw_str(w, "path", file.path);
    jsonw_str(w, "uploadMode",
        lfs_wanted(rules->attrs, file.path, file.size, file.sample, file.n)
            ? "lfs"
            : "regular");
    /* As with git, what is there already is not left out. */
    jsonw_bool(w, "shouldIgnore",
        err == -ENOENT && ignore_has(rules->ignore, file.path));
    if (err == 0 && e.lfs)
        json_hex(w, "oid", e.sha256, SHA256_SIZE);
    else if (err == 0 && !entry_is_folder(&e))
        json_hex(w, "oid", e.oid, SHA1_SIZE);
    jsonw_object_end(w);
    return 0;
}

static int answer_files(struct call *c, struct meta_db *db,
    const struct commit *commit, const struct json *root)
{
    const struct json *files = json_get(root, "files");
    struct rules rules = {0};
    const struct json *v;
    struct jsonw w;
    int err;

    if (!json_is_array(files))
        return call_refuse(c, 400, NULL, "files missing");
    if (json_count(files) > FILES_MAX)
        return call_refuse(c, 413, NULL, "More than %u files", FILES_MAX);
    err = find_rules(c, db, commit, root, &rules);
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_array(&w, "files");
    for (v = json_first(files); v != NULL && err == 0; v = json_next(v))
        err = answer_file(c, db, commit, &rules, v, &w);
    if (err == 0) {
        jsonw_array_end(&w);
        jsonw_object_end(&w);
    }
    attrs_free(rules.attrs);
    ignore_free(rules.ignore);
    return err;
}

int api_preupload(struct call *c, struct meta_db *db)
{
    struct json *root = NULL;
    struct commit commit;
    struct repo repo;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        err = call_may(c, RIGHT_DISCUSS, &repo);
    if (err == 0)
        err = call_body(c, &root);
    if (err == 0)
        err = answer_files(c, db, &commit, root);
    json_free(root);
    return err;
}
