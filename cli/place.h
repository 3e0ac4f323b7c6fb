/* A mount's place on disk:
 *
 *     STATE/mounts/KEY/          0700; the mount's database is here as well
 *         lock                   held by the server while it runs
 *         server.json            what is mounted, by whom: `hffs status`
 *         supervisor.json        restarts
 *         supervisor.lock        held by the supervisor, if there is one
 *         control                the server's socket
 *     STATE/mounts/at-HASH.lock  held for the mount point by who keeps it
 *                                mounted: the supervisor, or a server alone
 *     STATE/logs/NAME-KEY.log
 *
 * KEY is made of the mount point and the source, so that the same command
 * finds the same state again. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <stdbool.h>
#include <stddef.h>

struct opt_list;

#define PLACE_KEY_SIZE 33

struct place_id {
    const char *mountpoint; /* canonical; NULL: only served */
    const char *kind;       /* "model", "dataset", "space" */
    const char *id;
    const char *subdir;
    const char *endpoint;
    const char *revision;
};

struct place {
    char key[PLACE_KEY_SIZE];
    char *dir;
    char *lock;
    char *point_lock; /* NULL without a mount point */
    char *control;
    char *log;
};

/* Names only; nothing is made. */
void place_name(
    const char *state, const struct place_id *id, struct place *out);
void place_fini(struct place *p);

/* The lock of a mount point, whatever is mounted there. free() it. */
char *place_point_lock(const char *state, const char *mountpoint);

/* Makes the directories. -ENAMETOOLONG if the control socket's path would not
 * fit into an address (PLACE_CONTROL_MAX bytes). */
#define PLACE_CONTROL_MAX 103
int place_make(const struct place *p);

/* The directories of all mounts of this state, running or not. */
void place_list(const char *state, struct opt_list *dirs);

#endif
