/* Making a commit out of a parent and a list of changes.
 *
 * The changes are sorted by path, so those below one folder are neighbours:
 * make_folder() takes the slice of one folder, cuts it into edits of names,
 * recurses for sub-folders, and merges the result with the folder's old rows.
 * A folder without changes is not looked at, and keeps its tree. */
#include "hub/local_meta_commit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/local_meta.h"
#include "hub/local_meta_lfs.h"
#include "hub/local_meta_rows.h"
#include "hub/local_meta_sql.h"

struct maker {
    struct meta_db *db;
    int64_t commit; /* the id of what is being made */
    char **clash;   /* where a path goes that cannot be; or NULL */
};

/* All that is to happen to one name of a folder, in this order. */
struct edit {
    const char *name;
    size_t len;
    bool remove;
    const struct entry *put;    /* a file; or NULL */
    const struct change *below; /* changes in a folder of this name */
    size_t n_below;
};

/* A folder that is being put together. */
struct folder {
    struct rows rows;
    size_t strip; /* bytes of a change's path before its name here */
    bool changed;
};

static int make_folder(struct maker *m, struct entry *folder,
    const struct change *change, size_t n, size_t strip);

static int compare_edits(const void *left, const void *right)
{
    const struct edit *a = left;
    const struct edit *b = right;
    int order = memcmp(a->name, b->name, min_size(a->len, b->len));

    if (order != 0)
        return order;
    return a->len < b->len ? -1 : a->len > b->len;
}

/* One edit per name, sorted. "a", "a-b" and "a/b" come in this order, so those
 * of one name are not always neighbours before. */
static struct edit *sort_edits(struct edit *edit, size_t *n)
{
    size_t used = 0;

    qsort(edit, *n, sizeof(*edit), compare_edits);
    for (size_t i = 0; i < *n; i++) {
        struct edit *e = &edit[used > 0 ? used - 1 : 0];

        if (used == 0 || compare_edits(e, &edit[i]) != 0) {
            edit[used++] = edit[i];
            continue;
        }
        e->remove = e->remove || edit[i].remove;
        if (edit[i].put != NULL)
            e->put = edit[i].put;
        if (edit[i].below != NULL) {
            e->below = edit[i].below;
            e->n_below = edit[i].n_below;
        }
    }
    *n = used;
    return edit;
}

static struct edit *edits_of(
    const struct change *change, size_t n, size_t strip, size_t *n_edits)
{
    struct edit *edit = xcalloc(n, sizeof(*edit));

    *n_edits = 0;
    for (size_t i = 0; i < n;) {
        const char *name = change[i].path + strip;
        size_t len = strcspn(name, "/");
        size_t first = i++;
        struct edit *e = &edit[(*n_edits)++];

        *e = (struct edit){.name = name, .len = len};
        if (name[len] == '\0') {
            e->remove = change[first].remove;
            e->put = e->remove ? NULL : &change[first].entry;
            continue;
        }
        while (i < n && strncmp(change[i].path + strip, name, len + 1) == 0)
            i++;
        e->below = &change[first];
        e->n_below = i - first;
    }
    return sort_edits(edit, n_edits);
}

/* By content: a folder that was removed and put again is the same one. */
static bool same(const struct entry *a, const struct entry *b)
{
    return a->mode == b->mode && a->lfs == b->lfs && a->size == b->size &&
        memcmp(a->oid, b->oid, SHA1_SIZE) == 0;
}

/* What a folder of this name becomes; child 0: there is none. */
static int edit_folder(struct maker *m, const struct folder *f,
    const struct edit *e, const struct entry *old, struct entry *out)
{
    *out = (struct entry){.mode = GIT_TREE};
    if (old != NULL && entry_is_folder(old) && !e->remove)
        *out = *old;
    if (e->n_below == 0)
        return 0;
    return make_folder(m, out, e->below, e->n_below, f->strip + e->len + 1);
}

/* And a file; false: there is none. */
static bool edit_file(const struct maker *m, const struct edit *e,
    const struct entry *old, struct entry *out)
{
    if (e->put != NULL) {
        *out = *e->put;
        out->child = 0;
        out->last = m->commit;
        return true;
    }
    if (old == NULL || entry_is_folder(old) || e->remove)
        return false;
    *out = *old;
    return true;
}

/* What becomes of a name: old is what it was, or NULL. */
static int edit_name(struct maker *m, struct folder *f, const struct edit *e,
    const struct entry *old)
{
    struct entry folder;
    struct entry now;
    bool file = edit_file(m, e, old, &now);
    int err = edit_folder(m, f, e, old, &folder);

    if (err != 0)
        return err;
    if (file && folder.child != 0) {
        if (m->clash != NULL)
            *m->clash = xstrndup(e->name - f->strip, f->strip + e->len);
        return -ENOTDIR;
    }
    if (!file)
        now = folder;
    if (!file && folder.child == 0) {
        f->changed = f->changed || old != NULL;
        return 0;
    }
    if (old != NULL && same(&now, old))
        now = *old;
    else
        f->changed = true;
    rows_add(&f->rows, e->name, e->len, &now);
    return 0;
}

/* Merges the rows of the old tree with the edits, both sorted by name. */
static int merge(struct maker *m, struct folder *f, const struct rows *old,
    const struct edit *edit, size_t n_edits)
{
    size_t n_rows;
    const struct row *row = rows_list(old, &n_rows);
    size_t i = 0;
    size_t k = 0;
    int err = 0;

    while (err == 0 && (i < n_rows || k < n_edits)) {
        struct edit at = {0};
        int order = i < n_rows ? -1 : 1;

        if (i < n_rows) {
            at.name = row_name(old, &row[i]);
            at.len = strlen(at.name);
        }
        if (i < n_rows && k < n_edits)
            order = compare_edits(&at, &edit[k]);
        if (order < 0)
            rows_add(&f->rows, at.name, at.len, &row[i].entry);
        else
            err = edit_name(m, f, &edit[k], order == 0 ? &row[i].entry : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    return err;
}

/* Applies the changes to a folder, which has no tree (child 0) when it is new.
 * One that is empty afterwards has none either. */
static int make_folder(struct maker *m, struct entry *folder,
    const struct change *change, size_t n, size_t strip)
{
    struct rows old = {0};
    struct folder new = {.strip = strip};
    size_t n_edits = 0;
    struct edit *edit = edits_of(change, n, strip, &n_edits);
    int err = rows_read(m->db, folder->child, &old);

    if (err == 0)
        err = merge(m, &new, &old, edit, n_edits);
    if (err == 0 && new.changed &&new.rows.list.len == 0)
        folder->child = 0;
    else if (err == 0 && new.changed)
        err = rows_write(m->db, &new.rows, m->commit, folder);
    free(edit);
    rows_free(&old);
    rows_free(&new.rows);
    return err;
}

/* The row must be there before the entries that refer to it; its real id is
 * known only after them. */
static int insert_commit(struct maker *m, const struct new_commit *c)
{
    struct sql *q = sql(m->db,
        "INSERT INTO history (repo, oid, tree, parent, depth, time, author,"
        " title, message) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8)");
    uint8_t placeholder[SHA1_SIZE];
    int err;

    random_bytes(placeholder, sizeof(placeholder));
    sql_int(q, 1, c->repo->id);
    sql_blob(q, 2, placeholder, sizeof(placeholder));
    sql_int(q, 3, c->parent != NULL ? c->parent->id : 0);
    sql_int(q, 4, c->parent != NULL ? (int64_t)c->parent->depth + 1 : 1);
    sql_int(q, 5, c->time_s);
    sql_text(q, 6, c->author);
    sql_text(q, 7, c->title);
    sql_text(q, 8, c->message);
    err = sql_run(q);
    m->commit = sql_last_id(m->db);
    return err;
}

static int delete_commit(struct maker *m)
{
    struct sql *q = sql(m->db, "DELETE FROM history WHERE id = ?1");

    sql_int(q, 1, m->commit);
    return sql_run(q);
}

/* The same change made twice from one parent in one second is one commit to
 * git, and one here. */
static int use_twin(struct maker *m, const struct new_commit *c,
    const uint8_t *oid, bool *found)
{
    struct sql *q =
        sql(m->db, "SELECT id FROM history WHERE repo = ?1 AND oid = ?2");
    int64_t id;
    int err;

    sql_int(q, 1, c->repo->id);
    sql_blob(q, 2, oid, SHA1_SIZE);
    err = sql_first(q);
    *found = err == 0;
    if (err != 0)
        return err == -ENOENT ? 0 : err;
    id = sql_get_int(q, 0);
    sql_done(q);
    err = delete_commit(m);
    m->commit = id;
    return err;
}

void commit_oid(struct git_commit *git, const char *title, const char *message,
    uint8_t oid[static SHA1_SIZE])
{
    char *text = message[0] != '\0' ? xasprintf("%s\n\n%s", title, message)
                                    : xstrdup(title);

    git->message = text;
    git_commit_oid(git, oid);
    git->message = NULL;
    free(text);
}

static int finish_commit(
    struct maker *m, const struct new_commit *c, const struct entry *root)
{
    struct git_commit git = {
        .tree = root->oid,
        .parent = c->parent != NULL ? c->parent->oid : NULL,
        .author = c->author,
        .time_s = c->time_s,
    };
    uint8_t oid[SHA1_SIZE];
    bool twin = false;
    struct sql *q;
    int err;

    commit_oid(&git, c->title, c->message, oid);
    err = use_twin(m, c, oid, &twin);
    if (err != 0 || twin)
        return err;
    q = sql(m->db, "UPDATE history SET oid = ?2, tree = ?3 WHERE id = ?1");
    sql_int(q, 1, m->commit);
    sql_blob(q, 2, oid, sizeof(oid));
    sql_int(q, 3, root->child);
    return sql_run(q);
}

static int touch_repo(struct meta_db *db, const struct new_commit *c)
{
    struct repo repo = *c->repo;

    repo.updated_s = c->time_s;
    return meta_repo_put(db, &repo);
}

int meta_commit_add(struct meta_db *db, const struct new_commit *c,
    struct commit *out, bool *made)
{
    struct maker m = {.db = db, .clash = c->clash};
    struct entry root = {.mode = GIT_TREE};
    struct rows none = {0}; /* of a commit without files */
    int64_t before = c->parent != NULL ? c->parent->tree : 0;
    int err;

    root.child = before;
    err = insert_commit(&m, c);
    if (err == 0 && c->n > 0)
        err = make_folder(&m, &root, c->change, c->n, 0);
    if (err == 0 && root.child == 0)
        err = rows_write(db, &none, m.commit, &root);
    if (err != 0)
        return err;
    *made = root.child != before &&
        (c->parent == NULL ||
            memcmp(root.oid, c->parent->tree_oid, SHA1_SIZE) != 0);
    if (!*made) {
        assert(c->parent != NULL); /* else there was no tree */
        *out = *c->parent;
        return delete_commit(&m);
    }
    err = finish_commit(&m, c, &root);
    if (err == 0)
        err = meta_lfs_note(db, c);
    if (err == 0)
        err = meta_ref_put(db, c->repo, c->ref, m.commit);
    if (err == 0 && strcmp(c->ref, "refs/heads/" DEFAULT_BRANCH) == 0)
        err = touch_repo(db, c);
    return err == 0 ? meta_commit_get(db, m.commit, out) : err;
}
