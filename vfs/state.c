/* The database file: opening, jobs, meta. Rows of the tree are in
 * state_node.c. */
#include "vfs/state.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/op.h"
#include "base/timer.h"
#include "base/work.h"
#include "vfs/state_db.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BATCH_MAX 512
#define SCHEMA_VERSION 1

/* 16 MiB of pages in memory, whatever the size of the repo. A commit does not
 * wait for the disk: after a power loss handles of the last seconds may be
 * gone, and so are the clients that held them. */
static const char pragmas[] = "PRAGMA journal_mode=WAL;"
                              "PRAGMA synchronous=NORMAL;"
                              "PRAGMA cache_size=-16384;"
                              "PRAGMA temp_store=MEMORY;"
                              "PRAGMA wal_autocheckpoint=4000;"
                              "PRAGMA journal_size_limit=33554432;";

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta("
    " name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS node("
    " parent INTEGER NOT NULL, ino INTEGER NOT NULL, name BLOB NOT NULL,"
    " kind INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,"
    " ctime INTEGER NOT NULL, gen INTEGER NOT NULL, listed INTEGER NOT NULL,"
    " subdirs INTEGER NOT NULL, content BLOB,"
    " PRIMARY KEY(parent, ino)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX IF NOT EXISTS node_name ON node(parent, name);"
    "CREATE UNIQUE INDEX IF NOT EXISTS node_ino ON node(ino);"
    "INSERT OR IGNORE INTO node"
    " VALUES(0, 1, x'', 2, 0, 0, 0, 0, 0, 0, NULL);"
    "PRAGMA user_version=1;";

struct state {
    char *path;
    struct db db; /* belongs to the running batch */
    struct pool *pool;
    struct op op; /* the batch */
    struct work work;
    bool running;
    bool on_pool; /* a job has db; between batches the loop thread may */
    TAILQ_HEAD(job_list, state_job) waiting, batch;
    struct state_totals totals;
    struct op_list idle;
};

int db_error(struct db *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        abort();
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        db->damaged = true;
        /* fall through */
    default:
        log_error("state: %s", sqlite3_errmsg(db->conn));
        return -EIO;
    }
}

sqlite3_stmt *db_stmt(struct db *db, enum db_stmt_id id, const char *sql)
{
    sqlite3_stmt **slot = &db->stmt[id];

    if (*slot == NULL &&
        sqlite3_prepare_v3(db->conn, sql, -1, SQLITE_PREPARE_PERSISTENT, slot,
            NULL) != SQLITE_OK) {
        log_error("state: %s: %s", sql, sqlite3_errmsg(db->conn));
        abort(); /* the schema is ours: this is a bug, not a fault */
    }
    sqlite3_reset(*slot);
    return *slot;
}

int db_step(struct db *db, sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);

    if (rc == SQLITE_ROW)
        return 1;
    sqlite3_reset(s);
    return db_error(db, rc);
}

static int db_exec(struct db *db, const char *sql)
{
    return db_error(db, sqlite3_exec(db->conn, sql, NULL, NULL, NULL));
}

/* ---- meta */

int db_value_set(struct db *db, const char *name, const void *p, size_t len)
{
    sqlite3_stmt *s = db_stmt(
        db, STMT_VALUE_SET, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)");

    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob(s, 2, p, (int)len, SQLITE_STATIC);
    return db_step(db, s);
}

static int value_get(
    struct db *db, const char *name, void *p, size_t cap, size_t *len)
{
    sqlite3_stmt *s =
        db_stmt(db, STMT_VALUE_GET, "SELECT value FROM meta WHERE name=?1");
    int err;

    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    err = db_step(db, s);
    if (err <= 0)
        return err < 0 ? err : -ENOENT;
    *len = (size_t)sqlite3_column_bytes(s, 0);
    if (*len <= cap && *len != 0)
        memcpy(p, sqlite3_column_blob(s, 0), *len);
    sqlite3_reset(s);
    return *len <= cap ? 0 : -ERANGE;
}

static uint64_t counter_get(struct db *db, const char *name, uint64_t none)
{
    uint64_t v;
    size_t len;

    if (value_get(db, name, &v, sizeof(v), &len) != 0 || len != sizeof(v))
        return none;
    return v;
}

/* Counters that changed in this transaction. */
static int save_counters(struct db *db)
{
    int err = 0;

    if (!db->counters_changed)
        return 0;
    if (db->next_ino > db->reserved_ino) {
        /* Reserved ahead, so that not every batch writes it. */
        db->reserved_ino = db->next_ino + 4096;
        err = db_value_set(
            db, "next_ino", &db->reserved_ino, sizeof(db->reserved_ino));
    }
    if (err == 0)
        err = db_value_set(db, "totals", &db->totals, sizeof(db->totals));
    return err;
}

int state_value_get(
    struct state *st, const char *name, void *p, size_t cap, size_t *len)
{
    assert(!st->on_pool);
    return value_get(&st->db, name, p, cap, len);
}

int state_value_set(
    struct state *st, const char *name, const void *p, size_t len)
{
    assert(!st->on_pool);
    return db_value_set(&st->db, name, p, len);
}

/* ---- Opening */

struct opening {
    struct op op;
    struct work work;
    struct state *st;
    struct state **out;
    const char *path; /* st->path */
};

static op_fn open_file, open_done, open_end; /* in this order */

static int open_once(struct db *db, const char *path)
{
    size_t len;
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int err;

    *db = (struct db){0};
    if (sqlite3_open_v2(path, &db->conn, flags, NULL) != SQLITE_OK)
        return db_error(db, sqlite3_errcode(db->conn));
    sqlite3_busy_timeout(db->conn, 5000);
    chmod(path, 0600);
    err = db_exec(db, pragmas);
    if (err == 0)
        err = db_exec(db, schema);
    if (err != 0)
        return err;
    db->reserved_ino = counter_get(db, "next_ino", NODE_FIRST_INO);
    db->next_ino = db->reserved_ino;
    if (value_get(db, "totals", &db->totals, sizeof(db->totals), &len) != 0)
        db->totals = (struct state_totals){0};
    return 0;
}

static void close_db(struct db *db)
{
    for (size_t i = 0; i < ARRAY_LEN(db->stmt); i++)
        sqlite3_finalize(db->stmt[i]);
    sqlite3_close(db->conn);
    *db = (struct db){0};
}

/* Moves a damaged database out of the way, with its side files. */
static void set_aside(const char *path)
{
    static const char *const side[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < ARRAY_LEN(side); i++) {
        char *from = xasprintf("%s%s", path, side[i]);
        char *to = xasprintf("%s.damaged%s", path, side[i]);

        rename(from, to);
        free(from);
        free(to);
    }
}

static int open_on_pool(struct work *w)
{
    struct opening *a = container_of(w, struct opening, work);
    struct db *db = &a->st->db;
    int err = open_once(db, a->path);
    int rc;

    if (err == 0)
        return 0;
    rc = sqlite3_errcode(db->conn) & 0xff;
    close_db(db);
    if (rc != SQLITE_CORRUPT && rc != SQLITE_NOTADB)
        return err;
    log_warn("state: %s is damaged; set aside, handles begin anew", a->path);
    set_aside(a->path);
    err = open_once(db, a->path);
    if (err != 0)
        close_db(db);
    return err;
}

static void open_file(struct op *op)
{
    struct opening *a = container_of(op, struct opening, op);

    work_disk(a->st->pool, &a->work, open_on_pool, op);
    op_then(op, open_done);
}

static void open_done(struct op *op)
{
    struct opening *a = container_of(op, struct opening, op);

    if (op->err != 0)
        return;
    a->st->totals = a->st->db.totals;
    *a->out = a->st;
    a->st = NULL;
}

static void open_end(struct op *op)
{
    struct opening *a = container_of(op, struct opening, op);

    if (a->st != NULL)
        free(a->st->path);
    free(a->st);
    free(a);
}

void state_open(
    struct pool *pool, const char *dir, struct state **out, struct op *op)
{
    struct opening *a = xcalloc(1, sizeof(*a));

    a->st = xcalloc(1, sizeof(*a->st));
    a->st->pool = pool;
    TAILQ_INIT(&a->st->waiting);
    TAILQ_INIT(&a->st->batch);
    op_list_init(&a->st->idle);
    a->out = out;
    a->st->path = xasprintf("%s/tree.db", dir);
    a->path = a->st->path;
    op_start(&a->op, open_file, open_end, op);
}

/* ---- Jobs */

static op_fn batch_run, batch_done, batch_end; /* in this order */

static int batch_on_pool(struct work *w)
{
    struct state *st = container_of(w, struct state, work);
    struct db *db = &st->db;
    struct state_job *job;
    int err = db_exec(db, "BEGIN");

    db->counters_changed = false;
    TAILQ_FOREACH (job, &st->batch, link)
        job->result = err != 0 ? err : job->fn(db, job);
    if (err != 0)
        return err;
    err = save_counters(db);
    if (err == 0)
        err = db_exec(db, "COMMIT");
    /* Some errors have undone everything already. */
    if (err != 0 && sqlite3_get_autocommit(db->conn) == 0)
        db_exec(db, "ROLLBACK");
    return err;
}

static void batch_run(struct op *op)
{
    struct state *st = container_of(op, struct state, op);
    struct state_job *job;

    for (size_t n = 0; n < BATCH_MAX; n++) {
        job = TAILQ_FIRST(&st->waiting);
        if (job == NULL)
            break;
        TAILQ_REMOVE(&st->waiting, job, link);
        TAILQ_INSERT_TAIL(&st->batch, job, link);
    }
    if (TAILQ_EMPTY(&st->batch))
        return;
    st->on_pool = true;
    work_disk(st->pool, &st->work, batch_on_pool, op);
    op_then(op, batch_done);
}

static void batch_done(struct op *op)
{
    struct state *st = container_of(op, struct state, op);
    struct job_list done = TAILQ_HEAD_INITIALIZER(done);
    struct state_job *job;
    int err = op_catch(op);

    st->on_pool = false;
    st->totals = st->db.totals;
    TAILQ_CONCAT(&done, &st->batch, link);
    while ((job = TAILQ_FIRST(&done)) != NULL) {
        TAILQ_REMOVE(&done, job, link);
        op_wake(job->op, job->result != 0 ? job->result : err);
    }
    op_then(op, batch_run);
}

static void batch_end(struct op *op)
{
    struct state *st = container_of(op, struct state, op);

    st->running = false;
    op_list_wake(&st->idle, 0);
}

void state_run(
    struct state *st, struct state_job *job, state_fn *fn, struct op *op)
{
    job->fn = fn;
    job->op = op;
    op_hold(op);
    TAILQ_INSERT_TAIL(&st->waiting, job, link);
    if (st->running)
        return;
    st->running = true;
    op_start(&st->op, batch_run, batch_end, NULL);
}

struct state_totals state_totals(const struct state *st)
{
    return st->totals;
}

/* ---- Closing */

struct closing {
    struct op op;
    struct work work;
    struct state *st;
    bool idle;
};

static op_fn close_wait, close_file, close_end; /* in this order */

static int close_on_pool(struct work *w)
{
    struct closing *c = container_of(w, struct closing, work);
    bool aside = c->idle && c->st->db.damaged;

    close_db(&c->st->db);
    if (aside) {
        log_warn("state: %s is damaged; set aside", c->st->path);
        set_aside(c->st->path);
    }
    return 0;
}

static void close_wait(struct op *op)
{
    struct closing *c = container_of(op, struct closing, op);

    if (c->st->running)
        op_list_wait(&c->st->idle, op);
    op_then(op, close_file);
}

static void close_file(struct op *op)
{
    struct closing *c = container_of(op, struct closing, op);

    work_disk(c->st->pool, &c->work, close_on_pool, op);
}

static void close_end(struct op *op)
{
    struct closing *c = container_of(op, struct closing, op);

    free(c->st->path);
    free(c->st);
    free(c);
}

void state_close(struct state *st, bool idle, struct op *op)
{
    struct closing *c = xcalloc(1, sizeof(*c));

    c->st = st;
    c->idle = idle;
    op_start(&c->op, close_wait, close_end, op);
}
