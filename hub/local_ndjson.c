/* Reading commits line by line. A line is held in memory as a whole, since a
 * JSON text is; so it has a maximum, and the text as a whole needs none. */
#include "hub/local_ndjson.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/path.h"
#include "base/utf8.h"

#define STEP ((size_t)64 << 10)

static bool blank(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr(" \t\r", p[i]) == NULL || p[i] == '\0')
            return false;
    }
    return true;
}

/* More of the text: 1, 0 at its end, or -errno. */
static int read_on(struct ndjson *n)
{
    long got;

    buf_skip(&n->text, n->start);
    n->start = 0;
    if (n->text.len > NDJSON_LINE_MAX)
        return -EMSGSIZE;
    got = n->read(n->ctx, buf_reserve(&n->text, STEP), STEP, n->at);
    if (got <= 0)
        return (int)got;
    n->text.len += (size_t)got;
    n->at += (uint64_t)got;
    return 1;
}

int ndjson_next(struct ndjson *n, const char **line, size_t *len)
{
    size_t looked = 0; /* bytes of the line without a newline in them */

    for (;;) {
        size_t left = n->text.len - n->start;
        const char *from =
            left > 0 ? (const char *)n->text.data + n->start : "";
        const char *end =
            left > looked ? memchr(from + looked, '\n', left - looked) : NULL;
        int more;

        if (end == NULL) {
            looked = left;
            more = read_on(n);
            if (more > 0)
                continue;
            if (more < 0 || left == 0)
                return more;
            from = (const char *)n->text.data;
            end = from + left;
        }
        n->line++;
        *line = from;
        *len = (size_t)(end - from);
        n->start += *len + (n->start + *len < n->text.len);
        if (*len > NDJSON_LINE_MAX)
            return -EMSGSIZE;
        if (!blank(*line, *len))
            return 1;
        looked = 0;
    }
}

void ndjson_fini(struct ndjson *n)
{
    buf_free(&n->text);
}

/* ---- Lines */

bool commit_path_ok(const char *path)
{
    size_t n = strlen(path);

    if (n == 0 || !path_ok(path, n) || !utf8_ok(path, n))
        return false;
    for (const char *p = path; p != NULL; p = strchr(p, '/')) {
        p += *p == '/';
        n = strcspn(p, "/");
        /* git keeps its own things there, and takes nothing in. */
        if (n == 4 && strncasecmp(p, ".git", 4) == 0)
            return false;
    }
    return true;
}

static const char *read_header(
    const struct json *value, struct commit_line *out)
{
    out->summary = json_str(value, "summary");
    out->description = json_str(value, "description");
    out->parent = json_str(value, "parentCommit");
    if (out->summary == NULL ||
        out->summary[strspn(out->summary, " \t\r\n")] == '\0')
        return "summary missing";
    if (!utf8_ok(out->summary, strlen(out->summary)))
        return "summary is not UTF-8";
    if (out->description == NULL)
        out->description = "";
    if (!utf8_ok(out->description, strlen(out->description)))
        return "description is not UTF-8";
    return NULL;
}

static const char *read_file(const struct json *value, struct commit_line *out)
{
    const char *text = json_str(value, "content");
    const char *encoding = json_str(value, "encoding");
    size_t n = text != NULL ? strlen(text) : 0;
    long len;

    if (text == NULL)
        return "content missing, or with a NUL; use base64";
    out->content = xmalloc(n + 4);
    if (encoding == NULL || strcasecmp(encoding, "utf-8") == 0 ||
        strcasecmp(encoding, "utf8") == 0) {
        if (!utf8_ok(text, n))
            return "content is not UTF-8";
        memcpy(out->content, text, n);
        out->content_len = n;
        return NULL;
    }
    if (strcmp(encoding, "base64") != 0)
        return "encoding is neither utf-8 nor base64";
    len = base64_parse(text, n, out->content);
    if (len < 0)
        return "content is not base64";
    out->content_len = (size_t)len;
    return NULL;
}

static const char *read_lfs(const struct json *value, struct commit_line *out)
{
    const char *algo = json_str(value, "algo");
    const char *oid = json_str(value, "oid");

    if (algo != NULL && strcmp(algo, "sha256") != 0)
        return "algo is not sha256";
    if (oid == NULL || !hex_parse(oid, out->sha256, SHA256_SIZE))
        return "oid is no SHA-256";
    out->has_size = json_u64(value, "size", &out->size);
    if (!out->has_size && json_get(value, "size") != NULL &&
        !json_is_null(json_get(value, "size")))
        return "size is no number";
    return NULL;
}

static const char *read_copy(const struct json *value, struct commit_line *out)
{
    out->source_path = json_str(value, "srcPath");
    out->source_rev = json_str(value, "srcRevision");
    out->source_type = json_str(value, "srcRepoType");
    out->source_repo = json_str(value, "srcRepoId");
    if (out->source_path == NULL ||
        !path_ok(out->source_path, strlen(out->source_path)))
        return "srcPath missing or malformed";
    if ((out->source_type == NULL) != (out->source_repo == NULL))
        return "srcRepoType and srcRepoId go together";
    return NULL;
}

static const char *read_path(const struct json *value, struct commit_line *out)
{
    const char *path = json_str(value, "path");
    size_t n = path != NULL ? strlen(path) : 0;

    if (n > 1 && path[n - 1] == '/' &&
        (out->kind == LINE_DELETE_FOLDER || out->kind == LINE_DELETE_ENTRY))
        n--;
    out->path = xstrndup(path != NULL ? path : "", n);
    if (!commit_path_ok(out->path))
        return "path missing or malformed";
    out->old_path = json_str(value, "oldPath");
    if (out->old_path != NULL && !commit_path_ok(out->old_path))
        return "oldPath malformed";
    return NULL;
}

static const struct {
    const char *key;
    enum line_kind kind;
    const char *(*read)(const struct json *value, struct commit_line *out);
} kinds[] = {
    {"header", LINE_HEADER, read_header},
    {"file", LINE_FILE, read_file},
    {"lfsFile", LINE_LFS, read_lfs},
    {"copyFile", LINE_COPY, read_copy},
    {"deletedFile", LINE_DELETE_FILE, NULL},
    {"deletedFolder", LINE_DELETE_FOLDER, NULL},
    {"deletedEntry", LINE_DELETE_ENTRY, NULL},
};

const char *commit_line_parse(
    const char *text, size_t n, struct commit_line *out)
{
    const struct json *value;
    const char *key;
    const char *wrong = NULL;

    *out = (struct commit_line){0};
    if (json_parse(text, n, &out->json) != 0)
        return "no JSON object";
    key = json_str(out->json, "key");
    value = json_get(out->json, "value");
    if (key == NULL || !json_is_object(value))
        return "key or value missing";
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].key, key) != 0)
            continue;
        out->kind = kinds[i].kind;
        if (out->kind != LINE_HEADER)
            wrong = read_path(value, out);
        if (wrong == NULL && kinds[i].read != NULL)
            wrong = kinds[i].read(value, out);
        return wrong;
    }
    return "unknown key";
}

void commit_line_fini(struct commit_line *line)
{
    json_free(line->json);
    free(line->path);
    free(line->content);
    *line = (struct commit_line){0};
}
