/* Looking into trees. Listings never use OFFSET: they seek to the name to go on
 * behind, so that a page costs the same wherever it lies.
 *
 * A walk through sub-folders uses one statement for all levels, and seeks again
 * when it comes back up. What it remembers of a level is where the name begins
 * in the path, so it needs next to no memory in the deepest tree. */
#include "hub/local_meta_tree.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "hub/local_meta_sql.h"

#define ENTRY_COLUMNS "name, mode, lfs, size, oid, sha256, child, last"

static int get_entry(struct sql *q, struct entry *out)
{
    *out = (struct entry){
        .mode = (enum git_mode)sql_get_int(q, 1),
        .lfs = sql_get_int(q, 2) != 0,
        .size = (uint64_t)sql_get_int(q, 3),
        .child = sql_get_int(q, 6),
        .last = sql_get_int(q, 7),
    };
    if (!sql_get_blob(q, 4, out->oid, SHA1_SIZE))
        return -EIO;
    if (!entry_is_folder(out) && !sql_get_blob(q, 5, out->sha256, SHA256_SIZE))
        return -EIO;
    return 0;
}

static int find_name(struct meta_db *db, int64_t tree, const char *name,
    size_t len, struct entry *out)
{
    struct sql *q = sql(db,
        "SELECT " ENTRY_COLUMNS " FROM entry WHERE tree = ?1 AND name = ?2");
    int err;

    sql_int(q, 1, tree);
    sql_textn(q, 2, name, len);
    err = sql_first(q);
    if (err != 0)
        return err;
    err = get_entry(q, out);
    sql_done(q);
    return err;
}

int meta_path_find(struct meta_db *db, const struct commit *commit,
    const char *path, struct entry *out)
{
    struct entry e = {
        .mode = GIT_TREE,
        .size = commit->tree_size,
        .child = commit->tree,
    };
    int err = 0;

    memcpy(e.oid, commit->tree_oid, SHA1_SIZE);
    while (*path != '\0' && err == 0) {
        size_t n = strcspn(path, "/");

        err =
            entry_is_folder(&e) ? find_name(db, e.child, path, n, &e) : -ENOENT;
        path += n + (path[n] == '/');
    }
    if (err == 0)
        *out = e;
    return err;
}

/* One folder of a walk that is under way. */
struct level {
    int64_t tree;
    size_t name_at; /* in the path, of this folder's entries */
};

struct walker {
    struct meta_db *db;
    const struct walk *walk;
    meta_entry_fn *fn;
    void *ctx;
    struct buf levels; /* of struct level */
    char path[2 * PATH_TOTAL_MAX + 2];
};

static struct level *top(struct walker *w)
{
    assert(w->levels.len >= sizeof(struct level));
    return (struct level *)(void *)(w->levels.data + w->levels.len) - 1;
}

/* Goes into the folder that the path names now; "" for the root. */
static int push(struct walker *w, int64_t tree)
{
    struct level *l = (struct level *)(void *)buf_grow(&w->levels, sizeof(*l));
    size_t n = strlen(w->path);

    if (n + 1 + PATH_NAME_MAX >= sizeof(w->path))
        return -ENAMETOOLONG;
    if (n > 0)
        w->path[n++] = '/';
    w->path[n] = '\0';
    *l = (struct level){.tree = tree, .name_at = n};
    return 0;
}

/* Back to the folder above; the path names the one that is done. */
static void pop(struct walker *w)
{
    size_t n = top(w)->name_at;

    w->levels.len -= sizeof(struct level);
    w->path[n > 0 ? n - 1 : 0] = '\0';
}

static void set_name(struct walker *w, const char *name, size_t len)
{
    char *to = w->path + top(w)->name_at;
    size_t room = sizeof(w->path) - top(w)->name_at - 1;

    len = min_size(len, room);
    memcpy(to, name, len);
    to[len] = '\0';
}

/* Follows the cursor down as far as it still exists: behind a folder come the
 * entries in it. */
static int seek(struct walker *w, const char *after)
{
    int err = 0;

    while (err == 0 && *after != '\0') {
        size_t n = strcspn(after, "/");
        struct entry e;

        set_name(w, after, n);
        after += n + (after[n] == '/');
        if (!w->walk->recursive)
            break;
        err = find_name(w->db, top(w)->tree, w->path + top(w)->name_at,
            strlen(w->path + top(w)->name_at), &e);
        if (err == -ENOENT)
            return 0;
        if (err == 0 && !entry_is_folder(&e))
            break;
        if (err == 0)
            err = push(w, e.child);
    }
    return err;
}

/* The rest of the folder on top, or until there is one to go into. Sets *more
 * to false when the walk is over, or fn had enough. */
static int scan(struct walker *w, bool *more)
{
    struct sql *q = sql(w->db,
        "SELECT " ENTRY_COLUMNS
        " FROM entry WHERE tree = ?1 AND name > ?2 ORDER BY name");
    struct entry e = {0};
    bool down = false;
    int err = 0;
    int got;

    sql_int(q, 1, top(w)->tree);
    sql_text(q, 2, w->path + top(w)->name_at);
    while (!down && *more && (got = sql_step(q)) != 0) {
        const char *name = sql_get_text(q, 0);

        err = got < 0 ? got : get_entry(q, &e);
        if (err != 0)
            break;
        set_name(w, name, strlen(name));
        *more = w->fn(w->ctx, w->path, &e);
        down = w->walk->recursive && entry_is_folder(&e);
    }
    sql_done(q);
    if (err != 0 || !*more)
        return err;
    if (down)
        return push(w, e.child);
    pop(w);
    *more = w->levels.len > 0;
    return 0;
}

int meta_walk(
    struct meta_db *db, const struct walk *walk, meta_entry_fn *fn, void *ctx)
{
    struct walker w = {.db = db, .walk = walk, .fn = fn, .ctx = ctx};
    const char *after = walk->after;
    bool more = true;
    int err;

    if (strlen(walk->path) > PATH_TOTAL_MAX)
        return -ENAMETOOLONG;
    memcpy(w.path, walk->path, strlen(walk->path) + 1);
    err = push(&w, walk->tree);
    /* A cursor from another folder starts this one from its beginning. */
    if (err == 0 && after != NULL &&
        strncmp(after, w.path, top(&w)->name_at) == 0)
        err = seek(&w, after + top(&w)->name_at);
    while (err == 0 && more)
        err = scan(&w, &more);
    buf_free(&w.levels);
    return err;
}
