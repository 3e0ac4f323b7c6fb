/* Words for the user: on stderr with the program's name before them. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/mem.h"

/* "hffs: ..." and a line end. */
void complain(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* How far something is, on a line of its own that the next one replaces; only
 * where stderr is a terminal. _end takes it away. */
void say_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);
void say_progress_end(void);

/* Writes text to stdout and flushes. -EIO if that failed: the reader went. */
int print_out(const char *text);

#endif
