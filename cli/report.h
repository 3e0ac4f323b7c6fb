/* What a server has to say to whoever started it: one JSON object on a line,
 * through a pipe. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>

#include "base/buf.h"

struct report {
    bool ready;
    int status;      /* exit status; EXIT_OK when ready */
    struct buf text; /* what to tell the user: may have several lines */
};

/* Writes it to the descriptor. Errors do not matter: nobody listens. */
void report_send(int fd, bool ready, int status, const char *text);

/* The first line of what was received. False while it is not complete; text
 * that is no report counts as a failure that says so. */
bool report_parse(const struct buf *received, struct report *out);
void report_fini(struct report *r);

#endif
