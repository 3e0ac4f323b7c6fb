/* Rows first, since they say what contents there must be; then every content
 * once, through both hashes that may name it. */
#include "hub/local_verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "hub/local_blobs_care.h"
#include "hub/local_meta.h"
#include "hub/local_root.h"

#define PIECE ((size_t)1 << 20)

struct run {
    struct verify *v;
    struct verify_rows rows;
    uint64_t all; /* bytes to read */
    uint8_t *piece;
    struct meta_job job;
};

static void say(void *ctx, const char *problem)
{
    struct run *r = ctx;

    r->v->problems++;
    r->v->say(r->v->ctx, problem);
}

static void blame(struct run *r, const uint8_t *sha256, const char *what)
{
    char hex[2 * SHA256_SIZE + 1];
    char *text;

    hex_format(sha256, SHA256_SIZE, hex);
    text = xasprintf("content %s: %s", hex, what);
    say(r, text);
    free(text);
}

static int rows_job(struct meta_db *db, struct meta_job *job)
{
    return meta_verify(db, &container_of(job, struct run, job)->rows);
}

/* The claims on one content lie together; the first of them. */
static const struct claim *claims_on(
    const struct run *r, const uint8_t *sha256, size_t *n)
{
    const struct claim *c =
        (const struct claim *)(const void *)r->rows.claims.data;
    size_t low = 0;
    size_t high = r->rows.claims.len / sizeof(*c);
    size_t end = high;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(c[middle].sha256, sha256, SHA256_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (
        low + *n < end && memcmp(c[low + *n].sha256, sha256, SHA256_SIZE) == 0)
        ++*n;
    return *n > 0 ? &c[low] : NULL;
}

static int read_all(struct run *r, int fd, uint64_t size,
    uint8_t sha256[static SHA256_SIZE], uint8_t oid[static SHA1_SIZE])
{
    struct digest *full = digest_new(DIGEST_SHA256);
    struct digest *git = digest_git_new("blob", size);
    int err = 0;

    for (uint64_t at = 0; at < size && err == 0;) {
        size_t n = (size_t)min_u64(PIECE, size - at);

        err = file_pread(fd, r->piece, n, at);
        if (err != 0)
            break;
        digest_add(full, r->piece, n);
        digest_add(git, r->piece, n);
        at += n;
        r->v->blob_bytes += n;
        if (r->v->progress != NULL)
            r->v->progress(r->v->ctx, r->v->blob_bytes, r->all);
    }
    digest_end(full, sha256);
    digest_end(git, oid);
    return err;
}

static void check_claims(struct run *r, const uint8_t *sha256, uint64_t size,
    const uint8_t oid[static SHA1_SIZE])
{
    size_t n;
    const struct claim *c = claims_on(r, sha256, &n);

    for (size_t i = 0; i < n; i++) {
        if (c[i].size != size)
            blame(r, sha256, "is not as long as a file of it says");
        else if (!c[i].lfs && memcmp(c[i].oid, oid, SHA1_SIZE) != 0)
            blame(r, sha256, "is not what the id of a file says");
    }
}

static int on_blob(void *ctx, const uint8_t *sha256, uint64_t size)
{
    struct run *r = ctx;
    uint8_t got[SHA256_SIZE];
    uint8_t oid[SHA1_SIZE];
    int fd = blobs_open(r->v->root->blobs, sha256);
    int err;

    if (fd == -ENOENT)
        return 0; /* collected meanwhile; one that is needed is missed later */
    if (fd < 0)
        return fd;
    r->v->blobs++;
    err = read_all(r, fd, size, got, oid);
    close(fd);
    if (err != 0)
        blame(r, sha256, strerror(-err));
    else if (memcmp(got, sha256, SHA256_SIZE) != 0)
        blame(r, sha256, "is not what its name says");
    else
        check_claims(r, sha256, size, oid);
    return 0;
}

static void find_missing(struct run *r)
{
    const struct claim *c =
        (const struct claim *)(const void *)r->rows.claims.data;
    size_t n = r->rows.claims.len / sizeof(*c);

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && memcmp(c[i - 1].sha256, c[i].sha256, SHA256_SIZE) == 0)
            continue;
        if (!blobs_has(r->v->root->blobs, c[i].sha256))
            blame(r, c[i].sha256, "is missing");
    }
}

static int add_size(void *ctx, const uint8_t *sha256, uint64_t size)
{
    (void)sha256;
    *(uint64_t *)ctx += size;
    return 0;
}

int verify_run(struct verify *v)
{
    struct run r = {.v = v, .job = {.fn = rows_job}};
    struct blobs *blobs = v->root->blobs;
    int err;

    r.rows.say = say;
    r.rows.ctx = &r;
    r.piece = xmalloc(PIECE);
    err = meta_run_here(v->root->meta, &r.job);
    v->commits = r.rows.commits;
    v->trees = r.rows.trees;
    v->files = r.rows.files;
    if (err == 0)
        err = blobs_each(blobs, INT64_MAX, add_size, &r.all);
    if (err == 0)
        err = blobs_each(blobs, INT64_MAX, on_blob, &r);
    if (err == 0)
        find_missing(&r);
    buf_free(&r.rows.claims);
    free(r.piece);
    return err;
}
