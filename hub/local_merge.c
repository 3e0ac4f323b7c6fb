/* Comparing trees, and merging by files: what is inside of them is not looked
 * at. Folders that are the same, by git's id, are not gone into. */
#include "hub/local_merge.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "hub/local_plan.h"

#define PATH_ROOM (PATH_TOTAL_MAX + PATH_NAME_MAX + 2)

struct differ {
    struct meta_db *db;
    tree_diff_fn *fn;
    void *ctx;
    bool more;
    char path[PATH_ROOM];
};

/* The entries of one folder. */
struct node {
    size_t name; /* in names */
    struct entry entry;
};

struct list {
    struct buf nodes;
    struct buf names;
};

static bool add_node(void *ctx, const char *name, const struct entry *entry)
{
    struct list *l = ctx;
    struct node node = {.name = l->names.len, .entry = *entry};

    buf_add(&l->nodes, &node, sizeof(node));
    buf_add(&l->names, name, strlen(name) + 1);
    return true;
}

static int load(struct meta_db *db, int64_t tree, struct list *out)
{
    struct walk walk = {.tree = tree, .path = ""};

    return tree != 0 ? meta_walk(db, &walk, add_node, out) : 0;
}

static const struct node *node_at(
    const struct list *l, size_t i, const char **name)
{
    const struct node *node =
        (const struct node *)(const void *)l->nodes.data + i;

    if (i >= l->nodes.len / sizeof(*node))
        return NULL;
    *name = (const char *)l->names.data + node->name;
    return node;
}

static void list_free(struct list *l)
{
    buf_free(&l->nodes);
    buf_free(&l->names);
}

static bool is_file(const struct entry *e)
{
    return e != NULL && !entry_is_folder(e);
}

static int64_t folder_of(const struct entry *e)
{
    return e != NULL && entry_is_folder(e) ? e->child : 0;
}

/* Two entries, or the lack of one. */
static bool same(const struct entry *a, const struct entry *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->mode == b->mode && a->lfs == b->lfs &&
        memcmp(a->oid, b->oid, SHA1_SIZE) == 0;
}

static int diff_folder(struct differ *d, int64_t before, int64_t after);

static int diff_name(
    struct differ *d, const struct entry *before, const struct entry *after)
{
    int64_t old = folder_of(before);
    int64_t new = folder_of(after);

    if (same(before, after))
        return 0;
    if (is_file(before) || is_file(after))
        d->more = d->fn(d->ctx, d->path, is_file(before) ? before : NULL,
            is_file(after) ? after : NULL);
    return old != 0 || new != 0 ? diff_folder(d, old, new) : 0;
}

/* Puts the name behind the folder's path, which ends at n. */
static int set_name(struct differ *d, size_t n, const char *name)
{
    size_t len = strlen(name);

    if (n + 1 + len >= sizeof(d->path))
        return -ENAMETOOLONG;
    if (n > 0)
        d->path[n++] = '/';
    memcpy(d->path + n, name, len + 1);
    return 0;
}

static int merge_lists(
    struct differ *d, const struct list *before, const struct list *after)
{
    size_t n = strlen(d->path);
    size_t i = 0;
    size_t k = 0;
    int err = 0;

    while (err == 0 && d->more) {
        const char *old_name = NULL;
        const char *new_name = NULL;
        const struct node *old = node_at(before, i, &old_name);
        const struct node *new = node_at(after, k, &new_name);
        int order;

        if (old == NULL && new == NULL)
            break;
        if (old != NULL && new != NULL)
            order = strcmp(old_name, new_name);
        else
            order = old != NULL ? -1 : 1;
        err = set_name(d, n, order <= 0 ? old_name : new_name);
        if (err == 0)
            err = diff_name(d, order <= 0 ? &old->entry : NULL,
                order >= 0 ? &new->entry : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    d->path[n] = '\0';
    return err;
}

static int diff_folder(struct differ *d, int64_t before, int64_t after)
{
    struct list old = {0};
    struct list new = {0};
    int err = load(d->db, before, &old);

    if (err == 0)
        err = load(d->db, after, &new);
    if (err == 0)
        err = merge_lists(d, &old, &new);
    list_free(&old);
    list_free(&new);
    return err;
}

int tree_diff(struct meta_db *db, const struct commit *before,
    const struct commit *after, tree_diff_fn *fn, void *ctx)
{
    struct differ d = {.db = db, .fn = fn, .ctx = ctx, .more = true};

    if (memcmp(before->tree_oid, after->tree_oid, SHA1_SIZE) == 0)
        return 0;
    return diff_folder(&d, before->tree, after->tree);
}

/* ---- Merging */

struct merger {
    struct meta_db *db;
    const struct commit *base;
    const struct commit *target;
    struct merge *out;
    int err;
};

/* NULL when there is nothing at path. */
static const struct entry *look(struct merger *m, const struct commit *commit,
    const char *path, struct entry *room)
{
    int err = meta_path_find(m->db, commit, path, room);

    if (err != 0 && err != -ENOENT && m->err == 0)
        m->err = err;
    return err == 0 ? room : NULL;
}

/* Whether target has at path what base had. Of a folder on the way to a file
 * that is put, only a file in its place matters. */
static bool untouched(struct merger *m, const char *path, bool on_the_way)
{
    struct entry rooms[2];
    const struct entry *now = look(m, m->target, path, &rooms[0]);

    if (on_the_way && !is_file(now))
        return true;
    return same(look(m, m->base, path, &rooms[1]), now);
}

static bool free_way(struct merger *m, const char *path)
{
    char above[PATH_ROOM];
    size_t len = strlen(path);
    bool good = true;

    if (len >= sizeof(above))
        return false;
    memcpy(above, path, len + 1);
    for (char *slash = above; good && (slash = strchr(slash, '/')) != NULL;
         slash++) {
        *slash = '\0';
        good = untouched(m, above, true);
        *slash = '/';
    }
    return good;
}

static bool merge_file(void *ctx, const char *path, const struct entry *before,
    const struct entry *after)
{
    struct merger *m = ctx;
    struct entry room = {0};

    (void)before;
    if (same(look(m, m->target, path, &room), after))
        return m->err == 0; /* both sides did this */
    if (!untouched(m, path, false) || (after != NULL && !free_way(m, path))) {
        buf_add(&m->out->conflicts, path, strlen(path) + 1);
        m->out->n_conflicts++;
    } else if (after != NULL) {
        plan_put(m->out->plan, path, after);
    } else if (m->err == 0) {
        m->err = plan_remove_file(m->out->plan, path);
    }
    return m->err == 0;
}

int merge_commits(struct meta_db *db, const struct commit *base,
    const struct commit *head, const struct commit *target, struct merge *out)
{
    struct merger m = {.db = db, .base = base, .target = target, .out = out};
    int err;

    *out = (struct merge){.plan = plan_new(db, target)};
    err = tree_diff(db, base, head, merge_file, &m);
    return err == 0 ? m.err : err;
}

void merge_fini(struct merge *m)
{
    plan_free(m->plan);
    buf_free(&m->conflicts);
    *m = (struct merge){0};
}
