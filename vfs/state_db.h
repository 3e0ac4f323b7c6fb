/* Private to vfs/state*.c: the connection and its statements. */
#ifndef VFS_STATE_DB_H
#define VFS_STATE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "vfs/node.h"
#include "vfs/state.h"

enum db_stmt_id {
    STMT_VALUE_SET,
    STMT_VALUE_GET,
    STMT_FIND_INO,
    STMT_FIND_NAME,
    STMT_SCAN,
    STMT_INSERT,
    STMT_UPDATE,
    STMT_OLDER,
    STMT_STALE,
    STMT_REMOVE,
    STMT_REMOVE_BELOW,
    STMT_COUNT_DIRS,
    STMT_COUNT_ALL,
    STMT_LISTED,
    STMT_CTIME,
    STMT_ROOT,
    STMT_COUNT,
};

struct db {
    sqlite3 *conn;
    sqlite3_stmt *stmt[STMT_COUNT];
    uint64_t next_ino;
    uint64_t reserved_ino; /* on disk: no number from here on was used */
    struct state_totals totals;
    bool counters_changed;
    bool damaged; /* was found so while in use */
};

/* A result code as -errno; unexpected ones are logged. */
int db_error(struct db *db, int rc);

/* The prepared statement, reset; sql is the same for the same id. */
sqlite3_stmt *db_stmt(struct db *db, enum db_stmt_id id, const char *sql);

/* 1: a row; 0: done; -errno. A statement that has no row left is reset. */
int db_step(struct db *db, sqlite3_stmt *s);

#endif
