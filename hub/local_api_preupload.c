/* How files are to be uploaded: POST /api/{kinds}/{repo}/preupload/{rev}
 * (hub-api 7.2). What the client's own commit changes of the rules, it sends
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
#include "hub/local_call.h"
#include "hub/local_hub.h"
#include "hub/local_ignore.h"
#include "hub/local_may.h"
#include "hub/local_ndjson.h"

#define FILES_MAX 1000
#define SAMPLE_TEXT_MAX 4096

struct rules {
    struct attrs *attrs;
    struct ignore *ignore; /* NULL: nothing is left out */
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

/* The rules of the revision; the usual ones where it has none. */
static int committed_attrs(struct call *c, struct meta_db *db,
    const struct commit *commit, struct attrs **out)
{
    struct buf text = {0};
    struct entry e = {0};
    int err = meta_path_find(db, commit, ".gitattributes", &e);

    if (err == -ENOENT || (err == 0 && (entry_is_folder(&e) || e.lfs))) {
        *out = attrs_usual();
        return 0;
    }
    if (err == 0)
        err = read_blob(c, &e, ATTRS_TEXT_MAX, &text);
    if (err == 0)
        *out = attrs_parse(buf_str(&text), text.len);
    buf_free(&text);
    return err;
}

static int find_rules(struct call *c, struct meta_db *db,
    const struct commit *commit, const struct json *root, struct rules *out)
{
    const char *attrs = json_str(root, "gitAttributes");
    const char *ignore = json_str(root, "gitIgnore");

    if (ignore != NULL)
        out->ignore = ignore_parse(ignore, strlen(ignore));
    if (attrs == NULL)
        return committed_attrs(c, db, commit, &out->attrs);
    out->attrs = attrs_parse(attrs, strlen(attrs));
    return 0;
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
    jsonw_bool(w, "shouldIgnore",
        rules->ignore != NULL && ignore_has(rules->ignore, file.path));
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
    const struct buf *body = &c->x->body;
    struct json *root = NULL;
    struct commit commit;
    struct repo repo;
    int err = call_repo_commit(c, db, &repo, &commit);

    if (err == 0)
        err = call_may(c, RIGHT_DISCUSS, &repo);
    if (err != 0)
        return err;
    if (json_parse((const char *)body->data, body->len, &root) != 0)
        return call_refuse(c, 400, NULL, "The body is not JSON");
    err = answer_files(c, db, &commit, root);
    json_free(root);
    return err;
}
