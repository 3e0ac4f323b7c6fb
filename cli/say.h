/* Words for the user: on stderr with the program's name before them. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/mem.h"

/* "hffs: ..." and a line end. */
void complain(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Writes text to stdout and flushes. -EIO if that failed: the reader went. */
int print_out(const char *text);

#endif
