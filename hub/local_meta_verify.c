/* All rows once, in the order in which they lie. */
#include "hub/local_meta_verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_git.h"
#include "hub/local_meta_sql.h"
#include "hub/local_meta_xet.h"
#include "hub/local_meta_tree.h"

static void complain(const struct verify_rows *v, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

static void complain(const struct verify_rows *v, const char *fmt, ...)
{
    va_list ap;
    char *line = NULL;

    va_start(ap, fmt);
    if (vasprintf(&line, fmt, ap) < 0)
        abort();
    va_end(ap);
    v->say(v->ctx, line);
    free(line);
}

/* ---- Trees: rows of entries come by tree and name. */

struct tree {
    int64_t id;
    uint64_t size;
    struct buf entries; /* of struct git_entry; names are offsets so far */
    struct buf names;
    struct buf oids;
};

static void tree_clear(struct tree *t)
{
    t->size = 0;
    buf_clear(&t->entries);
    buf_clear(&t->names);
    buf_clear(&t->oids);
}

static void tree_fini(struct tree *t)
{
    buf_free(&t->entries);
    buf_free(&t->names);
    buf_free(&t->oids);
}

static void tree_oid(struct tree *t, uint8_t oid[static SHA1_SIZE])
{
    struct git_entry *e = (struct git_entry *)(void *)t->entries.data;
    size_t n = t->entries.len / sizeof(*e);

    for (size_t i = 0; i < n; i++) {
        e[i].name = (const char *)t->names.data + (uintptr_t)e[i].name;
        e[i].oid = t->oids.data + i * SHA1_SIZE;
    }
    git_tree_oid(e, n, oid);
}

/* The rows of one tree are complete. */
static int check_tree(struct meta_db *db, struct verify_rows *v, struct tree *t)
{
    struct sql *q = sql(db, "SELECT oid, size FROM tree WHERE id = ?1");
    uint8_t wanted[SHA1_SIZE];
    uint8_t got[SHA1_SIZE];
    uint64_t size;
    int err;

    if (t->id == 0)
        return 0;
    v->trees++;
    sql_int(q, 1, t->id);
    err = sql_first(q);
    if (err == -ENOENT) {
        complain(
            v, "tree %lld: has entries, and is not there", (long long)t->id);
        return 0;
    }
    if (err != 0)
        return err;
    size = (uint64_t)sql_get_int(q, 1);
    err = sql_get_blob(q, 0, wanted, sizeof(wanted)) ? 0 : -EIO;
    sql_done(q);
    tree_oid(t, got);
    if (err == 0 && memcmp(got, wanted, sizeof(got)) != 0)
        complain(v, "tree %lld: its id is not that of its entries",
            (long long)t->id);
    if (err == 0 && size != t->size)
        complain(v, "tree %lld: its size is not that of its files",
            (long long)t->id);
    return err;
}

/* A folder's entry names the tree that it leads to. */
static int check_child(
    struct meta_db *db, struct verify_rows *v, int64_t id, const uint8_t *oid)
{
    struct sql *q = sql(db, "SELECT oid FROM tree WHERE id = ?1");
    uint8_t got[SHA1_SIZE] = {0};
    int err;

    sql_int(q, 1, id);
    err = sql_first(q);
    if (err == 0) {
        (void)sql_get_blob(q, 0, got, sizeof(got));
        sql_done(q);
    }
    if (err != 0 && err != -ENOENT)
        return err;
    if (memcmp(got, oid, sizeof(got)) != 0)
        complain(v, "tree %lld: is not what the folder above it says",
            (long long)id);
    return 0;
}

static void add_claim(
    struct verify_rows *v, const char *name, const struct claim *claim)
{
    char pointer[LFS_POINTER_MAX];
    uint8_t oid[SHA1_SIZE];

    v->files++;
    if (claim->lfs) {
        git_blob_oid(
            pointer, lfs_pointer(claim->sha256, claim->size, pointer), oid);
        if (memcmp(oid, claim->oid, sizeof(oid)) != 0)
            complain(v, "file %s: its id is not that of its LFS pointer", name);
    }
    buf_add(&v->claims, claim, sizeof(*claim));
}

static void add_row(struct tree *t, struct sql *q, const uint8_t *oid)
{
    const char *name = sql_get_text(q, 1);
    struct git_entry e = {
        .name = (const char *)(uintptr_t)t->names.len,
        .mode = (enum git_mode)sql_get_int(q, 2),
    };

    buf_add(&t->names, name, strlen(name) + 1);
    buf_add(&t->oids, oid, SHA1_SIZE);
    buf_add(&t->entries, &e, sizeof(e));
    t->size += (uint64_t)sql_get_int(q, 4);
}

/* 0 when all repos that had it have removed it for good. */
static int is_held(struct meta_db *db, const uint8_t *sha256)
{
    struct sql *q =
        sql(db, "SELECT 1 FROM lfs WHERE sha256 = ?1 AND removed = 0");
    int got;

    sql_blob(q, 1, sha256, SHA256_SIZE);
    got = sql_step(q);
    sql_done(q);
    return got;
}

static int check_entry(
    struct meta_db *db, struct verify_rows *v, struct tree *t, struct sql *q)
{
    struct claim claim = {.size = (uint64_t)sql_get_int(q, 4)};
    int err;

    if (!sql_get_blob(q, 5, claim.oid, sizeof(claim.oid))) {
        complain(v, "file %s: has no id", sql_get_text(q, 1));
        return 0;
    }
    add_row(t, q, claim.oid);
    if (sql_get_int(q, 2) == GIT_TREE)
        return check_child(db, v, sql_get_int(q, 7), claim.oid);
    claim.lfs = sql_get_int(q, 3) != 0;
    if (!sql_get_blob(q, 6, claim.sha256, sizeof(claim.sha256))) {
        complain(v, "file %s: has no content", sql_get_text(q, 1));
        return 0;
    }
    err = claim.lfs ? is_held(db, claim.sha256) : 1;
    if (err == 1)
        add_claim(v, sql_get_text(q, 1), &claim);
    return err < 0 ? err : 0;
}

static int check_trees(struct meta_db *db, struct verify_rows *v)
{
    struct sql *q = sql(db,
        "SELECT tree, name, mode, lfs, size, oid, sha256, child FROM entry"
        " ORDER BY tree, name");
    struct tree t = {0};
    int err = 0;
    int got = 0;

    while (err == 0 && (got = sql_step(q)) == 1) {
        if (sql_get_int(q, 0) != t.id) {
            err = check_tree(db, v, &t);
            tree_clear(&t);
            t.id = sql_get_int(q, 0);
        }
        if (err == 0)
            err = check_entry(db, v, &t, q);
    }
    if (err == 0 && got == 0)
        err = check_tree(db, v, &t);
    sql_done(q);
    tree_fini(&t);
    return err != 0 ? err : got;
}

/* ---- Commits and refs */

static bool same_oid(const struct git_commit *c, struct sql *q)
{
    uint8_t wanted[SHA1_SIZE];
    uint8_t got[SHA1_SIZE];

    git_commit_oid(c, got);
    return sql_get_blob(q, 1, wanted, sizeof(wanted)) &&
        memcmp(got, wanted, sizeof(got)) == 0;
}

static void check_commit(struct verify_rows *v, struct sql *q)
{
    const char *message = sql_get_text(q, 8);
    char *text = *message != '\0'
        ? xasprintf("%s\n\n%s", sql_get_text(q, 7), message)
        : xstrdup(sql_get_text(q, 7));
    uint8_t tree[SHA1_SIZE];
    uint8_t parent[SHA1_SIZE];
    struct git_commit c = {
        .tree = tree,
        .parent = sql_get_int(q, 3) != 0 ? parent : NULL,
        .author = sql_get_text(q, 6),
        .time_s = sql_get_int(q, 5),
        .message = text,
    };
    long long id = (long long)sql_get_int(q, 0);

    v->commits++;
    if (!sql_get_blob(q, 2, tree, sizeof(tree)))
        complain(v, "commit %lld: has no tree", id);
    else if (c.parent != NULL && !sql_get_blob(q, 4, parent, sizeof(parent)))
        complain(v, "commit %lld: its parent is not there", id);
    else if (!same_oid(&c, q))
        complain(v, "commit %lld: its id is not that of what it says", id);
    free(text);
}

static int check_commits(struct meta_db *db, struct verify_rows *v)
{
    struct sql *q = sql(db,
        "SELECT h.id, h.oid, t.oid, h.parent, p.oid, h.time, h.author, h.title,"
        " h.message FROM history h LEFT JOIN tree t ON t.id = h.tree"
        " LEFT JOIN history p ON p.id = h.parent ORDER BY h.id");
    int got;

    while ((got = sql_step(q)) == 1)
        check_commit(v, q);
    sql_done(q);
    return got;
}

static int check_refs(struct meta_db *db, struct verify_rows *v)
{
    struct sql *q = sql(db,
        "SELECT r.name, p.name FROM ref r LEFT JOIN history h"
        " ON h.id = r.target AND h.repo = r.repo"
        " LEFT JOIN repo p ON p.id = r.repo"
        " WHERE h.id IS NULL OR p.id IS NULL");
    int got;

    while ((got = sql_step(q)) == 1)
        complain(
            v, "%s: %s leads nowhere", sql_get_text(q, 1), sql_get_text(q, 0));
    sql_done(q);
    return got;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct claim));
}

/* Many files share a content. */
static void unite(struct buf *claims)
{
    struct claim *c = (struct claim *)(void *)claims->data;
    size_t n = claims->len / sizeof(*c);
    size_t used = 0;

    if (n > 0)
        qsort(c, n, sizeof(*c), compare);
    for (size_t i = 0; i < n; i++) {
        if (used == 0 || compare(&c[used - 1], &c[i]) != 0)
            c[used++] = c[i];
    }
    claims->len = used * sizeof(*c);
}

int meta_verify(struct meta_db *db, struct verify_rows *v)
{
    int err = check_trees(db, v);

    if (err == 0)
        err = check_commits(db, v);
    if (err == 0)
        err = check_refs(db, v);
    if (err == 0)
        err = meta_xet_verify(db, v);
    unite(&v->claims);
    return err;
}
