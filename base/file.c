/* Portable file helpers. The decision worth knowing: durability is always
 * "write aside, sync, rename, sync the directory", here and nowhere else. */
#include "base/file.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_pread(int fd, void *p, size_t n, uint64_t offset)
{
    uint8_t *to = p;

    while (n > 0) {
        ssize_t got = pread(fd, to, n, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return -ENODATA;
        to += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

int file_pwrite(int fd, const void *p, size_t n, uint64_t offset)
{
    const uint8_t *from = p;

    while (n > 0) {
        ssize_t put = pwrite(fd, from, n, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        from += put;
        n -= (size_t)put;
        offset += (uint64_t)put;
    }
    return 0;
}

int file_write(int fd, const void *p, size_t n)
{
    const uint8_t *from = p;

    while (n > 0) {
        ssize_t put = write(fd, from, n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        from += put;
        n -= (size_t)put;
    }
    return 0;
}

int file_read_all(const char *path, size_t max, struct buf *b)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t start = b->len;
    int err = 0;

    if (fd < 0)
        return -errno;
    for (;;) {
        ssize_t got = read(fd, buf_reserve(b, 65536), 65536);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = -errno;
        if (got <= 0)
            break;
        b->len += (size_t)got;
        if (b->len - start > max) {
            err = -EFBIG;
            break;
        }
    }
    close(fd);
    if (err != 0)
        b->len = start;
    return err;
}

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return xstrdup(".");
    return slash == path ? xstrdup("/")
                         : xstrndup(path, (size_t)(slash - path));
}

static int sync_parent(const char *path)
{
    char *dir = parent_of(path);
    int err = file_sync_dir(dir);

    free(dir);
    return err;
}

int file_replace(const char *path, const void *p, size_t n, mode_t mode)
{
    char *aside = xasprintf("%s.%ld.tmp", path, (long)getpid());
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int err;

    if (fd < 0) {
        err = -errno;
        free(aside);
        return err;
    }
    err = file_write(fd, p, n);
    if (err == 0)
        err = file_sync_data(fd);
    close(fd);
    if (err == 0 && rename(aside, path) != 0)
        err = -errno;
    if (err != 0)
        unlink(aside);
    else
        err = sync_parent(path);
    free(aside);
    return err;
}

static int make_one(const char *path, mode_t mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &st) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_mkdirs(const char *path, mode_t mode)
{
    char *part = xstrdup(path);
    int err = 0;

    for (char *p = part + 1; *part != '\0' && *p != '\0' && err == 0; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        err = make_one(part, mode);
        *p = '/';
    }
    if (err == 0)
        err = make_one(part, mode);
    free(part);
    return err;
}

/* Whether nobody but us and root decides what is in there. */
static int check_keeper(const char *path, bool ours)
{
    bool foreign;
    struct stat st;

    if (stat(path, &st) != 0)
        return -errno;
    foreign = st.st_uid != geteuid() && (ours || st.st_uid != 0);
    if (foreign ||
        ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)) {
        log_error("file: %s: %s", path,
            foreign ? "belongs to another user" : "anybody may write to it");
        return -EPERM;
    }
    if (ours && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0 &&
        chmod(path, 0700) != 0)
        return -errno;
    return 0;
}

int file_mkdirs_own(const char *path)
{
    char *parent = parent_of(path);
    int err = file_mkdirs(path, 0700);

    if (err == 0 && geteuid() != 0)
        err = check_keeper(parent, false);
    if (err == 0 && geteuid() != 0)
        err = check_keeper(path, true);
    free(parent);
    return err;
}

int file_sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = 0;

    if (fd < 0)
        return -errno;
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
        err = -errno;
    close(fd);
    return err;
}

static int remove_at(int dir, const char *name);

static int remove_inside(int fd)
{
    DIR *d = fdopendir(fd);
    struct dirent *e;
    int err = 0;

    if (d == NULL) {
        err = -errno;
        close(fd);
        return err;
    }
    while (err == 0 && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            err = remove_at(fd, e->d_name);
    }
    closedir(d);
    return err;
}

static int remove_at(int dir, const char *name)
{
    int fd;
    int err;

    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    err = -errno;
    fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) /* no directory: then it is the removal that failed */
        return errno == ENOTDIR || errno == ELOOP ? err : -errno;
    err = remove_inside(fd);
    if (err == 0 && unlinkat(dir, name, AT_REMOVEDIR) != 0)
        err = -errno;
    return err;
}

int file_remove_tree(const char *path)
{
    return remove_at(AT_FDCWD, path);
}
