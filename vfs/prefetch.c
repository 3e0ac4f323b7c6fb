/* The adaptive window. See prefetch.h for how streams are told apart. */
#include "vfs/prefetch.h"

#include "cache/cache.h"

#define IN_FLIGHT 16 /* reads a client keeps under way at once */
#define WINDOW_FIRST ((size_t)512 << 10)
#define STEP_MIN ((size_t)256 << 10)
#define STEP_MAX ((size_t)8 << 20)
#define RECENT 64 /* reads after which a silent stream no longer counts */

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static struct prefetch_stream *find(
    struct prefetch *p, uint64_t offset, size_t len)
{
    struct prefetch_stream *best = NULL;
    uint64_t reach = (uint64_t)len * IN_FLIGHT;

    for (size_t i = 0; i < PREFETCH_STREAMS; i++) {
        struct prefetch_stream *s = &p->stream[i];

        if (s->used == 0 || distance(s->front, offset) > reach)
            continue;
        if (best == NULL ||
            distance(s->front, offset) < distance(best->front, offset))
            best = s;
    }
    return best;
}

static struct prefetch_stream *replace(struct prefetch *p)
{
    struct prefetch_stream *oldest = &p->stream[0];

    for (size_t i = 1; i < PREFETCH_STREAMS; i++) {
        if (p->stream[i].used < oldest->used)
            oldest = &p->stream[i];
    }
    return oldest;
}

/* Streams that read ahead and were read lately: they share the window. */
static size_t active(const struct prefetch *p)
{
    size_t n = 0;

    for (size_t i = 0; i < PREFETCH_STREAMS; i++) {
        const struct prefetch_stream *s = &p->stream[i];

        n += s->used != 0 && s->window != 0 && p->clock - s->used < RECENT;
    }
    return n != 0 ? n : 1;
}

static size_t step_of(size_t window)
{
    size_t step = window / 4;

    return step < STEP_MIN ? STEP_MIN : step > STEP_MAX ? STEP_MAX : step;
}

size_t prefetch_note(
    struct prefetch *p, uint64_t offset, size_t len, size_t window_max)
{
    struct prefetch_stream *s = find(p, offset, len);
    size_t share;

    p->clock++;
    if (s == NULL) {
        s = replace(p);
        /* Who begins at the beginning will probably go on. */
        *s = (struct prefetch_stream){.front = offset + len,
            .ahead = offset + len,
            .read = len,
            .window = offset == 0 ? WINDOW_FIRST : 0,
            .used = p->clock};
    } else {
        if (offset + len > s->front)
            s->front = offset + len;
        s->read += len;
        s->window = s->read > WINDOW_FIRST ? (size_t)s->read : WINDOW_FIRST;
        s->used = p->clock;
    }
    share = window_max / active(p);
    if (s->window > share)
        s->window = share;
    p->last = s;
    return s->window != 0 ? step_of(s->window) : 0;
}

void prefetch_start(struct prefetch *p, struct cache_file *file)
{
    struct prefetch_stream *s = p->last;
    uint64_t from = s->ahead > s->front ? s->ahead : s->front;
    uint64_t until = s->front + s->window;

    if (s->window == 0 || from > s->front + s->window / 2)
        return;
    s->ahead = cache_want(file, from, until - from, step_of(s->window));
}
