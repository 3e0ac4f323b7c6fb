/* A line on a terminal that says how far a command is; nothing elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "reading" */
    bool shown;       /* there is a line to wipe */
    uint64_t said_ms;
};

/* done of all bytes; says so a few times a second. */
void progress_bytes(struct progress *p, uint64_t done, uint64_t all);

/* Wipes the line, for others to write. */
void progress_end(struct progress *p);

#endif
