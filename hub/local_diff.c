/* Lines are compared by Myers' greedy algorithm (An O(ND) difference algorithm
 * and its variations, 1986): for each number of edits, how far one gets on each
 * diagonal. How far it was is kept per number, to find the way back; that costs
 * the square of the edits, so beyond a limit the middle counts as replaced. */
#include "hub/local_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define CONTEXT 3
#define EDITS_MAX 1000
#define SAMPLE 8000 /* git's own */

struct line {
    const char *text;
    size_t len; /* with its newline */
};

struct lines {
    struct line *line;
    size_t n;
};

/* What became of the lines: flags per line of either side. */
struct script {
    struct lines a;
    struct lines b;
    bool *gone;  /* of a */
    bool *added; /* of b */
};

bool diff_is_text(const char *text, size_t n)
{
    return memchr(text, 0, min_size(n, SAMPLE)) == NULL;
}

static struct lines split(const char *text, size_t n)
{
    const char *end = text + n;
    struct lines out = {0};
    size_t count = 1;

    for (const char *p = text; p < end; p++)
        count += *p == '\n';
    out.line = xcalloc(count, sizeof(*out.line));
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const char *next = stop != NULL ? stop + 1 : end;

        out.line[out.n++] =
            (struct line){.text = text, .len = (size_t)(next - text)};
        text = next;
    }
    return out;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* The part that differs, between what is the same at both ends. */
struct window {
    size_t from;
    size_t a_to;
    size_t b_to;
};

static struct window narrow(const struct script *s)
{
    struct window w = {.a_to = s->a.n, .b_to = s->b.n};

    while (w.from < w.a_to && w.from < w.b_to &&
        same(&s->a.line[w.from], &s->b.line[w.from]))
        w.from++;
    while (w.a_to > w.from && w.b_to > w.from &&
        same(&s->a.line[w.a_to - 1], &s->b.line[w.b_to - 1])) {
        w.a_to--;
        w.b_to--;
    }
    return w;
}

/* ---- The search inside the window. Row d of the trace holds, for diagonals
 * k = -d..d, the furthest x; y is x - k. */
struct search {
    const struct line *a;
    const struct line *b;
    int n;
    int m;
    int *trace[EDITS_MAX + 1];
};

static int reach(const struct search *s, int d, int k)
{
    return k < -d || k > d ? -1 : s->trace[d][k + d];
}

/* Where d edits begin on diagonal k: one step down or right from before. */
static int begin_at(const struct search *s, int d, int k, bool *down)
{
    int above = reach(s, d - 1, k + 1);
    int left = reach(s, d - 1, k - 1);

    *down = k == -d || (k != d && left < above);
    return *down ? above : left + 1;
}

/* Fills row d; whether the end is reached. */
static bool advance(struct search *s, int d)
{
    bool done = false;

    s->trace[d] = xcalloc(2 * (size_t)d + 1, sizeof(int));
    for (int k = -d; k <= d; k++) {
        bool down;
        int x = d == 0 ? 0 : begin_at(s, d, k, &down);
        int y = x - k;

        while (x < s->n && y < s->m && x >= 0 && y >= 0 &&
            same(&s->a[x], &s->b[y])) {
            x++;
            y++;
        }
        s->trace[d][k + d] = x;
        done = done || (x >= s->n && y >= s->m);
    }
    return done;
}

/* From the end back to the beginning, marking what was changed. */
static void walk_back(const struct search *s, int d, bool *gone, bool *added)
{
    int k = s->n - s->m;

    for (; d > 0; d--) {
        bool down;
        int x = begin_at(s, d, k, &down);

        if (down) {
            added[x - k - 1] = true;
            k++;
        } else {
            gone[x - 1] = true;
            k--;
        }
    }
}

/* False when there are too many edits. */
static bool search(struct search *s, bool *gone, bool *added)
{
    bool found = false;
    int d = 0;

    while (!found && d <= EDITS_MAX)
        found = advance(s, d++);
    if (found)
        walk_back(s, d - 1, gone, added);
    while (d > 0)
        free(s->trace[--d]);
    return found;
}

static void compare(struct script *s)
{
    struct window w = narrow(s);
    size_t n = w.a_to - w.from;
    size_t m = w.b_to - w.from;
    struct search *inside = xcalloc(1, sizeof(*inside));

    if (n > 0 && m > 0 && n + m <= DIFF_LINES_MAX) {
        *inside = (struct search){.a = s->a.line + w.from,
            .b = s->b.line + w.from,
            .n = (int)n,
            .m = (int)m};
        if (search(inside, s->gone + w.from, s->added + w.from))
            goto out;
    }
    memset(s->gone + w.from, true, n);
    memset(s->added + w.from, true, m);
out:
    free(inside);
}

/* ---- Writing */

static void write_line(struct buf *out, char mark, const struct line *line)
{
    buf_addc(out, mark);
    buf_add(out, line->text, line->len);
    if (line->text[line->len - 1] != '\n')
        buf_adds(out, "\n\\ No newline at end of file\n");
}

/* A place in both texts, between lines. */
struct place {
    size_t i;
    size_t k;
};

static bool changed(const struct script *s, struct place p)
{
    return (p.i < s->a.n && s->gone[p.i]) || (p.k < s->b.n && s->added[p.k]);
}

/* One line further; writes it if out is there. */
static void step(const struct script *s, struct place *p, struct buf *out)
{
    bool gone = p->i < s->a.n && s->gone[p->i];
    bool added = !gone && p->k < s->b.n && s->added[p->k];
    char mark = ' ';
    const struct line *line = &s->a.line[p->i];

    if (gone)
        mark = '-';
    if (added) {
        mark = '+';
        line = &s->b.line[p->k];
    }
    if (out != NULL)
        write_line(out, mark, line);
    p->i += !added;
    p->k += !gone;
}

/* Where a hunk that begins at p ends: behind the last change that has no more
 * than twice the context between it and the one before. */
static struct place hunk_end(const struct script *s, struct place p)
{
    struct place end = p;
    size_t quiet = 0;

    while ((p.i < s->a.n || p.k < s->b.n) && quiet <= 2 * (size_t)CONTEXT) {
        quiet = changed(s, p) ? 0 : quiet + 1;
        step(s, &p, NULL);
        if (quiet == 0)
            end = p;
    }
    for (size_t i = 0; i < CONTEXT && end.i < s->a.n; i++) {
        end.i++;
        end.k++;
    }
    return end;
}

static void write_range(struct buf *out, char mark, size_t from, size_t to)
{
    buf_addf(out, "%c%zu", mark, to > from ? from + 1 : from);
    if (to - from != 1)
        buf_addf(out, ",%zu", to - from);
}

static void write_hunks(const struct script *s, struct buf *out)
{
    struct place p = {0};

    while (p.i < s->a.n || p.k < s->b.n) {
        struct place end;
        size_t context;

        if (!changed(s, p)) {
            step(s, &p, NULL);
            continue;
        }
        end = hunk_end(s, p);
        context = min_size(CONTEXT, p.i);
        p.i -= context;
        p.k -= context;
        buf_adds(out, "@@ ");
        write_range(out, '-', p.i, end.i);
        buf_addc(out, ' ');
        write_range(out, '+', p.k, end.k);
        buf_adds(out, " @@\n");
        while (p.i < end.i || p.k < end.k)
            step(s, &p, out);
    }
}

void diff_hunks(const char *before, size_t n_before, const char *after,
    size_t n_after, struct buf *out)
{
    struct script s = {
        .a = split(before, n_before), .b = split(after, n_after)};

    s.gone = xcalloc(s.a.n + 1, sizeof(bool));
    s.added = xcalloc(s.b.n + 1, sizeof(bool));
    compare(&s);
    write_hunks(&s, out);
    free(s.gone);
    free(s.added);
    free(s.a.line);
    free(s.b.line);
}
