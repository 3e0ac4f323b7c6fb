/* SQLite in small words, for local_meta*.c alone. One struct meta_db is one
 * connection, used by one pool job at a time. */
#ifndef HUB_LOCAL_META_SQL_H
#define HUB_LOCAL_META_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meta_db;
struct sql; /* a prepared statement that is being used */

int sql_open(const char *path, bool writer, struct meta_db **out);
void sql_close(struct meta_db *db);

/* Runs statements without parameters. */
int sql_exec(struct meta_db *db, const char *text);

/* A statement with parameters ?1, ?2, ... text must be a string literal: it is
 * prepared once per connection and found again by its address. Never NULL: an
 * error is kept, and comes from sql_step(). sql_done() after use. */
struct sql *sql(struct meta_db *db, const char *text);

void sql_int(struct sql *q, int i, int64_t v);
void sql_text(struct sql *q, int i, const char *v);
void sql_textn(struct sql *q, int i, const char *v, size_t n);
void sql_blob(struct sql *q, int i, const void *p, size_t n);
void sql_null(struct sql *q, int i);

/* 1: a row is there; 0: no more; -errno. */
int sql_step(struct sql *q);

/* Columns of the row, from 0. Texts and blobs live until the next step. */
int64_t sql_get_int(struct sql *q, int col);
const char *sql_get_text(struct sql *q, int col); /* "" for NULL */

/* Exactly n bytes, or false: NULL, or of another size. */
bool sql_get_blob(struct sql *q, int col, void *out, size_t n);

void sql_done(struct sql *q);

/* For statements without rows: step and done. */
int sql_run(struct sql *q);

/* For one row: 0 with the row there, -ENOENT without one (and done), -errno
 * (and done). */
int sql_first(struct sql *q);

int64_t sql_last_id(struct meta_db *db);

#endif
