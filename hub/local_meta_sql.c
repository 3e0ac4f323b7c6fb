/* Prepared statements, kept per connection. One that could not be prepared
 * takes its parameters like any other, and fails when it is run. */
#include "hub/local_meta_sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sqlite3.h>

#include "base/log.h"

#define BUSY_MS 10000

struct sql {
    struct meta_db *db;
    const char *text;
    sqlite3_stmt *stmt; /* NULL: err */
    int err;
    SLIST_ENTRY(sql) link;
};

struct meta_db {
    sqlite3 *handle;
    SLIST_HEAD(, sql) statements; /* a few dozen */
};

static int to_errno(struct meta_db *db, int code, const char *what)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return 0;
    case SQLITE_ROW:
        return 1;
    case SQLITE_FULL:
        log_error("hub: %s: the disk is full", what);
        return -ENOSPC;
    case SQLITE_BUSY:
        return -EAGAIN;
    case SQLITE_CANTOPEN:
        return -ENOENT;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    default:
        log_error("hub: %s: %s", what, sqlite3_errmsg(db->handle));
        return -EIO;
    }
}

int sql_exec(struct meta_db *db, const char *text)
{
    return to_errno(db, sqlite3_exec(db->handle, text, NULL, NULL, NULL), text);
}

int sql_open(const char *path, bool writer, struct meta_db **out)
{
    static const char settings[] = "PRAGMA journal_mode=WAL;"
                                   "PRAGMA synchronous=FULL;"
                                   "PRAGMA journal_size_limit=67108864;"
                                   "PRAGMA temp_store=MEMORY;";
    struct meta_db *db = xcalloc(1, sizeof(*db));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
        (writer ? SQLITE_OPEN_CREATE : 0);
    int err =
        to_errno(db, sqlite3_open_v2(path, &db->handle, flags, NULL), path);

    if (err == 0) {
        sqlite3_busy_timeout(db->handle, BUSY_MS);
        err = sql_exec(db, settings);
    }
    if (err == 0)
        err = sql_exec(db,
            writer ? "PRAGMA cache_size=-32000" : "PRAGMA cache_size=-8000");
    if (err != 0)
        sql_close(db);
    else
        *out = db;
    return err;
}

void sql_close(struct meta_db *db)
{
    struct sql *q;

    if (db == NULL)
        return;
    while ((q = SLIST_FIRST(&db->statements)) != NULL) {
        SLIST_REMOVE_HEAD(&db->statements, link);
        sqlite3_finalize(q->stmt);
        free(q);
    }
    sqlite3_close(db->handle);
    free(db);
}

struct sql *sql(struct meta_db *db, const char *text)
{
    struct sql *q;

    SLIST_FOREACH(q, &db->statements, link)
    {
        if (q->text == text)
            break;
    }
    if (q == NULL) {
        q = xcalloc(1, sizeof(*q));
        q->db = db;
        q->text = text;
        SLIST_INSERT_HEAD(&db->statements, q, link);
    }
    if (q->stmt == NULL)
        q->err = to_errno(db,
            sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
                &q->stmt, NULL),
            text);
    return q;
}

static void bound(struct sql *q, int code)
{
    if (code != SQLITE_OK && q->err == 0)
        q->err = to_errno(q->db, code, q->text);
}

void sql_int(struct sql *q, int i, int64_t v)
{
    bound(q, sqlite3_bind_int64(q->stmt, i, v));
}

void sql_textn(struct sql *q, int i, const char *v, size_t n)
{
    bound(q,
        sqlite3_bind_text64(q->stmt, i, v, n, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void sql_text(struct sql *q, int i, const char *v)
{
    sql_textn(q, i, v, strlen(v));
}

void sql_blob(struct sql *q, int i, const void *p, size_t n)
{
    bound(q, sqlite3_bind_blob64(q->stmt, i, p, n, SQLITE_TRANSIENT));
}

void sql_null(struct sql *q, int i)
{
    bound(q, sqlite3_bind_null(q->stmt, i));
}

int sql_step(struct sql *q)
{
    if (q->err != 0)
        return q->err;
    return to_errno(q->db, sqlite3_step(q->stmt), q->text);
}

int64_t sql_get_int(struct sql *q, int col)
{
    return sqlite3_column_int64(q->stmt, col);
}

const char *sql_get_text(struct sql *q, int col)
{
    const unsigned char *text = sqlite3_column_text(q->stmt, col);

    return text != NULL ? (const char *)text : "";
}

bool sql_get_blob(struct sql *q, int col, void *out, size_t n)
{
    const void *p = sqlite3_column_blob(q->stmt, col);

    if (p == NULL || (size_t)sqlite3_column_bytes(q->stmt, col) != n)
        return false;
    memcpy(out, p, n);
    return true;
}

void sql_done(struct sql *q)
{
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
    q->err = 0;
}

int sql_run(struct sql *q)
{
    int err = sql_step(q);

    sql_done(q);
    return err < 0 ? err : 0;
}

int sql_first(struct sql *q)
{
    int got = sql_step(q);

    if (got == 1)
        return 0;
    sql_done(q);
    return got < 0 ? got : -ENOENT;
}

int64_t sql_last_id(struct meta_db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}
