/* The database as a whole: its schema, its connections, and the jobs that run
 * on them. One connection writes; a few read, each job in a transaction of its
 * own, so that a listing sees one state however long it takes.
 *
 * Entries are keyed by (tree, name) without a rowid: a folder is one run of
 * neighbouring rows, read and paged by seeking. Trees have numbers of their
 * own, and not just git's ids, because a row also says which commit of this
 * history changed it last. */
#include "hub/local_meta.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/local_meta_sql.h"

#define READERS 4

struct meta {
    struct pool *pool;
    struct meta_db *writer;
    struct meta_db *reader[READERS]; /* the free ones, from the front */
    unsigned n_free;
    struct op_gate write_gate;
    struct op_gate read_gate;
};

/* The schema, as the steps that lead to it: a database of version N has gone
 * through N of them, and goes through the rest when it is opened. A step that
 * was released never changes. */
static const char step_1[] =
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE repo (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind INTEGER NOT NULL, name TEXT NOT NULL, private INTEGER NOT NULL,"
    " mirror INTEGER NOT NULL, created INTEGER NOT NULL,"
    " updated INTEGER NOT NULL, UNIQUE (kind, name));"
    "CREATE TABLE ref (repo INTEGER NOT NULL, name TEXT NOT NULL,"
    " target INTEGER NOT NULL, PRIMARY KEY (repo, name)) WITHOUT ROWID;"
    "CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " repo INTEGER NOT NULL, oid BLOB NOT NULL, tree INTEGER NOT NULL,"
    " parent INTEGER NOT NULL, depth INTEGER NOT NULL, time INTEGER NOT NULL,"
    " author TEXT NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL,"
    " UNIQUE (repo, oid));"
    "CREATE TABLE tree (id INTEGER PRIMARY KEY, oid BLOB NOT NULL,"
    " size INTEGER NOT NULL);"
    "CREATE TABLE entry (tree INTEGER NOT NULL, name TEXT NOT NULL,"
    " mode INTEGER NOT NULL, lfs INTEGER NOT NULL, size INTEGER NOT NULL,"
    " oid BLOB NOT NULL, sha256 BLOB, child INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (tree, name)) WITHOUT ROWID;"
    "CREATE TABLE seen (repo INTEGER NOT NULL, path TEXT NOT NULL,"
    " size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, PRIMARY KEY (repo, path)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

/* Repos that move, what Spaces are made with, gates, and discussions. */
static const char step_2[] =
    "ALTER TABLE repo ADD COLUMN sdk TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE repo ADD COLUMN gated INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE moved (kind INTEGER NOT NULL, name TEXT NOT NULL,"
    " repo INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;"
    "CREATE TABLE discussion (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " repo INTEGER NOT NULL, num INTEGER NOT NULL, pr INTEGER NOT NULL,"
    " status INTEGER NOT NULL, created INTEGER NOT NULL,"
    " author TEXT NOT NULL, title TEXT NOT NULL, base INTEGER NOT NULL,"
    " merged INTEGER NOT NULL, UNIQUE (repo, num));"
    "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " discussion INTEGER NOT NULL, type INTEGER NOT NULL,"
    " author TEXT NOT NULL, time INTEGER NOT NULL, head INTEGER NOT NULL,"
    " target INTEGER NOT NULL, text TEXT NOT NULL, before TEXT NOT NULL);"
    "CREATE INDEX event_of ON event (discussion, id);"
    "PRAGMA user_version = 2;";

/* People. */
static const char step_3[] =
    "CREATE TABLE account (name TEXT PRIMARY KEY COLLATE NOCASE,"
    " kind INTEGER NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE token (sha256 BLOB PRIMARY KEY,"
    " user TEXT NOT NULL COLLATE NOCASE, read_only INTEGER NOT NULL,"
    " created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE member (org TEXT NOT NULL COLLATE NOCASE,"
    " user TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (org, user))"
    " WITHOUT ROWID;"
    "CREATE INDEX member_user ON member (user);"
    "PRAGMA user_version = 3;";

/* Content of LFS files; for repos that are there, from all their trees. */
static const char step_4[] =
    "CREATE TABLE lfs (repo INTEGER NOT NULL, sha256 BLOB NOT NULL,"
    " size INTEGER NOT NULL, path TEXT NOT NULL, ref TEXT NOT NULL,"
    " pushed INTEGER NOT NULL, removed INTEGER NOT NULL,"
    " PRIMARY KEY (repo, sha256)) WITHOUT ROWID;"
    "CREATE INDEX lfs_content ON lfs (sha256);"
    "CREATE TABLE upload (repo INTEGER NOT NULL, user TEXT NOT NULL,"
    " sha256 BLOB NOT NULL, size INTEGER NOT NULL, time INTEGER NOT NULL,"
    " PRIMARY KEY (repo, user, sha256)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO lfs (repo, sha256, size, path, ref, pushed, removed)"
    " WITH RECURSIVE folder (repo, tree) AS"
    " (SELECT repo, tree FROM history UNION SELECT f.repo, e.child"
    " FROM folder f JOIN entry e ON e.tree = f.tree WHERE e.child != 0)"
    " SELECT f.repo, e.sha256, e.size, e.name, 'refs/heads/main',"
    " COALESCE(h.time, 0), 0 FROM folder f JOIN entry e ON e.tree = f.tree"
    " LEFT JOIN history h ON h.id = e.last WHERE e.lfs != 0;"
    "PRAGMA user_version = 4;";

/* The CAS. */
static const char step_5[] =
    "CREATE TABLE xorb (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " hash BLOB NOT NULL UNIQUE, sha256 BLOB NOT NULL, size INTEGER NOT NULL,"
    " n INTEGER NOT NULL, chunks BLOB NOT NULL, time INTEGER NOT NULL);"
    "CREATE TABLE xorb_user (xorb INTEGER NOT NULL, user TEXT NOT NULL,"
    " PRIMARY KEY (xorb, user)) WITHOUT ROWID;"
    "CREATE TABLE xorb_chunk (short INTEGER NOT NULL, xorb INTEGER NOT NULL,"
    " PRIMARY KEY (short, xorb)) WITHOUT ROWID;"
    "CREATE INDEX xorb_chunk_of ON xorb_chunk (xorb);"
    "CREATE TABLE xet_file (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " hash BLOB NOT NULL UNIQUE, sha256 BLOB NOT NULL, size INTEGER NOT NULL,"
    " time INTEGER NOT NULL);"
    "CREATE INDEX xet_file_content ON xet_file (sha256);"
    "CREATE TABLE xet_term (file INTEGER NOT NULL, at INTEGER NOT NULL,"
    " xorb INTEGER NOT NULL, first INTEGER NOT NULL, past INTEGER NOT NULL,"
    " raw INTEGER NOT NULL, PRIMARY KEY (file, at)) WITHOUT ROWID;"
    "CREATE INDEX xet_term_of ON xet_term (xorb);"
    "PRAGMA user_version = 5;";

static const char *const steps[] = {step_1, step_2, step_3, step_4, step_5};

static int get_version(struct meta_db *db, size_t *out)
{
    struct sql *q = sql(db, "PRAGMA user_version");
    int err = sql_first(q);
    int64_t version;

    if (err != 0)
        return err;
    version = sql_get_int(q, 0);
    sql_done(q);
    if (version < 0 || version > (int64_t)ARRAY_LEN(steps))
        return -EPROTO;
    *out = (size_t)version;
    return 0;
}

/* Another process may be doing the same. */
static int upgrade(struct meta_db *db)
{
    size_t version;
    int err = get_version(db, &version);

    if (err != 0 || version == ARRAY_LEN(steps))
        return err;
    err = sql_exec(db, "BEGIN IMMEDIATE");
    if (err == 0)
        err = get_version(db, &version);
    for (; version < ARRAY_LEN(steps) && err == 0; version++)
        err = sql_exec(db, steps[version]);
    return err == 0 ? sql_exec(db, "COMMIT") : err;
}

int meta_open(const char *path, struct pool *pool, struct meta **out)
{
    struct meta *m = xcalloc(1, sizeof(*m));
    int err;

    m->pool = pool;
    op_gate_init(&m->write_gate, 1);
    op_gate_init(&m->read_gate, READERS);
    err = sql_open(path, true, &m->writer);
    if (err == 0)
        err = upgrade(m->writer);
    while (err == 0 && m->n_free < READERS) {
        err = sql_open(path, false, &m->reader[m->n_free]);
        if (err == 0)
            m->n_free++;
    }
    if (err == 0)
        *out = m;
    else
        meta_close(m);
    return err;
}

void meta_close(struct meta *m)
{
    if (m == NULL)
        return;
    while (m->n_free > 0)
        sql_close(m->reader[--m->n_free]);
    sql_close(m->writer);
    free(m);
}

static int transact(struct work *w)
{
    struct meta_job *job = container_of(w, struct meta_job, work);
    int err = sql_exec(job->db, job->write ? "BEGIN IMMEDIATE" : "BEGIN");

    if (err != 0)
        return err;
    err = job->fn(job->db, job);
    if (err == 0)
        err = sql_exec(job->db, "COMMIT");
    if (err != 0)
        sql_exec(job->db, "ROLLBACK");
    return err;
}

int meta_run_here(struct meta *m, struct meta_job *job)
{
    job->meta = m;
    job->db = m->writer;
    return transact(&job->work);
}

static op_fn enter, run, leave;

static void enter(struct op *op)
{
    struct meta_job *job = container_of(op, struct meta_job, op);

    op_gate_enter(
        job->write ? &job->meta->write_gate : &job->meta->read_gate, op);
    op_then(op, run);
}

static void run(struct op *op)
{
    struct meta_job *job = container_of(op, struct meta_job, op);
    struct meta *m = job->meta;

    assert(job->write || m->n_free > 0);
    job->db = job->write ? m->writer : m->reader[--m->n_free];
    work_disk(m->pool, &job->work, transact, op);
    op_then(op, leave);
}

static void leave(struct op *op)
{
    struct meta_job *job = container_of(op, struct meta_job, op);
    struct meta *m = job->meta;

    if (!job->write)
        m->reader[m->n_free++] = job->db;
    op_gate_leave(job->write ? &m->write_gate : &m->read_gate);
}

static void end(struct op *op)
{
    (void)op; /* the job belongs to whoever waits */
}

void meta_run(struct meta *m, struct meta_job *job, struct op *op)
{
    job->meta = m;
    op_start(&job->op, enter, end, op);
}

int meta_setting_get(struct meta_db *db, const char *name, void *p, size_t n)
{
    struct sql *q = sql(db, "SELECT value FROM setting WHERE name = ?1");
    int err;

    sql_text(q, 1, name);
    err = sql_first(q);
    if (err != 0)
        return err;
    if (!sql_get_blob(q, 0, p, n))
        err = -EIO;
    sql_done(q);
    return err;
}

int meta_setting_put(
    struct meta_db *db, const char *name, const void *p, size_t n)
{
    struct sql *q =
        sql(db, "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)");

    sql_text(q, 1, name);
    sql_blob(q, 2, p, n);
    return sql_run(q);
}
