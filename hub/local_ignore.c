/* .gitignore at the top of a repo (gitignore(5)): later rules win, "!" takes
 * back, a slash at the end means folders, and one elsewhere means the whole
 * path. */
#include "hub/local_ignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/local_glob.h"

#define RULES_MAX 1000
#define PATTERN_MAX 1024

struct rule {
    char *pattern; /* without slashes at its ends */
    bool whole;    /* against the path, not the last name in it */
    bool folders;  /* and nothing else */
    bool keep;     /* takes back */
};

struct ignore {
    struct rule rule[RULES_MAX];
    size_t n;
};

static void parse_line(struct ignore *g, char *p)
{
    struct rule *r = &g->rule[g->n];
    size_t n = strlen(p);

    if (n > 0 && p[n - 1] == '\r')
        n--;
    while (n > 0 && p[n - 1] == ' ' && (n < 2 || p[n - 2] != '\\'))
        n--;
    if (n == 0 || n > PATTERN_MAX || p[0] == '#' || g->n == RULES_MAX)
        return;
    *r = (struct rule){.keep = p[0] == '!'};
    p += r->keep;
    n -= r->keep;
    r->folders = n > 0 && p[n - 1] == '/';
    n -= r->folders;
    r->whole = memchr(p, '/', n) != NULL;
    if (n > 0 && p[0] == '/') {
        p++;
        n--;
    }
    if (n == 0)
        return;
    r->pattern = xstrndup(p, n);
    g->n++;
}

struct ignore *ignore_parse(const char *text, size_t n)
{
    struct ignore *g = xcalloc(1, sizeof(*g));
    char *copy = xstrndup(text, n < IGNORE_TEXT_MAX ? n : IGNORE_TEXT_MAX);
    char *rest = copy;
    char *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        parse_line(g, line);
    free(copy);
    return g;
}

void ignore_free(struct ignore *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->n; i++)
        free(g->rule[i].pattern);
    free(g);
}

static bool left_out(const struct ignore *g, const char *path, bool folder)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    for (size_t i = g->n; i-- > 0;) {
        const struct rule *r = &g->rule[i];

        if (r->folders && !folder)
            continue;
        if (glob_match(r->pattern, r->whole ? path : name))
            return !r->keep;
    }
    return false;
}

bool ignore_has(const struct ignore *g, const char *path)
{
    char *part = xstrdup(path);
    bool out = false;

    for (char *p = strchr(part, '/'); p != NULL && !out; p = strchr(p, '/')) {
        *p = '\0';
        out = left_out(g, part, true);
        *p++ = '/';
    }
    out = out || left_out(g, part, false);
    free(part);
    return out;
}
