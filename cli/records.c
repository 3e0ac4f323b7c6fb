/* Small JSON files and the locks beside them. */
#include "cli/records.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/invocation.h"
#include "cli/lock.h"

#define RECORD_MAX 65536

int record_save(const char *dir, const char *name, const struct buf *text)
{
    char *path = xasprintf("%s/%s", dir, name);
    int err = file_replace(path, text->data, text->len, 0600);

    free(path);
    return err;
}

struct json *record_load(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    struct buf text = {0};
    struct json *root = NULL;

    if (file_read_all(path, RECORD_MAX, &text) != 0 ||
        json_parse(buf_str(&text), text.len, &root) != 0)
        root = NULL;
    if (root != NULL && !json_is_object(root)) {
        json_free(root);
        root = NULL;
    }
    buf_free(&text);
    free(path);
    return root;
}

void record_drop(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);

    unlink(path);
    free(path);
}

static int holder(const char *dir, const char *lock)
{
    char *path = xasprintf("%s/%s", dir, lock);
    int pid = lock_holder(path);

    free(path);
    return pid;
}

int record_server_pid(const char *dir)
{
    return holder(dir, LOCK_SERVER);
}

int record_supervisor_pid(const char *dir)
{
    return holder(dir, LOCK_SUPERVISOR);
}

void records_tidy(const char *dir)
{
    struct json *record = record_load(dir, RECORD_SERVER);
    const char *point = json_str(record, "mountpoint");
    bool made = false;

    json_bool(record, "made_mountpoint", &made);
    if (made && point != NULL)
        rmdir(point);
    json_free(record);
    record_drop(dir, RECORD_SERVER);
    record_drop(dir, RECORD_SUPERVISOR);
}

static bool alive(const char *dir)
{
    return record_server_pid(dir) != 0 || record_supervisor_pid(dir) != 0;
}

/* Either record names the mount point: a server that does not come up leaves
 * none of its own. */
static bool names_point(
    const char *dir, const char *record, const char *mountpoint)
{
    struct json *root = record_load(dir, record);
    const char *point = json_str(root, "mountpoint");
    bool same;

    if (point == NULL)
        point = json_str(root, "source");
    same = point != NULL && strcmp(point, mountpoint) == 0;
    json_free(root);
    return same;
}

bool records_bury(const char *state, const char *mountpoint)
{
    struct opt_list dirs = {0};
    bool any_made = false;

    place_list(state, &dirs);
    for (size_t i = 0; i < dirs.n; i++) {
        struct json *record = record_load(dirs.v[i], RECORD_SERVER);
        const char *point = json_str(record, "mountpoint");
        bool made = false;

        if (point != NULL && strcmp(point, mountpoint) == 0 &&
            !alive(dirs.v[i])) {
            json_bool(record, "made_mountpoint", &made);
            any_made = any_made || made;
            record_drop(dirs.v[i], RECORD_SERVER);
            record_drop(dirs.v[i], RECORD_SUPERVISOR);
        }
        json_free(record);
    }
    opt_list_free(&dirs);
    return any_made;
}

char *records_find(const char *state, const char *mountpoint)
{
    struct opt_list dirs = {0};
    char *found = NULL;

    place_list(state, &dirs);
    for (size_t i = 0; i < dirs.n; i++) {
        if (!names_point(dirs.v[i], RECORD_SERVER, mountpoint) &&
            !names_point(dirs.v[i], RECORD_SUPERVISOR, mountpoint))
            continue;
        if (found != NULL && !alive(dirs.v[i]))
            continue;
        free(found);
        found = xstrdup(dirs.v[i]);
    }
    opt_list_free(&dirs);
    return found;
}

int records_holder(const char *state, const char *dir, const char *mountpoint)
{
    int pid = record_server_pid(dir);
    char *other;

    if (pid <= 0)
        pid = record_supervisor_pid(dir);
    if (pid > 0 || mountpoint == NULL)
        return pid;
    other = records_find(state, mountpoint);
    if (other != NULL) {
        pid = record_server_pid(other);
        if (pid <= 0)
            pid = record_supervisor_pid(other);
    }
    free(other);
    return pid;
}
