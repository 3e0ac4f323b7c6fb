/* Looking for rows that nothing refers to, by marking what is: a bit per
 * commit and tree, so that millions of them take little memory. */
#include "hub/local_meta_gc.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_meta_sql.h"

#define COMMITS_EACH 1000
#define ENTRIES_EACH 20000 /* rows that one transaction removes */

/* Ids from 1 to max, each with a bit. */
struct marks {
    uint8_t *bit;
    int64_t max;
};

static void marks_init(struct marks *m, int64_t max)
{
    m->max = max;
    m->bit = xcalloc((size_t)max / 8 + 1, 1);
}

static bool marked(const struct marks *m, int64_t id)
{
    return id >= 0 && id <= m->max && (m->bit[id / 8] >> (id % 8) & 1) != 0;
}

/* False if it was already, or is none of ours. */
static bool mark(struct marks *m, int64_t id)
{
    if (id <= 0 || id > m->max || marked(m, id))
        return false;
    m->bit[id / 8] |= (uint8_t)(1u << (id % 8));
    return true;
}

static void unmark(struct marks *m, int64_t id)
{
    if (id > 0 && id <= m->max)
        m->bit[id / 8] &= (uint8_t) ~(1u << (id % 8));
}

static int64_t *ids_of(const struct gc_ids *g, size_t *n)
{
    *n = g->ids.len / sizeof(int64_t);
    return (int64_t *)(void *)g->ids.data;
}

static void add_id(struct buf *ids, int64_t id)
{
    buf_add(ids, &id, sizeof(id));
}

void gc_ids_fini(struct gc_ids *g)
{
    buf_free(&g->ids);
}

/* fn for the first column of each row. */
static int each_id(struct sql *q, void (*fn)(void *ctx, int64_t id), void *ctx)
{
    int got;

    while ((got = sql_step(q)) == 1)
        fn(ctx, sql_get_int(q, 0));
    sql_done(q);
    return got;
}

static int max_of(struct meta_db *db, const char *text, int64_t *out)
{
    struct sql *q = sql(db, text);
    int err = sql_first(q);

    if (err != 0)
        return err;
    *out = sql_get_int(q, 0);
    sql_done(q);
    return 0;
}

/* ---- Trees that can be reached */

struct marker {
    struct meta_db *db;
    struct marks trees;
    struct marks *last; /* NULL, or commits, which lose their mark when they
                           are the last one of a file */
    struct buf todo;    /* of int64_t: trees whose entries were not read */
};

static void on_root(void *ctx, int64_t tree)
{
    struct marker *m = ctx;

    if (mark(&m->trees, tree))
        add_id(&m->todo, tree);
}

static int read_entries(struct marker *m, int64_t tree)
{
    struct sql *q = sql(m->db, "SELECT child, last FROM entry WHERE tree = ?1");
    int got;

    sql_int(q, 1, tree);
    while ((got = sql_step(q)) == 1) {
        on_root(m, sql_get_int(q, 0));
        if (m->last != NULL)
            unmark(m->last, sql_get_int(q, 1));
    }
    sql_done(q);
    return got;
}

static int read_todo(struct marker *m)
{
    int err = 0;

    while (err == 0 && m->todo.len > 0) {
        int64_t tree;

        m->todo.len -= sizeof(tree);
        memcpy(&tree, m->todo.data + m->todo.len, sizeof(tree));
        err = read_entries(m, tree);
    }
    return err;
}

static int marker_init(struct marker *m, struct meta_db *db, struct marks *last)
{
    int64_t max = 0;
    int err = max_of(db, "SELECT COALESCE(MAX(id), 0) FROM tree", &max);

    *m = (struct marker){.db = db, .last = last};
    marks_init(&m->trees, max);
    return err;
}

static void marker_fini(struct marker *m)
{
    free(m->trees.bit);
    buf_free(&m->todo);
}

/* ---- Commits */

/* What begins with these is kept: refs, and where pull requests stand. */
#define LIVE_COMMITS                                                           \
    "WITH RECURSIVE live (id) AS (SELECT target FROM ref"                      \
    " UNION SELECT base FROM discussion UNION SELECT merged FROM discussion"   \
    " UNION SELECT head FROM event UNION SELECT target FROM event"             \
    " UNION SELECT h.parent FROM history h JOIN live l ON h.id = l.id) "

static void on_live(void *ctx, int64_t id)
{
    unmark(ctx, id);
}

static void on_dead(void *ctx, int64_t id)
{
    mark(ctx, id);
}

/* A commit that is kept keeps its parents, so that histories never end in the
 * middle. Parents were there first, and so have the lower ids. */
static int keep_parents(struct meta_db *db, struct marks *dead)
{
    struct sql *q = sql(db, "SELECT id, parent FROM history ORDER BY id DESC");
    int got;

    while ((got = sql_step(q)) == 1) {
        if (!marked(dead, sql_get_int(q, 0)))
            unmark(dead, sql_get_int(q, 1));
    }
    sql_done(q);
    return got;
}

/* Old enough, and not live, as far as refs tell. */
static int mark_dead(struct meta_db *db, int64_t before_s, struct marks *dead)
{
    struct sql *q = sql(db, "SELECT id FROM history WHERE time < ?1");
    int err;

    sql_int(q, 1, before_s);
    err = each_id(q, on_dead, dead);
    if (err == 0)
        err =
            each_id(sql(db, LIVE_COMMITS "SELECT id FROM live"), on_live, dead);
    return err == 0 ? keep_parents(db, dead) : err;
}

static int mark_trees_of_kept(struct marker *m, const struct marks *dead)
{
    struct sql *q = sql(m->db, "SELECT id, tree FROM history");
    int got;

    while ((got = sql_step(q)) == 1) {
        if (!marked(dead, sql_get_int(q, 0)))
            on_root(m, sql_get_int(q, 1));
    }
    sql_done(q);
    return got;
}

int meta_gc_commits(struct meta_db *db, int64_t before_s, struct gc_ids *out)
{
    struct marks dead = {0};
    struct marker m = {0};
    int64_t max = 0;
    int err = max_of(db, "SELECT COALESCE(MAX(id), 0) FROM history", &max);

    *out = (struct gc_ids){0};
    marks_init(&dead, max);
    if (err == 0)
        err = mark_dead(db, before_s, &dead);
    if (err == 0)
        err = marker_init(&m, db, &dead);
    if (err == 0)
        err = mark_trees_of_kept(&m, &dead);
    if (err == 0)
        err = read_todo(&m);
    if (err == 0)
        err = keep_parents(db, &dead);
    for (int64_t id = max; id > 0 && err == 0; id--) {
        if (marked(&dead, id))
            add_id(&out->ids, id);
    }
    marker_fini(&m);
    free(dead.bit);
    return err;
}

static int delete_id(struct meta_db *db, const char *text, int64_t id)
{
    struct sql *q = sql(db, text);

    sql_int(q, 1, id);
    return sql_run(q);
}

int meta_gc_drop_commits(struct meta_db *db, struct gc_ids *g, uint64_t *n)
{
    struct marks live = {0};
    int64_t max = 0;
    size_t n_ids;
    const int64_t *id = ids_of(g, &n_ids);
    size_t end = min_size(n_ids, g->next + COMMITS_EACH);
    int err = max_of(db, "SELECT COALESCE(MAX(id), 0) FROM history", &max);

    marks_init(&live, max);
    if (err == 0)
        err = each_id(
            sql(db, LIVE_COMMITS "SELECT id FROM live"), on_dead, &live);
    for (; g->next < end && err == 0; g->next++) {
        if (marked(&live, id[g->next]))
            continue;
        err = delete_id(db, "DELETE FROM history WHERE id = ?1", id[g->next]);
        *n += err == 0;
    }
    free(live.bit);
    return err;
}

/* ---- Trees */

struct orphans {
    const struct marks *kept;
    struct buf *ids;
};

static void on_tree(void *ctx, int64_t id)
{
    struct orphans *o = ctx;

    if (!marked(o->kept, id))
        add_id(o->ids, id);
}

int meta_gc_trees(struct meta_db *db, struct gc_ids *out)
{
    struct marker m;
    struct orphans o = {.kept = &m.trees, .ids = &out->ids};
    int err = marker_init(&m, db, NULL);

    *out = (struct gc_ids){0};
    if (err == 0)
        err = each_id(sql(db, "SELECT tree FROM history"), on_root, &m);
    if (err == 0)
        err = read_todo(&m);
    if (err == 0)
        err = each_id(sql(db, "SELECT id FROM tree"), on_tree, &o);
    marker_fini(&m);
    return err;
}

static int drop_tree(struct meta_db *db, int64_t id, int64_t *rows)
{
    struct sql *q = sql(db, "SELECT COUNT(*) FROM entry WHERE tree = ?1");
    int err;

    sql_int(q, 1, id);
    err = sql_first(q);
    if (err != 0)
        return err;
    *rows += sql_get_int(q, 0) + 1;
    sql_done(q);
    err = delete_id(db, "DELETE FROM entry WHERE tree = ?1", id);
    return err == 0 ? delete_id(db, "DELETE FROM tree WHERE id = ?1", id) : err;
}

int meta_gc_drop_trees(struct meta_db *db, struct gc_ids *g, uint64_t *n)
{
    size_t n_ids;
    const int64_t *id = ids_of(g, &n_ids);
    int64_t rows = 0;
    int err = 0;

    while (g->next < n_ids && rows < ENTRIES_EACH && err == 0) {
        err = drop_tree(db, id[g->next++], &rows);
        *n += err == 0;
    }
    return err;
}

/* ---- Contents */

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_SIZE);
}

bool gc_hashes_have(const struct gc_hashes *h, const uint8_t *sha256)
{
    size_t n = h->list.len / SHA256_SIZE;

    return n > 0 && bsearch(sha256, h->list.data, n, SHA256_SIZE, compare);
}

void gc_hashes_fini(struct gc_hashes *h)
{
    buf_free(&h->list);
}

static int add_hashes(struct meta_db *db, const char *text, struct buf *list)
{
    struct sql *q = sql(db, text);
    uint8_t hash[SHA256_SIZE];
    int got;

    while ((got = sql_step(q)) == 1) {
        if (sql_get_blob(q, 0, hash, sizeof(hash)))
            buf_add(list, hash, sizeof(hash));
    }
    sql_done(q);
    return got;
}

int meta_gc_contents(struct meta_db *db, struct gc_hashes *out)
{
    int err = add_hashes(db,
        "SELECT sha256 FROM entry WHERE sha256 IS NOT NULL AND (lfs = 0"
        " OR EXISTS (SELECT 1 FROM lfs l WHERE l.sha256 = entry.sha256"
        " AND l.removed = 0))",
        &out->list);

    if (err == 0)
        err = add_hashes(db, "SELECT sha256 FROM upload", &out->list);
    if (err == 0)
        err = add_hashes(db, "SELECT sha256 FROM xorb", &out->list);
    if (out->list.len > 0)
        qsort(
            out->list.data, out->list.len / SHA256_SIZE, SHA256_SIZE, compare);
    return err;
}

int meta_gc_claims(struct meta_db *db, struct gc_hashes *out)
{
    return add_hashes(
        db, "SELECT DISTINCT sha256 FROM lfs ORDER BY sha256", &out->list);
}

int meta_gc_drop_claims(
    struct meta_db *db, const uint8_t sha256[static SHA256_SIZE])
{
    struct sql *q = sql(db, "DELETE FROM lfs WHERE sha256 = ?1");

    sql_blob(q, 1, sha256, SHA256_SIZE);
    return sql_run(q);
}
