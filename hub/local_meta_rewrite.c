/* Commits are gone through in the order they were made, parents first. One
 * that has nothing of what is to go, upon a parent that stays, stays too. Any
 * other gets a new row, and a copy of its trees in which files are left out
 * and the last commits of the others are the new ones. A tree that many
 * commits share is copied once. */
#include "hub/local_meta_rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "hub/local_meta.h"
#include "hub/local_meta_commit.h"
#include "hub/local_meta_rows.h"
#include "hub/local_meta_sql.h"

/* What became of a commit. */
struct moved {
    int64_t old;
    int64_t parent;
    int64_t tree;
    int64_t now; /* old: it stays */
};

/* What is known of a tree. */
struct known {
    int64_t tree;
    bool has;         /* something that is to go */
    bool done;        /* the rest is known */
    bool same;        /* it stays as it is; else now stands in its place, */
    struct entry now; /* with child 0 when nothing is left */
    UT_hash_handle hh;
};

struct rewrite {
    struct meta_db *db;
    const struct repo *repo;
    const struct content_id *id;
    size_t n_ids;
    struct buf commits; /* of struct moved, by old */
    struct known *trees;
};

static int compare_ids(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct content_id));
}

static bool goes(const struct rewrite *r, const struct entry *e)
{
    return !entry_is_folder(e) && e->lfs &&
        bsearch(e->sha256, r->id, r->n_ids, sizeof(*r->id), compare_ids) !=
        NULL;
}

static struct moved *commits(const struct rewrite *r, size_t *n)
{
    *n = r->commits.len / sizeof(struct moved);
    return (struct moved *)(void *)r->commits.data;
}

static int compare_moved(const void *left, const void *right)
{
    int64_t a = ((const struct moved *)left)->old;
    int64_t b = ((const struct moved *)right)->old;

    return a < b ? -1 : a > b;
}

/* What is to stand where a commit's id stood. */
static int64_t now_of(const struct rewrite *r, int64_t commit)
{
    struct moved key = {.old = commit};
    size_t n;
    const struct moved *list = commits(r, &n);
    const struct moved *m =
        n > 0 ? bsearch(&key, list, n, sizeof(*list), compare_moved) : NULL;

    return m != NULL ? m->now : commit;
}

static struct known *know(struct rewrite *r, int64_t tree, bool *is_new)
{
    struct known *k;

    HASH_FIND(hh, r->trees, &tree, sizeof(tree), k);
    *is_new = k == NULL;
    if (k == NULL) {
        k = xcalloc(1, sizeof(*k));
        k->tree = tree;
        HASH_ADD(hh, r->trees, tree, sizeof(k->tree), k);
    }
    return k;
}

/* Whether the tree, or one below it, has something that is to go. */
static int look(struct rewrite *r, int64_t tree, bool *has)
{
    struct rows rows = {0};
    const struct row *row;
    bool is_new;
    struct known *k = know(r, tree, &is_new);
    size_t n;
    int err = is_new ? rows_read(r->db, tree, &rows) : 0;

    row = rows_list(&rows, &n);
    for (size_t i = 0; i < n && err == 0; i++) {
        bool below = goes(r, &row[i].entry);

        if (entry_is_folder(&row[i].entry))
            err = look(r, row[i].entry.child, &below);
        k->has = k->has || below;
    }
    *has = k->has;
    rows_free(&rows);
    return err;
}

static int copy_tree(struct rewrite *r, int64_t tree, struct known **out);

static int copy_row(struct rewrite *r, const char *name,
    const struct entry *old, struct rows *to, bool *same)
{
    struct entry e = *old;
    struct known *k = NULL;
    int err = 0;

    if (goes(r, old)) {
        *same = false;
        return 0;
    }
    if (entry_is_folder(old))
        err = copy_tree(r, old->child, &k);
    if (err != 0)
        return err;
    if (k != NULL && !k->same)
        e = k->now;
    e.last = now_of(r, old->last);
    *same = *same && (k == NULL || k->same) && e.last == old->last;
    if (k == NULL || k->same || e.child != 0)
        rows_add(to, name, strlen(name), &e);
    return 0;
}

/* Trees are as deep as paths have parts, which have a maximum. */
static int copy_tree(struct rewrite *r, int64_t tree, struct known **out)
{
    struct rows from = {0};
    struct rows to = {0};
    const struct row *row;
    struct known *k = know(r, tree, &(bool){false});
    size_t n;
    int err = 0;

    *out = k;
    if (k->done)
        return 0;
    err = rows_read(r->db, tree, &from);
    row = rows_list(&from, &n);
    k->same = true;
    for (size_t i = 0; i < n && err == 0; i++)
        err =
            copy_row(r, row_name(&from, &row[i]), &row[i].entry, &to, &k->same);
    k->now = (struct entry){.mode = GIT_TREE};
    if (err == 0 && !k->same && to.list.len > 0)
        err = rows_write(r->db, &to, 0, &k->now);
    k->done = err == 0;
    rows_free(&from);
    rows_free(&to);
    return err;
}

/* The tree of a commit, as it will be. */
static int copy_root(
    struct rewrite *r, const struct moved *m, struct entry *out)
{
    struct rows none = {0};
    struct commit old;
    struct known *k = NULL;
    int err = copy_tree(r, m->tree, &k);

    if (err != 0)
        return err;
    *out = k->now;
    if (!k->same)
        return k->now.child != 0 ? 0 : rows_write(r->db, &none, 0, out);
    err = meta_commit_get(r->db, m->old, &old);
    if (err == 0) {
        out->child = old.tree;
        memcpy(out->oid, old.tree_oid, SHA1_SIZE);
    }
    return err;
}

/* A row for what will stand in place of a commit. */
static int insert(struct rewrite *r, struct moved *m)
{
    struct sql *q = sql(r->db,
        "INSERT INTO history (repo, oid, tree, parent, depth, time, author,"
        " title, message) SELECT repo, randomblob(20), 0, ?2, depth, time,"
        " author, title, message FROM history WHERE id = ?1");
    int err;

    sql_int(q, 1, m->old);
    sql_int(q, 2, now_of(r, m->parent));
    err = sql_run(q);
    m->now = sql_last_id(r->db);
    return err;
}

/* Two commits that differed in what has gone would be one: the later one moves
 * on by a second. */
static int set_id(struct rewrite *r, const struct moved *m,
    const struct entry *root, struct git_commit *git,
    const struct commit_text *text)
{
    uint8_t oid[SHA1_SIZE];
    int err;

    do {
        struct sql *q = sql(r->db,
            "UPDATE history SET oid = ?2, tree = ?3, time = ?4 WHERE id = ?1");

        commit_oid(git, text->title, text->message, oid);
        sql_int(q, 1, m->now);
        sql_blob(q, 2, oid, sizeof(oid));
        sql_int(q, 3, root->child);
        sql_int(q, 4, git->time_s++);
        err = sql_run(q);
    } while (err == -EEXIST);
    return err;
}

static int fill_in(
    struct rewrite *r, const struct moved *m, const struct entry *root)
{
    struct commit parent = {0};
    struct commit_text text = {0};
    struct git_commit git = {.tree = root->oid};
    int err = meta_commit_text(r->db, m->now, &text);

    if (err == 0 && m->parent != 0) {
        err = meta_commit_get(r->db, now_of(r, m->parent), &parent);
        git.parent = parent.oid;
    }
    git.author = text.author;
    git.time_s = text.time_s;
    if (err == 0)
        err = set_id(r, m, root, &git, &text);
    commit_text_fini(&text);
    return err;
}

static int move_commit(struct rewrite *r, struct moved *m)
{
    struct entry root = {0};
    bool has = false;
    int err = look(r, m->tree, &has);

    if (err != 0 || (!has && now_of(r, m->parent) == m->parent))
        return err;
    err = insert(r, m);
    if (err == 0)
        err = copy_root(r, m, &root);
    return err == 0 ? fill_in(r, m, &root) : err;
}

static int list_commits(struct rewrite *r)
{
    struct sql *q = sql(r->db,
        "SELECT id, parent, tree FROM history WHERE repo = ?1 ORDER BY id");
    int got;

    sql_int(q, 1, r->repo->id);
    while ((got = sql_step(q)) == 1) {
        struct moved m = {
            .old = sql_get_int(q, 0),
            .parent = sql_get_int(q, 1),
            .tree = sql_get_int(q, 2),
        };

        m.now = m.old;
        buf_add(&r->commits, &m, sizeof(m));
    }
    sql_done(q);
    return got;
}

/* Whatever named the old commit; then the old one goes. */
static int rename_commit(struct rewrite *r, const struct moved *m)
{
    static const char events[] =
        "UPDATE event SET head = ?2 WHERE head = ?1 AND discussion IN"
        " (SELECT id FROM discussion WHERE repo = ?3)";
    static const char *const statement[] = {
        "UPDATE ref SET target = ?2 WHERE repo = ?3 AND target = ?1",
        "UPDATE discussion SET base = ?2 WHERE repo = ?3 AND base = ?1",
        "UPDATE discussion SET merged = ?2 WHERE repo = ?3 AND merged = ?1",
        events,
        "DELETE FROM history WHERE id = ?1 AND id != ?2 AND repo = ?3",
    };
    int err = 0;

    for (size_t i = 0; i < ARRAY_LEN(statement) && err == 0; i++) {
        struct sql *q = sql(r->db, statement[i]);

        sql_int(q, 1, m->old);
        sql_int(q, 2, m->now);
        sql_int(q, 3, r->repo->id);
        err = sql_run(q);
    }
    return err;
}

static void forget(struct rewrite *r)
{
    struct known *k = r->trees;
    struct known *next;

    HASH_CLEAR(hh, r->trees);
    for (; k != NULL; k = next) {
        next = k->hh.next;
        free(k);
    }
    buf_free(&r->commits);
}

int meta_rewrite_without(struct meta_db *db, const struct repo *repo,
    struct content_id *id, size_t n)
{
    struct rewrite r = {.db = db, .repo = repo, .id = id, .n_ids = n};
    struct moved *m;
    size_t n_commits;
    int err;

    if (n == 0)
        return 0;
    qsort(id, n, sizeof(*id), compare_ids);
    err = list_commits(&r);
    m = commits(&r, &n_commits);
    for (size_t i = 0; i < n_commits && err == 0; i++)
        err = move_commit(&r, &m[i]);
    for (size_t i = 0; i < n_commits && err == 0; i++) {
        if (m[i].now != m[i].old)
            err = rename_commit(&r, &m[i]);
    }
    forget(&r);
    return err;
}
