/* A test program is one process with one count of checks. */
#include "test/lib/checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned n_checks;
static unsigned n_failed;

bool check(bool good, const char *text, ...)
{
    va_list args;

    n_checks++;
    if (!good)
        n_failed++;
    printf("%sok %u - ", good ? "" : "not ", n_checks);
    va_start(args, text);
    vprintf(text, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    return good;
}

void check_skip(const char *why, ...)
{
    va_list args;

    printf("ok %u # SKIP ", ++n_checks);
    va_start(args, why);
    vprintf(why, args);
    va_end(args);
    printf("\n");
}

void bail_out(const char *why, ...)
{
    va_list args;

    printf("Bail out! ");
    va_start(args, why);
    vprintf(why, args);
    va_end(args);
    printf("\n");
    exit(1);
}

int checks_done(void)
{
    printf("1..%u\n", n_checks);
    return n_failed == 0 ? 0 : 1;
}
