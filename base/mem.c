/* Allocation that cannot fail: see mem.h for why that is safe here. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *must(void *p)
{
    static const char text[] = "hffs: out of memory\n";

    if (p == NULL) {
        ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

        (void)n;
        abort();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return must(malloc(size != 0 ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return must(calloc(n != 0 ? n : 1, size != 0 ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
    return must(realloc(p, size != 0 ? size : 1));
}

char *xstrdup(const char *s)
{
    return must(strdup(s));
}

/* By hand: AddressSanitizer's strict strndup() wants a NUL behind s. */
char *xstrndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = xmalloc(len + 1);

    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *xasprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    return must(n < 0 ? NULL : text);
}
