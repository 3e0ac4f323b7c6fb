/* Names of a mount's state. */
#include "cli/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/invocation.h"

#define LOG_NAME_MAX 64

/* 128 bits of SHA-256 are plenty, and leave room in the socket's path. */
static void hash_text(const void *p, size_t n, char out[static PLACE_KEY_SIZE])
{
    uint8_t hash[SHA256_SIZE];

    digest_once(DIGEST_SHA256, p, n, hash);
    hex_format(hash, (PLACE_KEY_SIZE - 1) / 2, out);
}

/* The part of a log's name that people recognise: the mount point's or the
 * repo's last component, as far as it is harmless. */
static void friendly_name(const struct place_id *id, char *out)
{
    const char *from = id->mountpoint != NULL ? id->mountpoint : id->id;
    const char *slash = strrchr(from, '/');
    size_t n = 0;

    if (slash != NULL)
        from = slash + 1;
    for (; *from != '\0' && n < LOG_NAME_MAX - 1; from++) {
        bool plain =
            strchr("./\\", *from) == NULL && (*from & 0x80) == 0 && *from > ' ';

        out[n++] = plain ? *from : '_';
    }
    out[n] = '\0';
}

char *place_point_lock(const char *state, const char *mountpoint)
{
    char hash[PLACE_KEY_SIZE];

    hash_text(mountpoint, strlen(mountpoint), hash);
    return xasprintf("%s/mounts/at-%s.lock", state, hash);
}

void place_name(const char *state, const struct place_id *id, struct place *out)
{
    const char *part[] = {id->mountpoint != NULL ? id->mountpoint : "",
        id->kind, id->id, id->subdir, id->endpoint, id->revision};
    char name[LOG_NAME_MAX];
    struct buf text = {0};

    *out = (struct place){0};
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        buf_add(&text, part[i], strlen(part[i]) + 1);
    hash_text(text.data, text.len, out->key);
    buf_free(&text);
    friendly_name(id, name);
    out->dir = xasprintf("%s/mounts/%s", state, out->key);
    out->lock = xasprintf("%s/lock", out->dir);
    out->control = xasprintf("%s/control", out->dir);
    out->log = xasprintf("%s/logs/%s-%.8s.log", state, name, out->key);
    if (id->mountpoint != NULL)
        out->point_lock = place_point_lock(state, id->mountpoint);
}

void place_fini(struct place *p)
{
    free(p->dir);
    free(p->lock);
    free(p->point_lock);
    free(p->control);
    free(p->log);
    *p = (struct place){0};
}

int place_make(const struct place *p)
{
    char *logs = xstrndup(p->log, (size_t)(strrchr(p->log, '/') - p->log));
    char *all = xstrndup(p->dir, (size_t)(strrchr(p->dir, '/') - p->dir));
    int err = 0;

    if (strlen(p->control) > PLACE_CONTROL_MAX)
        err = -ENAMETOOLONG;
    if (err == 0)
        err = file_mkdirs_own(all);
    if (err == 0)
        err = file_mkdirs_own(p->dir);
    if (err == 0)
        err = file_mkdirs_own(logs);
    free(all);
    free(logs);
    return err;
}

static bool is_key(const char *name)
{
    uint8_t bytes[(PLACE_KEY_SIZE - 1) / 2];

    return hex_parse(name, bytes, sizeof(bytes));
}

void place_list(const char *state, struct opt_list *dirs)
{
    char *path = xasprintf("%s/mounts", state);
    DIR *d = opendir(path);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (is_key(e->d_name)) {
            char *dir = xasprintf("%s/%s", path, e->d_name);

            opt_list_add(dirs, dir);
            free(dir);
        }
    }
    if (d != NULL)
        closedir(d);
    free(path);
}
