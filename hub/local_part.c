/* Parts are kept as they came, each under a name that no other has:
 *
 *     dir/<upload>/<number>-<tag>
 *
 * and are copied when they are put together, so that whoever still writes to
 * one cannot change what was hashed. A part that is sent again is another
 * one; which of them counts is said in the end. */
#include "hub/local_part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "hub/local_blobs.h"
#include "hub/local_upload.h"

#define PIECE ((size_t)1 << 20)

/* Another user's parts of the same content are apart. */
static char *folder(const char *dir, const struct upload *u)
{
    char *text =
        xasprintf("%" PRIu64 " %" PRId64 " %s", u->size, u->repo, u->user);
    struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t sha256[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    digest_add(d, u->sha256, SHA256_SIZE);
    digest_add(d, text, strlen(text));
    digest_end(d, sha256);
    hex_format(sha256, SHA256_SIZE, hex);
    free(text);
    return xasprintf("%s/%s", dir, hex);
}

static char *name(const char *where, const struct part *part)
{
    return xasprintf("%s/%u-%s", where, part->number, part->tag);
}

int part_keep(const char *dir, const struct upload *u, struct blob_in *in,
    struct part *part)
{
    char *where = folder(dir, u);
    uint8_t random[16];
    char *path;
    int err;

    random_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), part->tag);
    path = name(where, part);
    err = file_mkdirs(where, 0700);
    if (err == 0)
        err = blob_in_move(in, path);
    free(path);
    free(where);
    return err;
}

/* Appends a part of exactly n bytes. */
static int append(const char *where, const struct part *part, uint64_t n,
    struct digest *hash, struct blob_in *to)
{
    char *path = name(where, part);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *piece = xmalloc(PIECE);
    struct stat st;
    int err = fd < 0 ? -errno : 0;

    free(path);
    if (err == 0 && fstat(fd, &st) != 0)
        err = -errno;
    if (err == 0 && (uint64_t)st.st_size != n)
        err = -EBADMSG;
    for (uint64_t at = 0; at < n && err == 0;) {
        size_t step = (size_t)min_u64(PIECE, n - at);

        err = file_pread(fd, piece, step, at);
        if (err == 0)
            err = file_write(to->fd, piece, step);
        if (err == 0)
            digest_add(hash, piece, step);
        at += step;
    }
    free(piece);
    if (fd >= 0)
        close(fd);
    return err;
}

int part_join(const char *dir, const struct upload *u, const struct part *part,
    struct blob_in *to)
{
    uint64_t each = upload_part_size(u->size);
    char *where = folder(dir, u);
    struct digest *hash = digest_new(DIGEST_SHA256);
    int err = 0;

    for (unsigned i = 0; i < upload_parts(u->size) && err == 0; i++)
        err = append(
            where, &part[i], min_u64(each, u->size - i * each), hash, to);
    digest_end(hash, to->sha256);
    if (err == 0 && memcmp(to->sha256, u->sha256, SHA256_SIZE) != 0)
        err = -EBADMSG;
    free(where);
    return err;
}

int part_remove(const char *dir, const struct upload *u)
{
    char *where = folder(dir, u);
    int err = file_remove_tree(where);

    free(where);
    return err;
}

int part_sweep(const char *dir, int64_t before_s)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    struct stat st;
    int err = 0;

    if (d == NULL)
        return errno == ENOENT ? 0 : -errno;
    while (err == 0 && (e = readdir(d)) != NULL) {
        char *path = xasprintf("%s/%s", dir, e->d_name);

        if (e->d_name[0] != '.' && stat(path, &st) == 0 &&
            (int64_t)st.st_mtime < before_s)
            err = file_remove_tree(path);
        free(path);
    }
    closedir(d);
    return err;
}
