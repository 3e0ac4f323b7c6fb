/* Every path that is named, and every folder above one, has a node with the
 * step at which something happened to it last. What holds in the end, and at
 * any step, follows from comparing steps: a file is there when it was put after
 * the last removal of itself or of a folder above it. A line costs the depth
 * of its path and at most one look into the tree, however many lines there
 * are. */
#include "hub/local_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/buf.h"

struct node {
    size_t put;            /* steps, from 1; 0: never */
    size_t removed;        /* as a file */
    size_t folder_removed; /* with all in it */
    size_t put_below;      /* a file in it */
    bool old_removed;      /* what the base has there */
    struct entry entry;
    UT_hash_handle hh;
    char path[];
};

struct plan {
    struct meta_db *db;
    const struct commit *base;
    struct node *nodes;
    uint64_t salt; /* paths come from outside */
    size_t step;
    struct buf changes;
};

struct plan *plan_new(struct meta_db *db, const struct commit *base)
{
    struct plan *p = xcalloc(1, sizeof(*p));

    p->db = db;
    p->base = base;
    random_bytes(&p->salt, sizeof(p->salt));
    return p;
}

void plan_free(struct plan *p)
{
    struct node *n;
    struct node *next;

    if (p == NULL)
        return;
    n = p->nodes;
    HASH_CLEAR(hh, p->nodes);
    for (; n != NULL; n = next) {
        next = n->hh.next;
        free(n);
    }
    buf_free(&p->changes);
    free(p);
}

static struct node *find(const struct plan *p, const char *path, size_t len)
{
    unsigned hash = (unsigned)checksum64(path, len, p->salt);
    struct node *n;

    HASH_FIND_BYHASHVALUE(hh, p->nodes, path, len, hash, n);
    return n;
}

static struct node *get(struct plan *p, const char *path, size_t len)
{
    struct node *n = find(p, path, len);

    if (n != NULL)
        return n;
    n = xcalloc(1, sizeof(*n) + len + 1);
    memcpy(n->path, path, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, p->nodes, n->path, len,
        (unsigned)checksum64(path, len, p->salt), n);
    return n;
}

/* The length of the path of the folder that this one is in; 0: the root. */
static size_t above(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return len > 0 ? len - 1 : 0;
}

/* The step at which a folder above path was removed last. */
static size_t swept(const struct plan *p, const char *path)
{
    size_t last = 0;

    for (size_t len = above(path, strlen(path)); len > 0;
         len = above(path, len)) {
        const struct node *n = find(p, path, len);

        if (n != NULL)
            last = max_size(last, n->folder_removed);
    }
    return last;
}

/* The step at which a file at the node was removed last. */
static size_t gone(const struct plan *p, const struct node *n)
{
    return max_size(max_size(n->removed, n->folder_removed), swept(p, n->path));
}

static bool is_put(const struct plan *p, const struct node *n)
{
    return n->put > gone(p, n);
}

void plan_put(struct plan *p, const char *path, const struct entry *entry)
{
    size_t len = strlen(path);
    struct node *n = get(p, path, len);

    n->put = ++p->step;
    n->entry = *entry;
    while ((len = above(path, len)) > 0)
        get(p, path, len)->put_below = p->step;
}

static bool put_file(void *ctx, const char *path, const struct entry *entry)
{
    if (!entry_is_folder(entry))
        plan_put(ctx, path, entry);
    return true;
}

int plan_put_all(struct plan *p, const struct commit *commit)
{
    struct walk walk = {.tree = commit->tree, .path = "", .recursive = true};

    return meta_walk(p->db, &walk, put_file, p);
}

/* What the base has at path: 0 and whether it is a folder; -ENOENT. */
static int look(const struct plan *p, const char *path, bool *folder)
{
    struct entry e = {0};
    int err = meta_path_find(p->db, p->base, path, &e);

    *folder = err == 0 && entry_is_folder(&e);
    return err;
}

int plan_remove_file(struct plan *p, const char *path)
{
    struct node *n = get(p, path, strlen(path));
    bool folder = true;
    int err = gone(p, n) == 0 ? look(p, path, &folder) : -ENOENT;
    bool old = err == 0 && !folder;

    if (err != 0 && err != -ENOENT)
        return err;
    if (!old && !is_put(p, n))
        return -ENOENT;
    n->removed = ++p->step;
    n->old_removed = n->old_removed || old;
    return 0;
}

int plan_remove_folder(struct plan *p, const char *path)
{
    struct node *n = get(p, path, strlen(path));
    size_t before = max_size(n->folder_removed, swept(p, path));
    bool folder = false;
    int err = 0;

    if (before == 0)
        err = look(p, path, &folder);
    if (err != 0 && err != -ENOENT)
        return err;
    if (!folder && n->put_below <= before)
        return -ENOENT;
    n->folder_removed = ++p->step;
    n->old_removed = n->old_removed || folder;
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;
    int order = strcmp(a->path, b->path);

    return order != 0 ? order : (int)b->remove - (int)a->remove;
}

static void add(struct plan *p, const struct change *change)
{
    buf_add(&p->changes, change, sizeof(*change));
}

const struct change *plan_changes(struct plan *p, size_t *n)
{
    struct node *node;
    struct node *next;
    struct change *list;

    buf_clear(&p->changes);
    HASH_ITER (hh, p->nodes, node, next) {
        struct change change = {.path = node->path, .remove = true};

        if (node->old_removed)
            add(p, &change);
        change.remove = false;
        change.entry = node->entry;
        if (node->put > 0 && is_put(p, node))
            add(p, &change);
    }
    list = (struct change *)(void *)p->changes.data;
    *n = p->changes.len / sizeof(*list);
    if (*n > 0)
        qsort(list, *n, sizeof(*list), compare);
    return list;
}
