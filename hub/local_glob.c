/* Patterns come from outside, so they are not matched by backtracking: the set
 * of places that a pattern can have reached in the path moves from token to
 * token, which costs their product and never more. */
#include "hub/local_glob.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* "[a-z]" at p, just behind its '['; where it ends, or NULL. */
static const char *class_end(const char *p)
{
    if (*p == '!' || *p == '^')
        p++;
    if (*p == ']')
        p++;
    p = strchr(p, ']');
    return p;
}

static bool class_has(const char *p, const char *end, unsigned char c)
{
    bool negated = *p == '!' || *p == '^';
    bool in = false;

    for (p += negated; p < end; p++) {
        unsigned char low = (unsigned char)*p;
        unsigned char high = low;

        if (p + 2 < end && p[1] == '-') {
            high = (unsigned char)p[2];
            p += 2;
        }
        in = in || (low <= c && c <= high);
    }
    return c != '/' && in != negated;
}

/* Moves every place over a run of bytes; '/' is among them or not. */
static void run(bool *at, const char *text, size_t n, bool slashes)
{
    for (size_t i = 0; i < n; i++) {
        if (at[i] && (slashes || text[i] != '/'))
            at[i + 1] = true;
    }
}

/* Nothing, or anything that ends in '/'. */
static void folders(bool *at, const char *text, size_t n)
{
    bool started = false;

    for (size_t i = 0; i < n; i++) {
        started = started || at[i];
        if (started && text[i] == '/')
            at[i + 1] = true;
    }
}

/* One byte: a literal, any, or one of a class (end is its ']'). */
static void one(
    bool *at, const char *text, size_t n, const char *p, const char *end)
{
    for (size_t i = n; i-- > 0;) {
        unsigned char c = (unsigned char)text[i];
        bool fits = end != NULL ? class_has(p + 1, end, c)
            : *p == '?'         ? c != '/'
                                : c == (unsigned char)*p;

        at[i + 1] = at[i] && fits;
    }
    at[0] = false;
}

bool glob_match(const char *p, const char *text)
{
    size_t n = strlen(text);
    bool *at = xcalloc(n + 1, sizeof(*at));
    bool whole;

    at[0] = true;
    for (; *p != '\0'; p++) {
        const char *end = *p == '[' ? class_end(p + 1) : NULL;

        if (strncmp(p, "**/", 3) == 0) {
            folders(at, text, n);
            p += 2;
        } else if (*p == '*') {
            run(at, text, n, p[1] == '*');
            p += p[1] == '*';
        } else {
            if (*p == '\\' && p[1] != '\0')
                p++;
            one(at, text, n, p, end);
            p = end != NULL ? end : p;
        }
    }
    whole = at[n];
    free(at);
    return whole;
}
