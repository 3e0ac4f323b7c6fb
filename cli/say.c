/* The only two ways to the terminal. */
#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void complain(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("hffs: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

int print_out(const char *text)
{
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return -EIO;
    return 0;
}
