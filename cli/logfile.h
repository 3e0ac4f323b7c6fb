/* A log file that stdout and stderr go to, with old ones beside it: LOG.1 to
 * LOG.3. */
#ifndef CLI_LOGFILE_H
#define CLI_LOGFILE_H

#include <stdint.h>

#define LOGFILE_KEEP 3
#define LOGFILE_MAX_BYTES ((uint64_t)16 << 20)

/* Makes the file the process's stdout and stderr. 0 or -errno. */
int logfile_open(const char *path);

/* Follows when another process has rotated the file, and rotates it itself
 * when it is max_bytes long or longer (0: never). To be called now and then;
 * errors leave things as they are. */
void logfile_check(const char *path, uint64_t max_bytes);

#endif
