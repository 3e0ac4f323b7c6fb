/* Linux: who keeps a mount busy, from the links in /proc: a link is text that
 * the kernel makes up, so reading it does not touch what it names. */
#include "cli/mount_cmd.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/mountpoint.h"

#define USERS_SHOWN 5

static bool points_into(const char *link, const char *point)
{
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof(target) - 1);

    if (n <= 0)
        return false;
    target[n] = '\0';
    return path_contains(point, target);
}

/* Any of the process's open files. */
static bool holds_file(const char *pid, const char *point)
{
    char path[PATH_MAX];
    DIR *d;
    struct dirent *e;
    bool holds = false;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    d = opendir(path);
    while (d != NULL && !holds && (e = readdir(d)) != NULL) {
        snprintf(path, sizeof(path), "/proc/%s/fd/%.32s", pid, e->d_name);
        holds = points_into(path, point);
    }
    if (d != NULL)
        closedir(d);
    return holds;
}

static bool holds(const char *pid, const char *point)
{
    static const char *const link[] = {"cwd", "root", "exe"};
    char path[64];

    for (size_t i = 0; i < ARRAY_LEN(link); i++) {
        snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, link[i]);
        if (points_into(path, point))
            return true;
    }
    return holds_file(pid, point);
}

static void name_process(const char *pid, struct buf *out)
{
    struct buf name = {0};
    char path[64];

    snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
    if (file_read_all(path, 256, &name) != 0 || name.len == 0)
        buf_adds(&name, "?\n");
    buf_addf(out, "%.*s (pid %s)", (int)(name.len - 1), buf_str(&name), pid);
    buf_free(&name);
}

void mount_users(const char *point, struct buf *out)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    char self[16];
    size_t shown = 0;

    snprintf(self, sizeof(self), "%ld", (long)getpid());
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (!isdigit((unsigned char)e->d_name[0]) ||
            strcmp(e->d_name, self) == 0 || !holds(e->d_name, point))
            continue;
        if (shown++ < USERS_SHOWN) {
            buf_adds(out, shown > 1 ? ", " : ": ");
            name_process(e->d_name, out);
        }
    }
    if (shown > USERS_SHOWN)
        buf_addf(out, " and %zu more", shown - USERS_SHOWN);
    if (d != NULL)
        closedir(d);
}
