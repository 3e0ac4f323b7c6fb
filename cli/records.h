/* The records that servers and supervisors leave in their places, and who is
 * alive: that is told by locks, so a pid that was given out again misleads
 * nobody. */
#ifndef CLI_RECORDS_H
#define CLI_RECORDS_H

#include <stdbool.h>

#include "base/json.h"
#include "cli/place.h"

struct buf;

#define RECORD_SERVER "server.json"
#define RECORD_SUPERVISOR "supervisor.json"
#define LOCK_SERVER "lock"
#define LOCK_SUPERVISOR "supervisor.lock"

/* Durable replacement; the parsed object (json_free it), or NULL when there is
 * none that makes sense. */
int record_save(const char *dir, const char *name, const struct buf *text);
struct json *record_load(const char *dir, const char *name);
void record_drop(const char *dir, const char *name);

/* The process that serves a place, or keeps its server running; 0 if none
 * does, -1 if one does that cannot be told. */
int record_server_pid(const char *dir);
int record_supervisor_pid(const char *dir);

/* What a server that died could not do: removes the directory that it made to
 * mount on, and its records. Nothing is mounted there any more. */
void records_tidy(const char *dir);

/* Drops the records of dead servers that name this mount point, which is not
 * mounted any more. True if one of them had made the directory. */
bool records_bury(const char *state, const char *mountpoint);

/* The pid of who serves this place or has mounted this point (NULL: none is
 * meant); not above 0 if that is not known. */
int records_holder(const char *state, const char *dir, const char *mountpoint);

/* The directory of the place whose record names this mount point, or, if it
 * has none, this source; one that is alive comes first. free() it. NULL if
 * there is none. */
char *records_find(const char *state, const char *mountpoint);

#endif
