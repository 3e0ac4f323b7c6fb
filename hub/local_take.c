/* One file: from the folder into a blob of its own, and from there through the
 * hashes. */
#include "hub/local_take.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "hub/local_attrs.h"
#include "hub/local_blobs_care.h"
#include "hub/local_scan.h"

#define PIECE ((size_t)256 << 10)
#define TRIES 3 /* to find a file that is not being written */

static int clone_try(struct take *t, bool *still)
{
    struct seen after;
    int fd = scan_open(t->scan, t->file, &t->seen);
    int again;
    int err;

    if (fd < 0)
        return fd;
    err = file_clone(fd, t->in->fd);
    close(fd);
    again = scan_open(t->scan, t->file, &after);
    *still = again >= 0 && memcmp(&after, &t->seen, sizeof(after)) == 0;
    if (again >= 0)
        close(again);
    return err;
}

/* A file that never holds still is taken as it was when it was read; the next
 * start looks at it again. */
static int clone_file(struct take *t)
{
    bool still = false;
    int err = 0;

    for (int i = 0; i < TRIES && err == 0 && !still; i++) {
        blob_drop(t->in);
        t->in = NULL;
        err = blob_begin(t->blobs, &t->in);
        if (err == 0)
            err = clone_try(t, &still);
    }
    if (!still)
        t->seen.mtime_ns = -1;
    return err;
}

static int hash(struct take *t, uint8_t *piece)
{
    struct digest *sha256 = digest_new(DIGEST_SHA256);
    struct digest *git =
        t->entry.lfs ? NULL : digest_git_new("blob", t->entry.size);
    int err = 0;

    for (uint64_t at = 0; at < t->entry.size && err == 0;) {
        size_t n = (size_t)min_u64(PIECE, t->entry.size - at);

        err = file_pread(t->in->fd, piece, n, at);
        if (err != 0)
            break;
        digest_add(sha256, piece, n);
        if (git != NULL)
            digest_add(git, piece, n);
        at += n;
    }
    digest_end(sha256, t->entry.sha256);
    if (git != NULL)
        digest_end(git, t->entry.oid);
    return err;
}

static int examine(struct take *t, uint8_t *piece)
{
    char pointer[LFS_POINTER_MAX];
    struct stat st;
    size_t n;
    int err;

    if (fstat(t->in->fd, &st) != 0)
        return -errno;
    t->entry = (struct entry){
        .mode = t->file->executable ? GIT_EXECUTABLE : GIT_FILE,
        .size = (uint64_t)st.st_size,
    };
    n = (size_t)min_u64(LFS_SAMPLE_MAX, t->entry.size);
    err = file_pread(t->in->fd, piece, n, 0);
    if (err != 0)
        return err;
    t->entry.lfs = lfs_wanted(t->attrs, t->file->path, t->entry.size, piece, n);
    err = hash(t, piece);
    if (err != 0 || !t->entry.lfs)
        return err;
    n = lfs_pointer(t->entry.sha256, t->entry.size, pointer);
    git_blob_oid(pointer, n, t->entry.oid);
    return 0;
}

int take_file(struct work *w)
{
    struct take *t = container_of(w, struct take, work);
    uint8_t *piece;
    uint64_t size;
    int err = clone_file(t);

    if (err == -ENOENT || err == -ELOOP || err == -EACCES || err == -ENOTDIR) {
        log_warn("hub: snapshot: skip %s: %s", t->file->path, strerror(-err));
        t->gone = true;
        err = 0;
    } else if (err == 0) {
        piece = xmalloc(PIECE);
        err = examine(t, piece);
        free(piece);
    }
    if (err == 0 && !t->gone)
        memcpy(t->in->sha256, t->entry.sha256, SHA256_SIZE);
    if (err != 0 || t->gone ||
        blobs_keep(t->blobs, t->entry.sha256, &size) == 0) {
        blob_drop(t->in);
        t->in = NULL;
    }
    if (t->in != NULL)
        blob_in_close(t->in);
    return err;
}

int take_text(const struct take *t, size_t max, struct buf *out)
{
    struct seen now;
    int fd = scan_open(t->scan, t->file, &now);
    int err = fd < 0 ? fd : 0;

    if (err == 0 && now.size > max)
        err = -EFBIG;
    if (err == 0)
        err = file_pread(fd, buf_grow(out, now.size), now.size, 0);
    if (fd >= 0)
        close(fd);
    return err;
}
