/* The only ways to the terminal. */
#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

void complain(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("hffs: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void say_progress(const char *fmt, ...)
{
    va_list ap;

    if (!isatty(STDERR_FILENO))
        return;
    va_start(ap, fmt);
    fputs(CLEAR_LINE, stderr);
    vfprintf(stderr, fmt, ap);
    fflush(stderr);
    va_end(ap);
}

void say_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs(CLEAR_LINE, stderr);
}

int print_out(const char *text)
{
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return -EIO;
    return 0;
}
