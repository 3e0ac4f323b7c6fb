/* Lists of changes. Paths lie in one growing buffer, so what points to them is
 * set when the list is complete. */
#include "hub/local_changes.h"

#include <stdlib.h>
#include <string.h>

static void add(struct changes *l, const char *path, const struct change *c)
{
    size_t at = l->paths.len;

    buf_add(&l->list, c, sizeof(*c));
    buf_add(&l->at, &at, sizeof(at));
    buf_add(&l->paths, path, strlen(path) + 1);
}

void changes_put(struct changes *l, const char *path, const struct entry *entry)
{
    struct change c = {.entry = *entry};

    add(l, path, &c);
}

void changes_remove(struct changes *l, const char *path)
{
    struct change c = {.remove = true};

    add(l, path, &c);
}

static bool put_file(void *ctx, const char *path, const struct entry *entry)
{
    if (!entry_is_folder(entry))
        changes_put(ctx, path, entry);
    return true;
}

int changes_put_all(
    struct changes *l, struct meta_db *db, const struct commit *commit)
{
    struct walk walk = {.tree = commit->tree, .path = "", .recursive = true};

    return meta_walk(db, &walk, put_file, l);
}

static int compare(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;
    int order = strcmp(a->path, b->path);

    return order != 0 ? order : (int)b->remove - (int)a->remove;
}

const struct change *changes_sorted(struct changes *l, size_t *n)
{
    struct change *change = (struct change *)(void *)l->list.data;
    const size_t *at = (const size_t *)(const void *)l->at.data;

    *n = l->list.len / sizeof(*change);
    for (size_t i = 0; i < *n; i++)
        change[i].path = (const char *)l->paths.data + at[i];
    if (*n > 1)
        qsort(change, *n, sizeof(*change), compare);
    return change;
}

void changes_fini(struct changes *l)
{
    buf_free(&l->list);
    buf_free(&l->at);
    buf_free(&l->paths);
}
