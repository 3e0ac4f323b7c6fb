/* Storing what a commit brings along. Contents go to the blobs in batches, so
 * that thousands of small files wait for the disk a few times only. They are
 * written even if they are there: what is new is safe from being collected
 * as garbage until the commit refers to it. */
#include "hub/local_commit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "hub/local_attrs.h"
#include "hub/local_blobs.h"
#include "hub/local_spool.h"

#define BATCH_FILES 4096
#define BATCH_BYTES ((uint64_t)64 << 20)
#define CONTENT_MAX LFS_SIZE_MIN /* more is an LFS file */

struct reader {
    struct spool *body;
    struct blobs *blobs;
    struct commit_in *to;
    struct buf *wrong;
    struct buf batch; /* of struct blob_in * */
    uint64_t batch_bytes;
};

static long read_body(void *ctx, void *p, size_t n, uint64_t at)
{
    return spool_read(((struct reader *)ctx)->body, p, n, at);
}

struct commit_step *commit_in_steps(const struct commit_in *in, size_t *n)
{
    *n = in->steps.len / sizeof(struct commit_step);
    return (struct commit_step *)(void *)in->steps.data;
}

static int publish(struct reader *r)
{
    struct blob_in **in = (struct blob_in **)(void *)r->batch.data;
    size_t n = r->batch.len / sizeof(struct blob_in *);
    int err = blobs_publish(r->blobs, in, n);

    for (size_t i = 0; i < n; i++)
        blob_drop(in[i]);
    buf_clear(&r->batch);
    r->batch_bytes = 0;
    return err;
}

static int store(
    struct reader *r, const struct commit_line *line, struct entry *out)
{
    struct blob_in *in = NULL;
    int err = blob_begin(r->blobs, &in);

    if (err != 0)
        return err;
    *(struct blob_in **)(void *)buf_grow(&r->batch, sizeof(struct blob_in *)) =
        in;
    *out = (struct entry){.mode = GIT_FILE, .size = line->content_len};
    git_blob_oid(line->content, line->content_len, out->oid);
    digest_once(DIGEST_SHA256, line->content, line->content_len, out->sha256);
    memcpy(in->sha256, out->sha256, SHA256_SIZE);
    err = file_write(in->fd, line->content, line->content_len);
    blob_in_close(in);
    r->batch_bytes += line->content_len;
    if (err == 0 &&
        (r->batch.len / sizeof(struct blob_in *) >= BATCH_FILES ||
            r->batch_bytes >= BATCH_BYTES))
        err = publish(r);
    return err;
}

static char *copy(const char *text)
{
    return text != NULL ? xstrdup(text) : NULL;
}

static void keep_header(struct commit_in *to, const struct commit_line *line)
{
    to->summary = xstrdup(line->summary);
    to->description = xstrdup(line->description);
    to->parent = copy(line->parent);
}

static int keep_step(struct reader *r, struct commit_line *line)
{
    struct commit_step *s =
        (struct commit_step *)(void *)buf_grow(&r->to->steps, sizeof(*s));

    *s = (struct commit_step){
        .kind = line->kind,
        .path = line->path,
        .old_path = copy(line->old_path),
        .has_size = line->has_size,
        .source_path = copy(line->source_path),
        .source_rev = copy(line->source_rev),
        .source_type = copy(line->source_type),
        .source_repo = copy(line->source_repo),
    };
    line->path = NULL;
    if (line->kind == LINE_FILE)
        return store(r, line, &s->entry);
    memcpy(s->entry.sha256, line->sha256, SHA256_SIZE);
    s->entry.size = line->size;
    return 0;
}

/* What is wrong with a line in its place, or NULL. */
static const char *check(const struct reader *r, const struct commit_line *line)
{
    bool begun = r->to->summary != NULL;

    if (line->kind == LINE_HEADER)
        return begun ? "a second header" : NULL;
    if (!begun)
        return "the header comes first";
    if (line->content_len > CONTENT_MAX)
        return "a file of more than 10 MiB has to be uploaded by LFS";
    return NULL;
}

static int take_line(
    struct reader *r, const struct ndjson *lines, const char *text, size_t n)
{
    struct commit_line line;
    const char *wrong = commit_line_parse(text, n, &line);
    int err = 0;

    if (wrong == NULL)
        wrong = check(r, &line);
    if (wrong != NULL) {
        buf_addf(r->wrong, "Line %" PRIu64 ": %s", lines->line, wrong);
        if (line.path != NULL && commit_path_ok(line.path))
            buf_addf(r->wrong, " (%s)", line.path);
        err = -EBADMSG;
    } else if (line.kind == LINE_HEADER) {
        keep_header(r->to, &line);
    } else {
        err = keep_step(r, &line);
    }
    commit_line_fini(&line);
    return err;
}

static int take_lines(struct reader *r, struct ndjson *lines)
{
    const char *text;
    size_t n;
    int got;
    int err = 0;

    while (err == 0 && (got = ndjson_next(lines, &text, &n)) != 0) {
        if (got == 1 && lines->line <= COMMIT_LINES_MAX) {
            err = take_line(r, lines, text, n);
            continue;
        }
        err = got == 1 ? -EMSGSIZE : got;
        if (err == -EMSGSIZE)
            buf_addf(r->wrong, "Line %" PRIu64 ": too %s", lines->line + 1,
                got == 1 ? "many lines" : "long");
    }
    if (err == 0 && r->to->summary == NULL) {
        buf_adds(r->wrong, "The header is missing");
        err = -EBADMSG;
    }
    return err;
}

int commit_in_read(struct spool *body, struct blobs *blobs,
    struct commit_in *out, struct buf *wrong)
{
    struct reader r = {.body = body, .blobs = blobs, .to = out, .wrong = wrong};
    struct ndjson lines = {.read = read_body, .ctx = &r};
    int err = take_lines(&r, &lines);

    if (err == 0) {
        err = publish(&r);
    } else {
        struct blob_in **in = (struct blob_in **)(void *)r.batch.data;

        for (size_t i = 0; i < r.batch.len / sizeof(struct blob_in *); i++)
            blob_drop(in[i]);
    }
    buf_free(&r.batch);
    ndjson_fini(&lines);
    return err;
}

void commit_in_fini(struct commit_in *in)
{
    size_t n;
    struct commit_step *s = commit_in_steps(in, &n);

    for (size_t i = 0; i < n; i++) {
        free(s[i].path);
        free(s[i].old_path);
        free(s[i].source_path);
        free(s[i].source_rev);
        free(s[i].source_type);
        free(s[i].source_repo);
    }
    buf_free(&in->steps);
    free(in->summary);
    free(in->description);
    free(in->parent);
    *in = (struct commit_in){0};
}
