/* Locks between processes: a file that its holder keeps locked with flock(2)
 * until it ends, however it ends. */
#ifndef CLI_LOCK_H
#define CLI_LOCK_H

#include <stdbool.h>

/* Creates the file if need be. *fd keeps the lock: close it to let go.
 * -EWOULDBLOCK when somebody else holds it. */
int lock_take(const char *path, int *fd);

/* Somebody holds it. */
bool lock_held(const char *path);

#endif
