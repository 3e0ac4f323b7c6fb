/* The body of a commit: one JSON object per line (hub-api 7.5). Pure functions
 * over foreign text. */
#ifndef HUB_LOCAL_NDJSON_H
#define HUB_LOCAL_NDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"

struct json;

#define NDJSON_LINE_MAX ((size_t)16 << 20)

/* ---- Lines of a text that is read piece by piece. */
struct ndjson {
    /* Up to n bytes from place `at` on: how many, 0 at the end, or -errno. */
    long (*read)(void *ctx, void *p, size_t n, uint64_t at);
    void *ctx;
    /* state; zeroed to begin with */
    struct buf text; /* from `start` on it is not given out */
    size_t start;
    uint64_t at;
    uint64_t line; /* the number of the last one, from 1 */
};

/* The next line that is not blank, valid until the next call: 1; 0 when there
 * is none; -EMSGSIZE for one that is too long; or what read() said. */
int ndjson_next(struct ndjson *n, const char **line, size_t *len);
void ndjson_fini(struct ndjson *n);

/* ---- What a line says. */
enum line_kind {
    LINE_HEADER,
    LINE_FILE,          /* content */
    LINE_LFS,           /* sha256, size */
    LINE_COPY,          /* source_... */
    LINE_DELETE_FILE,   /* path alone, as those below */
    LINE_DELETE_FOLDER, /* its path without the slash at the end */
    LINE_DELETE_ENTRY,  /* whichever it is */
};

struct commit_line {
    enum line_kind kind;
    struct json *json; /* what the texts belong to */
    /* header */
    const char *summary;
    const char *description; /* "" for none */
    const char *parent;      /* NULL: none */
    /* all others */
    char *path;
    const char *old_path; /* of a file that moves here; NULL: it does not */
    uint8_t *content;
    size_t content_len;
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
    bool has_size;
    const char *source_path;
    const char *source_rev;  /* NULL: the one that is committed to */
    const char *source_type; /* both NULL: this repo */
    const char *source_repo;
};

/* NULL, or what is wrong with it. commit_line_fini() in any case. */
const char *commit_line_parse(
    const char *text, size_t n, struct commit_line *out);
void commit_line_fini(struct commit_line *line);

/* What a commit may put: a path that git, and people, can live with. */
bool commit_path_ok(const char *path);

#endif
