/* The headers of diffs are git-diff(1)'s, its quoting of paths included. */
#include "hub/local_commit_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "hub/local_blobs.h"
#include "hub/local_diff.h"
#include "hub/local_merge.h"

#define FILE_MAX ((uint64_t)1 << 20)
#define TEXT_MAX ((size_t)4 << 20)

struct differ {
    struct blobs *blobs;
    struct buf *out;
    int err;
};

/* One side of a file; empty where there is none. */
struct side {
    const struct entry *entry;
    struct buf text;
    bool shown; /* text is all of it, and is one */
};

static int read_blob(
    struct blobs *blobs, const struct entry *e, struct buf *out)
{
    int fd = blobs_open(blobs, e->sha256);
    int err = fd < 0 ? fd : 0;

    if (fd >= 0)
        err = file_pread(fd, buf_grow(out, e->size), e->size, 0);
    if (fd >= 0)
        close(fd);
    return err;
}

static int read_side(struct differ *d, const struct entry *e, struct side *out)
{
    char pointer[LFS_POINTER_MAX];
    int err = 0;

    *out = (struct side){.entry = e, .shown = true};
    if (e != NULL && e->lfs)
        buf_add(&out->text, pointer, lfs_pointer(e->sha256, e->size, pointer));
    else if (e != NULL && e->size <= FILE_MAX)
        err = read_blob(d->blobs, e, &out->text);
    else
        out->shown = e == NULL;
    /* Of nothing, too, buf_str() is a text and not NULL. */
    out->shown = diff_is_text(buf_str(&out->text), out->text.len) && out->shown;
    return err;
}

/* "a/name", in quotes where git puts some. */
static void add_path(struct buf *out, const char *side, const char *path)
{
    bool quoted = strpbrk(path, "\"\\") != NULL;

    for (const char *p = path; *p != '\0'; p++)
        quoted = quoted || (unsigned char)*p < ' ' || *p == 0x7f;
    if (!quoted) {
        buf_addf(out, "%s%s", side, path);
        return;
    }
    buf_addf(out, "\"%s", side);
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_addf(out, "\\%c", *p);
        else if ((unsigned char)*p < ' ' || *p == 0x7f)
            buf_addf(out, "\\%03o", (unsigned)(unsigned char)*p);
        else
            buf_addc(out, *p);
    }
    buf_addc(out, '"');
}

static void add_oid(struct buf *out, const struct entry *e)
{
    char hex[2 * SHA1_SIZE + 1];

    memset(hex, '0', sizeof(hex));
    if (e != NULL)
        hex_format(e->oid, SHA1_SIZE, hex);
    buf_addf(out, "%.40s", hex);
}

static void add_modes(
    struct buf *out, const struct entry *a, const struct entry *b)
{
    if (a == NULL && b != NULL)
        buf_addf(out, "new file mode %o\n", (unsigned)b->mode);
    else if (b == NULL && a != NULL)
        buf_addf(out, "deleted file mode %o\n", (unsigned)a->mode);
    else if (a != NULL && b != NULL && a->mode != b->mode)
        buf_addf(out, "old mode %o\nnew mode %o\n", (unsigned)a->mode,
            (unsigned)b->mode);
}

/* A name with a blank ends in a tab, so that it is not taken for a date. */
static void add_name(struct buf *out, const char *mark, const char *side,
    const char *path, const struct entry *e)
{
    buf_addf(out, "%s ", mark);
    if (e != NULL)
        add_path(out, side, path);
    else
        buf_adds(out, "/dev/null");
    buf_adds(out, e != NULL && strchr(path, ' ') != NULL ? "\t\n" : "\n");
}

static void add_content(struct buf *out, const char *path, const struct side *a,
    const struct side *b)
{
    size_t before = out->len;

    if (!a->shown || !b->shown) {
        buf_adds(out, "Binary files ");
        add_path(out, "a/", path);
        buf_adds(out, " and ");
        add_path(out, "b/", path);
        buf_adds(out, " differ\n");
        return;
    }
    add_name(out, "---", "a/", path, a->entry);
    add_name(out, "+++", "b/", path, b->entry);
    diff_hunks((const char *)a->text.data, a->text.len,
        (const char *)b->text.data, b->text.len, out);
    if (a->text.len + b->text.len == 0)
        out->len = before; /* git shows no names of what is empty */
}

static void add_file(struct buf *out, const char *path, const struct side *a,
    const struct side *b)
{
    buf_adds(out, "diff --git ");
    add_path(out, "a/", path);
    buf_addc(out, ' ');
    add_path(out, "b/", path);
    buf_addc(out, '\n');
    add_modes(out, a->entry, b->entry);
    if (a->entry != NULL && b->entry != NULL &&
        memcmp(a->entry->oid, b->entry->oid, SHA1_SIZE) == 0)
        return;
    buf_adds(out, "index ");
    add_oid(out, a->entry);
    buf_adds(out, "..");
    add_oid(out, b->entry);
    if (a->entry != NULL && b->entry != NULL &&
        a->entry->mode == b->entry->mode)
        buf_addf(out, " %o", (unsigned)a->entry->mode);
    buf_addc(out, '\n');
    add_content(out, path, a, b);
}

static bool on_file(void *ctx, const char *path, const struct entry *before,
    const struct entry *after)
{
    struct differ *d = ctx;
    struct side a;
    struct side b;

    d->err = read_side(d, before, &a);
    if (d->err == 0) {
        d->err = read_side(d, after, &b);
        if (d->err == 0)
            add_file(d->out, path, &a, &b);
        buf_free(&b.text);
    }
    buf_free(&a.text);
    return d->err == 0 && d->out->len < TEXT_MAX;
}

int commit_diff(struct meta_db *db, struct blobs *blobs,
    const struct commit *before, const struct commit *after, struct buf *out)
{
    struct differ d = {.blobs = blobs, .out = out};
    int err = tree_diff(db, before, after, on_file, &d);

    return err == 0 ? d.err : err;
}
