/* Rows of the tree. The table is ordered by (parent, ino), so a directory is
 * one run of neighbouring rows: a page of a listing is a sequential read. */
#include "vfs/state_db.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                \
    "parent, ino, name, kind, size, mtime, ctime, gen, listed, subdirs, content"

static void read_content(sqlite3_stmt *s, int column, struct content_id *out)
{
    const uint8_t *p = sqlite3_column_blob(s, column);
    size_t n = (size_t)sqlite3_column_bytes(s, column);

    *out = (struct content_id){.kind = CONTENT_NONE};
    if (n < 1 || n - 1 > sizeof(out->hash) || p[0] > CONTENT_PATH)
        return;
    out->kind = p[0];
    memcpy(out->hash, p + 1, n - 1);
}

static void read_node(sqlite3_stmt *s, struct node *n)
{
    size_t len = (size_t)sqlite3_column_bytes(s, 2);

    n->parent = (uint64_t)sqlite3_column_int64(s, 0);
    n->ino = (uint64_t)sqlite3_column_int64(s, 1);
    n->name_len = min_size(len, PATH_NAME_MAX);
    if (len != 0)
        memcpy(n->name, sqlite3_column_blob(s, 2), n->name_len);
    n->name[n->name_len] = '\0';
    n->kind = (enum vfs_kind)sqlite3_column_int(s, 3);
    n->size_bytes = (uint64_t)sqlite3_column_int64(s, 4);
    n->mtime_ns = sqlite3_column_int64(s, 5);
    n->ctime_ns = sqlite3_column_int64(s, 6);
    n->gen = (uint32_t)sqlite3_column_int64(s, 7);
    n->listed = (uint32_t)sqlite3_column_int64(s, 8);
    n->subdirs = (uint32_t)sqlite3_column_int64(s, 9);
    read_content(s, 10, &n->content);
}

static int one_row(struct db *db, sqlite3_stmt *s, struct node *out)
{
    int got = db_step(db, s);

    if (got <= 0)
        return got < 0 ? got : -ENOENT;
    read_node(s, out);
    sqlite3_reset(s);
    return 0;
}

int db_find_ino(struct db *db, uint64_t ino, struct node *out)
{
    sqlite3_stmt *s =
        db_stmt(db, STMT_FIND_INO, "SELECT " COLUMNS " FROM node WHERE ino=?1");

    sqlite3_bind_int64(s, 1, (int64_t)ino);
    return one_row(db, s, out);
}

int db_find_name(struct db *db, uint64_t parent, const char *name, size_t len,
    struct node *out)
{
    sqlite3_stmt *s = db_stmt(db, STMT_FIND_NAME,
        "SELECT " COLUMNS " FROM node WHERE parent=?1 AND name=?2");

    sqlite3_bind_int64(s, 1, (int64_t)parent);
    sqlite3_bind_blob(s, 2, name, (int)len, SQLITE_STATIC);
    return one_row(db, s, out);
}

int db_path(struct db *db, uint64_t ino, struct buf *out)
{
    struct node n;
    struct buf tail = {0};
    int err = 0;

    /* Components arrive last first: each goes in front of the others. */
    while (ino != VFS_ROOT_INO) {
        struct buf longer = {0};

        err = db_find_ino(db, ino, &n);
        if (err != 0)
            break;
        buf_add(&longer, n.name, n.name_len);
        if (tail.len != 0)
            buf_addc(&longer, '/');
        buf_add(&longer, tail.data, tail.len);
        buf_free(&tail);
        tail = longer;
        ino = n.parent;
        if (tail.len > PATH_TOTAL_MAX) {
            err = -ENAMETOOLONG;
            break;
        }
    }
    if (err == 0)
        buf_add(out, tail.data, tail.len);
    buf_free(&tail);
    return err;
}

int db_scan(struct db *db, uint64_t parent, uint64_t after, size_t limit,
    db_scan_fn *fn, void *ctx)
{
    sqlite3_stmt *s = db_stmt(db, STMT_SCAN,
        "SELECT " COLUMNS " FROM node WHERE parent=?1 AND ino>?2"
        " ORDER BY ino LIMIT ?3");
    struct node n;
    int got;

    sqlite3_bind_int64(s, 1, (int64_t)parent);
    sqlite3_bind_int64(s, 2, (int64_t)after);
    sqlite3_bind_int64(s, 3, (int64_t)limit);
    while ((got = db_step(db, s)) > 0) {
        read_node(s, &n);
        if (!fn(ctx, &n)) {
            sqlite3_reset(s);
            return 0;
        }
    }
    return got;
}

static void bind_node(sqlite3_stmt *s, const struct node *n, uint8_t *content)
{
    size_t len = content_hash_size(n->content.kind);

    content[0] = (uint8_t)n->content.kind;
    memcpy(content + 1, n->content.hash, len);
    sqlite3_bind_int64(s, 1, (int64_t)n->parent);
    sqlite3_bind_int64(s, 2, (int64_t)n->ino);
    sqlite3_bind_blob(s, 3, n->name, (int)n->name_len, SQLITE_STATIC);
    sqlite3_bind_int(s, 4, (int)n->kind);
    sqlite3_bind_int64(s, 5, (int64_t)n->size_bytes);
    sqlite3_bind_int64(s, 6, n->mtime_ns);
    sqlite3_bind_int64(s, 7, n->ctime_ns);
    sqlite3_bind_int64(s, 8, n->gen);
    sqlite3_bind_int64(s, 9, n->listed);
    sqlite3_bind_int64(s, 10, n->subdirs);
    if (n->content.kind == CONTENT_NONE)
        sqlite3_bind_null(s, 11);
    else
        sqlite3_bind_blob(s, 11, content, (int)len + 1, SQLITE_STATIC);
}

static int insert(struct db *db, struct node *n)
{
    uint8_t content[1 + DIGEST_MAX];
    sqlite3_stmt *s = db_stmt(db, STMT_INSERT,
        "INSERT INTO node(" COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

    n->ino = db->next_ino++;
    n->listed = 0;
    n->subdirs = 0;
    db->totals.entries++;
    db->totals.bytes += n->size_bytes;
    db->counters_changed = true;
    bind_node(s, n, content);
    return db_step(db, s);
}

static int update(struct db *db, const struct node *n)
{
    uint8_t content[1 + DIGEST_MAX];
    sqlite3_stmt *s = db_stmt(db, STMT_UPDATE,
        "UPDATE node SET name=?3, kind=?4, size=?5, mtime=?6, ctime=?7,"
        " gen=?8, listed=?9, subdirs=?10, content=?11"
        " WHERE parent=?1 AND ino=?2");

    bind_node(s, n, content);
    return db_step(db, s);
}

static bool same_attributes(const struct node *a, const struct node *b)
{
    return a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns &&
        content_equal(&a->content, &b->content);
}

int db_confirm(struct db *db, struct node *n, int64_t now_ns)
{
    struct node old;
    int err = db_find_name(db, n->parent, n->name, n->name_len, &old);

    if (err == -ENOENT)
        return insert(db, n);
    if (err != 0)
        return err;
    if (old.kind != n->kind) {
        /* Another object under the same name: another inode. */
        err = db_remove(db, &old);
        return err != 0 ? err : insert(db, n);
    }
    n->ino = old.ino;
    n->listed = old.listed;
    n->subdirs = old.subdirs;
    n->ctime_ns = same_attributes(n, &old) ? old.ctime_ns : now_ns;
    if (same_attributes(n, &old) && n->gen == old.gen)
        return 0;
    db->totals.bytes += n->size_bytes - old.size_bytes;
    db->counters_changed = true;
    return update(db, n);
}

static int run_with(struct db *db, sqlite3_stmt *s, uint64_t a, uint64_t b)
{
    sqlite3_bind_int64(s, 1, (int64_t)a);
    sqlite3_bind_int64(s, 2, (int64_t)b);
    return db_step(db, s);
}

/* After removals, which are rare: counts anew. */
static int count_all(struct db *db)
{
    sqlite3_stmt *s = db_stmt(db, STMT_COUNT_ALL,
        "SELECT count(*), coalesce(sum(size), 0) FROM node WHERE ino<>1");
    int got = db_step(db, s);

    if (got > 0) {
        db->totals.entries = (uint64_t)sqlite3_column_int64(s, 0);
        db->totals.bytes = (uint64_t)sqlite3_column_int64(s, 1);
        db->counters_changed = true;
        sqlite3_reset(s);
        return 0;
    }
    return got;
}

static int remove_row(struct db *db, uint64_t parent, uint64_t ino)
{
    sqlite3_stmt *s = db_stmt(db, STMT_REMOVE_BELOW,
        "WITH RECURSIVE below(i) AS (VALUES(?1) UNION ALL"
        " SELECT node.ino FROM node JOIN below ON node.parent=below.i"
        " WHERE node.kind=2)"
        "DELETE FROM node WHERE parent IN (SELECT i FROM below)");
    int err;

    sqlite3_bind_int64(s, 1, (int64_t)ino);
    err = db_step(db, s);
    if (err != 0)
        return err;
    return run_with(db,
        db_stmt(db, STMT_REMOVE, "DELETE FROM node WHERE parent=?1 AND ino=?2"),
        parent, ino);
}

int db_remove(struct db *db, const struct node *n)
{
    int err = remove_row(db, n->parent, n->ino);

    return err != 0 ? err : count_all(db);
}

int db_has_older(struct db *db, uint64_t dir, uint32_t gen, bool *out)
{
    int got = run_with(db,
        db_stmt(db, STMT_OLDER,
            "SELECT 1 FROM node WHERE parent=?1 AND gen<?2 LIMIT 1"),
        dir, gen);

    *out = got > 0;
    return got < 0 ? got : 0;
}

/* Rows that the full listing did not confirm. */
static int remove_stale(struct db *db, uint64_t dir, uint32_t gen)
{
    bool any = false;

    for (;;) {
        sqlite3_stmt *s = db_stmt(db, STMT_STALE,
            "SELECT ino FROM node WHERE parent=?1 AND gen<?2 LIMIT 1");
        int got = run_with(db, s, dir, gen);
        uint64_t ino;

        if (got <= 0)
            return got < 0 || !any ? got : count_all(db);
        ino = (uint64_t)sqlite3_column_int64(s, 0);
        sqlite3_reset(s);
        got = remove_row(db, dir, ino);
        if (got != 0)
            return got;
        any = true;
    }
}

int db_listed(struct db *db, uint64_t dir, uint32_t gen)
{
    sqlite3_stmt *s;
    uint64_t subdirs;
    int err = remove_stale(db, dir, gen);

    if (err != 0)
        return err;
    s = db_stmt(db, STMT_COUNT_DIRS,
        "SELECT count(*) FROM node WHERE parent=?1 AND kind=2");
    sqlite3_bind_int64(s, 1, (int64_t)dir);
    err = db_step(db, s);
    if (err < 0)
        return err;
    subdirs = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    s = db_stmt(
        db, STMT_LISTED, "UPDATE node SET listed=?2, subdirs=?3 WHERE ino=?1");
    sqlite3_bind_int64(s, 3, (int64_t)subdirs);
    return run_with(db, s, dir, gen);
}

int db_set_ctime(struct db *db, uint64_t ino, int64_t ctime_ns)
{
    return run_with(db,
        db_stmt(db, STMT_CTIME, "UPDATE node SET ctime=?2 WHERE ino=?1"), ino,
        (uint64_t)ctime_ns);
}

int db_set_root(struct db *db, uint32_t gen, int64_t mtime_ns)
{
    return run_with(db,
        db_stmt(db, STMT_ROOT,
            "UPDATE node SET gen=?1, mtime=?2, ctime=max(ctime, ?2)"
            " WHERE ino=1"),
        gen, (uint64_t)mtime_ns);
}
