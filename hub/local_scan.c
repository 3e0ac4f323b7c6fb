/* Walking through a folder. A folder is read to its end and closed before those
 * in it are visited, so that depth costs no descriptors; paths are relative to
 * the one that stays open, so that they may be as long as the system allows. */
#include "hub/local_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/utf8.h"

#define WARNINGS_MAX 10

/* The folders that one is visited through, to notice a link back to one. */
struct above {
    dev_t dev;
    ino_t ino;
    bool linked;
    const struct above *up;
};

static int visit(struct scan *s, const char *path, const struct above *up);

static void skip(struct scan *s, const char *path, const char *why)
{
    if (s->skipped++ < WARNINGS_MAX)
        log_warn("hub: snapshot: skip %s/%s: %s", s->root, path, why);
}

static int64_t nanoseconds(const struct timespec *t)
{
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct seen seen_of(const struct stat *st)
{
#ifdef __APPLE__
    const struct timespec *mtime = &st->st_mtimespec;
    const struct timespec *ctime = &st->st_ctimespec;
#else
    const struct timespec *mtime = &st->st_mtim;
    const struct timespec *ctime = &st->st_ctim;
#endif

    return (struct seen){
        .size = (uint64_t)st->st_size,
        .mtime_ns = nanoseconds(mtime),
        .ctime_ns = nanoseconds(ctime),
        .inode = st->st_ino,
    };
}

static void add_file(
    struct scan *s, const char *path, const struct stat *st, bool linked)
{
    struct scan_file *f =
        (struct scan_file *)(void *)buf_grow(&s->files, sizeof(*f));

    *f = (struct scan_file){
        .path = xstrdup(path),
        .seen = seen_of(st),
        .executable = (st->st_mode & 0100) != 0,
        .linked = linked,
    };
}

/* Where a path really leads, or NULL when that is not inside the folder. */
static char *resolve(const struct scan *s, const char *path)
{
    char *full = xasprintf("%s/%s", s->root, path);
    char *real = realpath(full, NULL);
    size_t n = strlen(s->root);

    free(full);
    if (real != NULL && (strncmp(real, s->root, n) != 0 || real[n] != '/') &&
        strcmp(real, s->root) != 0) {
        free(real);
        return NULL;
    }
    return real;
}

/* One of git's own folders, or of the Hub's clients. */
static bool passed_over(const char *path, const char *name)
{
    return strcmp(name, ".git") == 0 || strcmp(path, ".cache/huggingface") == 0;
}

static int visit_link(
    struct scan *s, const char *path, const struct above *up, struct stat *st)
{
    char *real = resolve(s, path);
    bool inside = real != NULL;

    free(real);
    if (!inside) {
        skip(s, path, "a link that leads nowhere, or out of the folder");
        return -ENOENT;
    }
    if (fstatat(s->root_fd, path, st, 0) != 0) {
        skip(s, path, strerror(errno));
        return -ENOENT;
    }
    for (; S_ISDIR(st->st_mode) && up != NULL; up = up->up) {
        if (up->dev == st->st_dev && up->ino == st->st_ino) {
            skip(s, path, "a link to a folder above it");
            return -ENOENT;
        }
    }
    return 0;
}

static int visit_name(
    struct scan *s, const char *path, const char *name, const struct above *up)
{
    struct above here = {.up = up, .linked = up->linked};
    struct stat st;

    if (passed_over(path, name))
        return 0;
    if (!utf8_ok(name, strlen(name)) || strlen(path) > PATH_TOTAL_MAX) {
        skip(s, path, "its name is not UTF-8, or too long");
        return 0;
    }
    if (fstatat(s->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        skip(s, path, strerror(errno));
        return 0;
    }
    if (S_ISLNK(st.st_mode)) {
        if (visit_link(s, path, up, &st) != 0)
            return 0;
        here.linked = true;
    }
    if (st.st_ino == s->avoid_inode && (uint64_t)st.st_dev == s->avoid_device)
        return 0;
    here.dev = st.st_dev;
    here.ino = st.st_ino;
    if (S_ISREG(st.st_mode))
        add_file(s, path, &st, here.linked);
    else if (S_ISDIR(st.st_mode))
        return visit(s, path, &here);
    else
        skip(s, path, "neither a file nor a folder");
    return 0;
}

/* The names in a folder, each with a NUL behind it. */
static int read_names(struct scan *s, const char *path, struct buf *names)
{
    int fd = openat(s->root_fd, *path != '\0' ? path : ".",
        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *e;

    if (d == NULL) {
        int err = -errno;

        if (fd >= 0)
            close(fd);
        return err;
    }
    while ((e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            buf_add(names, e->d_name, strlen(e->d_name) + 1);
    }
    closedir(d);
    return 0;
}

static int visit(struct scan *s, const char *path, const struct above *up)
{
    struct buf names = {0};
    int err = read_names(s, path, &names);

    if (err != 0 && *path != '\0') {
        skip(s, path, strerror(-err));
        err = 0;
    }
    for (size_t at = 0; at < names.len && err == 0;) {
        const char *name = (const char *)names.data + at;
        char *below =
            *path != '\0' ? xasprintf("%s/%s", path, name) : xstrdup(name);

        err = visit_name(s, below, name, up);
        free(below);
        at += strlen(name) + 1;
    }
    buf_free(&names);
    return err;
}

static int compare_paths(const void *left, const void *right)
{
    const struct scan_file *a = left;
    const struct scan_file *b = right;

    return strcmp(a->path, b->path);
}

int scan_folder(const char *folder, const char *avoid, struct scan *out)
{
    struct above top = {0};
    struct scan_file *file;
    struct stat st;
    size_t n;
    int err;

    *out = (struct scan){.root_fd = -1, .root = realpath(folder, NULL)};
    if (out->root == NULL)
        return -errno;
    out->root_fd = open(out->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->root_fd < 0 || fstat(out->root_fd, &st) != 0)
        return -errno;
    top.dev = st.st_dev;
    top.ino = st.st_ino;
    if (stat(avoid, &st) == 0) {
        out->avoid_device = (uint64_t)st.st_dev;
        out->avoid_inode = st.st_ino;
    }
    err = visit(out, "", &top);
    if (out->skipped > WARNINGS_MAX)
        log_warn("hub: snapshot: %s: %zu more were skipped", out->root,
            out->skipped - WARNINGS_MAX);
    file = scan_files(out, &n);
    if (n > 0)
        qsort(file, n, sizeof(*file), compare_paths);
    return err;
}

void scan_fini(struct scan *s)
{
    size_t n;
    struct scan_file *file = scan_files(s, &n);

    for (size_t i = 0; i < n; i++)
        free(file[i].path);
    buf_free(&s->files);
    if (s->root_fd >= 0)
        close(s->root_fd);
    free(s->root);
    *s = (struct scan){.root_fd = -1};
}

int scan_open(
    const struct scan *s, const struct scan_file *file, struct seen *now)
{
    char *real = file->linked ? resolve(s, file->path) : NULL;
    struct stat st;
    int fd;
    int err = -ELOOP;

    if (file->linked && real == NULL)
        return -ELOOP;
    fd = openat(s->root_fd, real != NULL ? real : file->path,
        O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        err = -errno;
    free(real);
    if (fd < 0)
        return err;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *now = seen_of(&st);
        return fd;
    }
    close(fd);
    return -ELOOP;
}
