/* Locks between processes: a file that its holder keeps locked with flock(2)
 * until it ends, however it ends, and that says who the holder is. */
#ifndef CLI_LOCK_H
#define CLI_LOCK_H

/* Creates the file if need be. *fd keeps the lock: close it to let go.
 * -EWOULDBLOCK when somebody else holds it. */
int lock_take(const char *path, int *fd);

/* The pid of who holds it; 0 if nobody does, -1 if that somebody cannot be
 * told. */
int lock_holder(const char *path);

#endif
