/* Folders on their way between the database and those who change them. */
#include "hub/local_meta_rows.h"

#include <stdlib.h>
#include <string.h>

#include "hub/local_meta_sql.h"

void rows_add(
    struct rows *r, const char *name, size_t len, const struct entry *entry)
{
    struct row *row = (struct row *)(void *)buf_grow(&r->list, sizeof(*row));

    *row = (struct row){.name = r->names.len, .entry = *entry};
    buf_add(&r->names, name, len);
    buf_addc(&r->names, '\0');
}

const struct row *rows_list(const struct rows *r, size_t *n)
{
    *n = r->list.len / sizeof(struct row);
    return (const struct row *)(const void *)r->list.data;
}

const char *row_name(const struct rows *r, const struct row *row)
{
    return (const char *)r->names.data + row->name;
}

void rows_free(struct rows *r)
{
    buf_free(&r->list);
    buf_free(&r->names);
}

static bool keep_row(void *ctx, const char *path, const struct entry *entry)
{
    rows_add(ctx, path, strlen(path), entry);
    return true;
}

int rows_read(struct meta_db *db, int64_t tree, struct rows *out)
{
    struct walk walk = {.tree = tree, .path = ""};

    return tree != 0 ? meta_walk(db, &walk, keep_row, out) : 0;
}

static int insert_rows(struct meta_db *db, const struct rows *r, int64_t tree)
{
    size_t n;
    const struct row *row = rows_list(r, &n);
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++) {
        const struct entry *e = &row[i].entry;
        struct sql *q = sql(db,
            "INSERT INTO entry (tree, name, mode, lfs, size, oid, sha256,"
            " child, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

        sql_int(q, 1, tree);
        sql_text(q, 2, row_name(r, &row[i]));
        sql_int(q, 3, e->mode);
        sql_int(q, 4, e->lfs);
        sql_int(q, 5, (int64_t)e->size);
        sql_blob(q, 6, e->oid, SHA1_SIZE);
        if (!entry_is_folder(e))
            sql_blob(q, 7, e->sha256, SHA256_SIZE);
        sql_int(q, 8, e->child);
        sql_int(q, 9, e->last);
        err = sql_run(q);
    }
    return err;
}

int rows_write(
    struct meta_db *db, const struct rows *r, int64_t last, struct entry *out)
{
    size_t n;
    const struct row *row = rows_list(r, &n);
    struct git_entry *list = xcalloc(n, sizeof(*list));
    struct sql *q;
    int err;

    *out = (struct entry){.mode = GIT_TREE, .last = last};
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct git_entry){
            .name = row_name(r, &row[i]),
            .mode = row[i].entry.mode,
            .oid = row[i].entry.oid,
        };
        out->size += row[i].entry.size;
    }
    git_tree_oid(list, n, out->oid);
    free(list);
    q = sql(db, "INSERT INTO tree (oid, size) VALUES (?1, ?2)");
    sql_blob(q, 1, out->oid, SHA1_SIZE);
    sql_int(q, 2, (int64_t)out->size);
    err = sql_run(q);
    out->child = sql_last_id(db);
    return err == 0 ? insert_rows(db, r, out->child) : err;
}
