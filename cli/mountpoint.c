/* Canonical names by hand: realpath(3) would lstat the last component, and
 * when that is the mount point of a dead server it never returns. So the
 * parent is resolved first, and the last component only after the mount table
 * has said that nothing is mounted there. */
#include "cli/mountpoint.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define LINKS_MAX 40

/* Or nothing, as behind a last slash. */
static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || name[0] == '\0';
}

/* The path leads to, or through, a mount of ours, which may be dead. */
static bool is_delicate(const char *path, const struct mount_table *t)
{
    struct own_mount own;

    for (size_t i = 0; i < t->n; i++) {
        if (path_contains(t->entry[i].point, path) &&
            mount_entry_own(&t->entry[i], &own))
            return true;
    }
    return false;
}

/* realpath of an absolute directory, or of what exists of it with the rest
 * added: a missing rest has no links in it. */
static int resolve_dir(
    const char *path, const struct mount_table *t, char **out)
{
    bool delicate = is_delicate(path, t);
    char *real = delicate ? xstrdup(path) : realpath(path, NULL);
    const char *name = strrchr(path, '/') + 1;
    char *above;
    char *parent = NULL;
    int err = real != NULL ? 0 : -errno;

    if (err == 0)
        *out = real;
    /* Nothing is ".." of something that is not there. */
    if (err != -ENOENT || name == path + 1 || is_dots(name))
        return err;
    above = xstrndup(path, (size_t)(name - 1 - path));
    err = resolve_dir(above, t, &parent);
    if (err == 0 && parent != NULL)
        *out = xasprintf("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);
    free(above);
    free(parent);
    return err;
}

/* Splits an absolute path without slashes at its end; name is inside path. */
static char *parent_of(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');

    *name = slash + 1;
    return slash == path ? xstrdup("/")
                         : xstrndup(path, (size_t)(slash - path));
}

/* Where the link at `at` points, absolute; NULL if it is no link. */
static char *link_target(const char *at, const char *parent)
{
    char target[PATH_MAX];
    ssize_t n = readlink(at, target, sizeof(target) - 1);

    if (n < 0)
        return NULL;
    target[n] = '\0';
    if (target[0] == '/')
        return xstrdup(target);
    return xasprintf("%s/%s", parent, target);
}

static void strip_slashes(char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        path[--n] = '\0';
}

/* One step: *path becomes canonical (true), or what a link there points to. */
static int resolve_last(char **path, const struct mount_table *t, bool *done)
{
    const char *name;
    char *parent = parent_of(*path, &name);
    char *real = NULL;
    char *at = NULL;
    char *target = NULL;
    int err;

    err = resolve_dir(is_dots(name) ? *path : parent, t, &real);
    if (err != 0 || real == NULL)
        goto out;
    if (is_dots(name))
        at = xstrdup(real);
    else
        at = xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    if (mount_table_at(t, at) == NULL && !is_delicate(at, t) && !is_dots(name))
        target = link_target(at, real);
    *done = target == NULL;
    free(*path);
    *path = target != NULL ? target : at;
    if (target != NULL)
        free(at);
out:
    free(parent);
    free(real);
    return err;
}

int mountpoint_canonical(
    const char *path, const struct mount_table *t, char **out)
{
    char *at = xstrdup(path);
    bool done = false;
    int err = 0;

    if (path[0] != '/')
        err = -EINVAL;
    for (int i = 0; err == 0 && !done; i++) {
        strip_slashes(at);
        err = i < LINKS_MAX ? resolve_last(&at, t, &done) : -ELOOP;
    }
    if (err != 0) {
        free(at);
        return err;
    }
    *out = at;
    return 0;
}

int mountpoint_make(const char *path, bool *made)
{
    struct stat st;

    *made = false;
    if (stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
    if (errno != ENOENT)
        return -errno;
    *made = true;
    return file_mkdirs(path, 0755);
}

bool path_contains(const char *outer, const char *inner)
{
    size_t n = strlen(outer);

    if (strcmp(outer, "/") == 0)
        return true;
    return strncmp(outer, inner, n) == 0 &&
        (inner[n] == '\0' || inner[n] == '/');
}
