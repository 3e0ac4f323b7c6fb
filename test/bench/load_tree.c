/* Finding what is to be measured: MOUNT, a path below the export, and the
 * names and handles of a directory. */
#include "test/bench/load_conn.h"

#include <stdlib.h>
#include <string.h>

struct handle tree_mount(const char *host, const char *port, const char *path)
{
    struct conn *c = conn_open(host, port);
    struct handle root;
    struct reply r;

    conn_ask(c,
        &(struct call){
            .program = PROGRAM_MOUNT, .proc = MOUNTPROC_MNT, .name = path},
        &r);
    if (!reply_handle(&r, &root))
        die(path, "cannot be mounted");
    conn_close(c);
    return root;
}

struct handle tree_walk(struct conn *c, struct handle at, const char *path)
{
    char *copy = strdup(path);
    char *save = NULL;

    for (char *name = strtok_r(copy, "/", &save); name != NULL;
         name = strtok_r(NULL, "/", &save)) {
        struct call call = {.program = PROGRAM_NFS,
            .proc = PROC_LOOKUP,
            .handle = &at,
            .name = name};
        struct reply r;

        conn_ask(c, &call, &r);
        if (!reply_handle(&r, &at))
            die(path, "no such file");
    }
    free(copy);
    return at;
}

static void keep(struct tree *t, size_t *room, const struct entry *e)
{
    if (e->handle.len == 0 || e->name[0] == '.')
        return;
    if (t->n == *room) {
        *room = *room != 0 ? *room * 2 : 1024;
        t->handle = realloc(t->handle, *room * sizeof(*t->handle));
        t->name = realloc(t->name, *room * sizeof(*t->name));
        if (t->handle == NULL || t->name == NULL)
            die("memory", "none left");
    }
    t->handle[t->n] = e->handle;
    t->name[t->n++] = strndup(e->name, e->name_len);
}

void tree_list(struct conn *c, const struct handle *dir, struct tree *out)
{
    struct call call = {.program = PROGRAM_NFS,
        .proc = PROC_READDIRPLUS,
        .handle = dir,
        .count = 65536};
    struct listing l = {0};
    size_t room = 0;

    *out = (struct tree){0};
    do {
        struct reply r;
        struct entry e;

        conn_ask(c, &call, &r);
        if (r.status != 0)
            die("READDIRPLUS", "refused");
        listing_begin(&l, &r, true);
        while (listing_next(&l, &e)) {
            keep(out, &room, &e);
            call.cookie = e.cookie;
        }
        memcpy(call.verifier, l.verifier, sizeof(call.verifier));
    } while (!l.eof);
    if (out->n == 0)
        die("the directory", "has no files with handles");
}

void tree_free(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->name[i]);
    free(t->name);
    free(t->handle);
    *t = (struct tree){0};
}
