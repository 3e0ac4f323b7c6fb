/* Blobs as plain files. A file is written in "new/", synced, and renamed to
 * its hash; the directories it appears in are synced last:
 *
 *     new/<random>  --write, sync-->  new/<random>  --rename-->  ab/ab12...
 *
 * so that whatever stands under a hash is complete, at any moment and after a
 * power failure. Every process that writes blobs holds a shared lock on "new/";
 * whoever gets it alone knows that what lies there belongs to nobody. */
#include "hub/local_blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define SYNC_EACH_MAX 8 /* above it, one sync of the file system is cheaper */
#define NAME_MAX_BYTES 33

struct disk_blobs {
    struct blobs blobs;
    char *dir;
    int new_fd; /* of "new/", locked */
};

static struct disk_blobs *disk(struct blobs *b)
{
    return container_of(b, struct disk_blobs, blobs);
}

static char *blob_path(const struct disk_blobs *d, const uint8_t *sha256)
{
    char hex[2 * SHA256_SIZE + 1];

    hex_format(sha256, SHA256_SIZE, hex);
    return xasprintf("%s/%.2s/%s", d->dir, hex, hex);
}

static int disk_begin(struct blobs *b, struct blob_in **out)
{
    struct blob_in *in = xcalloc(1, sizeof(*in));
    uint8_t random[16];
    char name[NAME_MAX_BYTES];

    random_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), name);
    in->blobs = b;
    in->path = xasprintf("%s/new/%s", disk(b)->dir, name);
    in->fd = open(in->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (in->fd < 0) {
        int err = -errno;

        free(in->path);
        free(in);
        return err;
    }
    *out = in;
    return 0;
}

static void disk_drop(struct blob_in *in)
{
    if (in->path != NULL)
        unlink(in->path);
    free(in->path);
    blob_in_close(in);
    free(in);
}

void blob_in_close(struct blob_in *in)
{
    if (in->fd >= 0)
        close(in->fd);
    in->fd = -1;
}

int blob_in_move(struct blob_in *in, const char *path)
{
    if (rename(in->path, path) != 0)
        return -errno;
    free(in->path);
    in->path = NULL;
    return 0;
}

int blobs_put(struct blobs *b, const void *p, size_t n,
    uint8_t sha256[static SHA256_SIZE])
{
    struct blob_in *in = NULL;
    int err;

    digest_once(DIGEST_SHA256, p, n, sha256);
    err = blob_begin(b, &in);
    if (err == 0)
        err = file_pwrite(in->fd, p, n, 0);
    if (err == 0) {
        memcpy(in->sha256, sha256, SHA256_SIZE);
        err = blobs_publish(b, &in, 1);
    }
    blob_drop(in);
    return err;
}

static int sync_content(const struct blob_in *in)
{
    int fd = in->fd >= 0 ? in->fd : open(in->path, O_RDWR | O_CLOEXEC);
    int err = fd >= 0 ? file_sync_data(fd) : -errno;

    if (fd >= 0 && fd != in->fd)
        close(fd);
    return err;
}

/* All that the file system was given; -EOPNOTSUPP where that cannot be asked
 * for, or so few files are better off without. */
static int sync_all(const struct disk_blobs *d, size_t n)
{
    int fd;
    int err;

    if (n <= SYNC_EACH_MAX)
        return -EOPNOTSUPP;
    fd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    err = fd >= 0 ? file_sync_all(fd) : -errno;
    if (fd >= 0)
        close(fd);
    return err;
}

static int sync_contents(
    const struct disk_blobs *d, struct blob_in *const *in, size_t n)
{
    int err = sync_all(d, n);

    if (err != -EOPNOTSUPP)
        return err;
    err = 0;
    for (size_t i = 0; i < n && err == 0; i++)
        err = sync_content(in[i]);
    return err;
}

/* Gives the content its name. In "new/" it has none afterwards, also when the
 * content was there: the rename replaces it by the same bytes. */
static int move(const struct disk_blobs *d, struct blob_in *in)
{
    char *path = blob_path(d, in->sha256);
    int err = blob_in_move(in, path);

    free(path);
    return err;
}

static int sync_folders(const struct disk_blobs *d, const bool touched[256])
{
    int err = 0;

    for (unsigned i = 0; i < 256 && err == 0; i++) {
        char *path;

        if (!touched[i])
            continue;
        path = xasprintf("%s/%02x", d->dir, i);
        err = file_sync_dir(path);
        free(path);
    }
    return err;
}

static int disk_publish(struct blobs *b, struct blob_in *const *in, size_t n)
{
    bool touched[256] = {false};
    int err;

    if (n == 0)
        return 0;
    err = sync_contents(disk(b), in, n);
    for (size_t i = 0; i < n && err == 0; i++) {
        touched[in[i]->sha256[0]] = true;
        err = move(disk(b), in[i]);
    }
    if (err != 0)
        return err;
    err = sync_all(disk(b), n);
    return err == -EOPNOTSUPP ? sync_folders(disk(b), touched) : err;
}

static int disk_open(struct blobs *b, const uint8_t *sha256)
{
    char *path = blob_path(disk(b), sha256);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int err = -errno;

    free(path);
    return fd >= 0 ? fd : err;
}

static int disk_size(struct blobs *b, const uint8_t *sha256, uint64_t *out)
{
    char *path = blob_path(disk(b), sha256);
    struct stat st;
    int err = stat(path, &st) == 0 ? 0 : -errno;

    free(path);
    if (err == 0)
        *out = (uint64_t)st.st_size;
    return err;
}

static int disk_keep(struct blobs *b, const uint8_t *sha256, uint64_t *size)
{
    char *path = blob_path(disk(b), sha256);
    int err = utimensat(AT_FDCWD, path, NULL, 0) == 0 ? 0 : -errno;

    free(path);
    return err == 0 ? disk_size(b, sha256, size) : err;
}

static int disk_remove(struct blobs *b, const uint8_t *sha256, int64_t before_s)
{
    char *path = blob_path(disk(b), sha256);
    struct stat st;
    int err = stat(path, &st) == 0 ? 0 : -errno;

    if (err == 0 && st.st_mtime >= before_s)
        err = -EAGAIN;
    if (err == 0 && unlink(path) != 0)
        err = -errno;
    free(path);
    return err;
}

static int compare_names(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_SIZE);
}

/* The hashes in one of the 256 folders, in order. */
static int list_folder(const char *path, struct buf *out)
{
    uint8_t sha256[SHA256_SIZE];
    const struct dirent *e;
    DIR *d = opendir(path);

    if (d == NULL)
        return -errno;
    while ((e = readdir(d)) != NULL) {
        if (hex_parse(e->d_name, sha256, sizeof(sha256)))
            buf_add(out, sha256, sizeof(sha256));
    }
    closedir(d);
    if (out->len > 0)
        qsort(out->data, out->len / SHA256_SIZE, SHA256_SIZE, compare_names);
    return 0;
}

static int each_in(struct disk_blobs *d, const struct buf *list,
    int64_t before_s, blob_fn *fn, void *ctx)
{
    int err = 0;

    for (size_t at = 0; at < list->len && err == 0; at += SHA256_SIZE) {
        char *path = blob_path(d, list->data + at);
        struct stat st;

        if (stat(path, &st) == 0 && st.st_mtime < before_s)
            err = fn(ctx, list->data + at, (uint64_t)st.st_size);
        free(path);
    }
    return err;
}

static int disk_each(struct blobs *b, int64_t before_s, blob_fn *fn, void *ctx)
{
    int err = 0;

    for (unsigned i = 0; i < 256 && err == 0; i++) {
        char *path = xasprintf("%s/%02x", disk(b)->dir, i);
        struct buf list = {0};

        err = list_folder(path, &list);
        if (err == 0)
            err = each_in(disk(b), &list, before_s, fn, ctx);
        buf_free(&list);
        free(path);
    }
    return err;
}

/* Removes what is older; counts its bytes, if they are asked for. */
static int empty(const char *dir, int64_t before_s, uint64_t *bytes)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    int err = 0;

    if (d == NULL)
        return -errno;
    while (err == 0 && (e = readdir(d)) != NULL) {
        char *path = xasprintf("%s/%s", dir, e->d_name);
        struct stat st;

        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            lstat(path, &st) == 0 && st.st_mtime < before_s) {
            err = file_remove_tree(path);
            if (bytes != NULL)
                *bytes += (uint64_t)st.st_size;
        }
        free(path);
    }
    closedir(d);
    return err;
}

static int disk_tidy(struct blobs *b, int64_t before_s, uint64_t *bytes)
{
    char *path = xasprintf("%s/new", disk(b)->dir);
    int err = empty(path, before_s, bytes);

    free(path);
    return err;
}

static void disk_free(struct blobs *b)
{
    close(disk(b)->new_fd);
    free(disk(b)->dir);
    free(disk(b));
}

/* What lies in "new/" is removed when no other process writes there. */
static int open_new(const char *path, int *fd)
{
    int err = file_mkdirs(path, 0700);

    if (err != 0)
        return err;
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return -errno;
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        err = empty(path, INT64_MAX, NULL);
    if (err == 0 && flock(*fd, LOCK_SH) != 0)
        err = -errno;
    if (err != 0)
        close(*fd);
    return err;
}

static int make_folders(const char *dir)
{
    int err = 0;

    for (unsigned i = 0; i < 256 && err == 0; i++) {
        char *path = xasprintf("%s/%02x", dir, i);

        err = file_mkdirs(path, 0700);
        free(path);
    }
    return err == 0 ? file_sync_dir(dir) : err;
}

int blobs_on_disk(const char *dir, struct blobs **out)
{
    static const struct blobs_ops ops = {
        .begin = disk_begin,
        .publish = disk_publish,
        .drop = disk_drop,
        .open = disk_open,
        .size = disk_size,
        .keep = disk_keep,
        .each = disk_each,
        .remove = disk_remove,
        .tidy = disk_tidy,
        .free = disk_free,
    };
    struct disk_blobs *d;
    char *new = xasprintf("%s/new", dir);
    int new_fd = -1;
    int err = open_new(new, &new_fd);

    free(new);
    if (err != 0)
        return err;
    err = make_folders(dir);
    if (err != 0) {
        close(new_fd);
        return err;
    }
    d = xcalloc(1, sizeof(*d));
    d->blobs.ops = &ops;
    d->new_fd = new_fd;
    d->dir = xstrdup(dir);
    *out = &d->blobs;
    return 0;
}
