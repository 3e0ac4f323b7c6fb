/* Back-off: exponential with jitter, so that many requests that failed
 * together do not come back together; and cool-downs, so that a server that
 * asked for a pause gets it from all requests and not only from the one it
 * happened to answer. */
#include "hub/http_retry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/op.h"
#include "hub/http.h"
#include "hub/http_field.h"

#define BACKOFF_MAX_MS 4000
#define GRANT_MAX_MS 300000
#define REFUSE_MS 30000
#define HOPELESS_DIVISOR 6
#define GAIN_MIN ((uint64_t)64 << 10)
#define COOLDOWNS_MAX 64

struct cooldown {
    char *origin;
    enum http_class class;
    uint64_t until_ms;
    bool refuse; /* too long to wait for: questions fail meanwhile */
    TAILQ_ENTRY(cooldown) link;
};

void retry_table_init(struct retry_table *t, uv_loop_t *loop,
    unsigned backoff_ms, unsigned patience_ms)
{
    *t = (struct retry_table){
        .loop = loop, .backoff_ms = backoff_ms, .patience_ms = patience_ms};
    TAILQ_INIT(&t->live);
    TAILQ_INIT(&t->cooldowns);
}

static void cooldown_free(struct cooldown *c)
{
    free(c->origin);
    free(c);
}

void retry_table_fini(struct retry_table *t)
{
    struct cooldown *c = TAILQ_FIRST(&t->cooldowns);

    assert(TAILQ_EMPTY(&t->live));
    while (c != NULL) {
        struct cooldown *next = TAILQ_NEXT(c, link);

        cooldown_free(c);
        c = next;
    }
}

void retry_table_stop(struct retry_table *t)
{
    struct retry *r;

    t->stopped = true;
    TAILQ_FOREACH (r, &t->live, link)
        timer_cut(&r->timer);
}

void retry_begin(struct retry *r, struct retry_table *t, enum http_class class)
{
    *r =
        (struct retry){.table = t, .class = class, .since_ms = uv_now(t->loop)};
    TAILQ_INSERT_TAIL(&t->live, r, link);
}

void retry_end(struct retry *r)
{
    TAILQ_REMOVE(&r->table->live, r, link);
}

void retry_gain(struct retry *r, uint64_t n)
{
    if (n == 0)
        return;
    r->failures = 0;
    r->gained += n;
    if (r->gained < GAIN_MIN)
        return;
    r->gained = 0;
    r->granted_ms = 0;
    r->since_ms = uv_now(r->table->loop);
}

static struct cooldown *cooldown_find(
    struct retry_table *t, const char *origin, enum http_class class)
{
    struct cooldown *c;

    TAILQ_FOREACH (c, &t->cooldowns, link) {
        if (c->class == class && strcmp(c->origin, origin) == 0)
            return c;
    }
    return NULL;
}

/* Makes room; the one that ends first matters least. */
static void cooldown_make_room(struct retry_table *t)
{
    struct cooldown *first = NULL;
    struct cooldown *c;
    unsigned n = 0;

    TAILQ_FOREACH (c, &t->cooldowns, link) {
        n++;
        if (first == NULL || c->until_ms < first->until_ms)
            first = c;
    }
    if (n < COOLDOWNS_MAX)
        return;
    TAILQ_REMOVE(&t->cooldowns, first, link);
    cooldown_free(first);
}

static struct cooldown *cooldown_new(struct retry *r, const char *origin)
{
    struct cooldown *c = xcalloc(1, sizeof(*c));

    cooldown_make_room(r->table);
    c->origin = xstrdup(origin);
    c->class = r->class;
    TAILQ_INSERT_TAIL(&r->table->cooldowns, c, link);
    return c;
}

/* One absurd answer must not shut everybody out for a day: a pause too long to
 * wait for is remembered for half a minute, in which nobody asks. */
static void cooldown_set(struct retry *r, const char *origin, uint64_t ms)
{
    struct cooldown *c = cooldown_find(r->table, origin, r->class);
    uint64_t until;

    if (c == NULL)
        c = cooldown_new(r, origin);
    c->refuse = ms > GRANT_MAX_MS;
    until = uv_now(r->table->loop) + (c->refuse ? REFUSE_MS : ms);
    if (c->until_ms < until)
        c->until_ms = until;
}

/* May r wait for so long? Waiting that a server asked for (told) may go once
 * beyond what is left of the patience. */
static bool allow(struct retry *r, uint64_t ms, bool told, bool hopeless)
{
    const struct retry_table *t = r->table;
    uint64_t patience = t->patience_ms;
    uint64_t deadline;

    if (hopeless)
        patience /= HOPELESS_DIVISOR;
    deadline = r->since_ms + patience + r->granted_ms;
    if (uv_now(t->loop) + ms < deadline)
        return true;
    if (!told || r->granted_ms != 0 || ms > GRANT_MAX_MS)
        return false;
    r->granted_ms = ms;
    return true;
}

static void doze(struct retry *r, uint64_t ms, struct op *op)
{
    timer_sleep(&r->timer, r->table->loop, ms, op);
}

bool retry_cool(struct retry *r, const char *origin, struct op *op)
{
    struct cooldown *c = cooldown_find(r->table, origin, r->class);
    uint64_t now = uv_now(r->table->loop);
    uint64_t left = c != NULL && c->until_ms > now ? c->until_ms - now : 0;

    if (left == 0)
        return true;
    if (r->table->stopped || c->refuse || !allow(r, left, true, false))
        return false;
    log_debug(
        "hub: waiting %llu ms, as %s asked", (unsigned long long)left, origin);
    doze(r, left + random_below(r->table->backoff_ms + left / 16 + 1), op);
    return true;
}

/* The pause that the server itself asks for. */
static bool told_wait(const struct http_request *answer, uint64_t *ms)
{
    const char *limit = http_header(answer, "ratelimit", 0);
    const char *after = http_header(answer, "retry-after", 0);

    if (limit != NULL && field_rate_limit(limit, ms))
        return true;
    return after != NULL && field_retry_after(after, clock_wall_ns(), ms);
}

/* Half of it fixed, half of it random. */
static uint64_t backoff(const struct retry *r)
{
    unsigned shift = r->failures < 10 ? r->failures : 10;
    uint64_t ms = (uint64_t)r->table->backoff_ms << shift;

    if (ms > BACKOFF_MAX_MS)
        ms = BACKOFF_MAX_MS;
    return ms / 2 + random_below(ms / 2 + 1);
}

bool retry_again(struct retry *r, const struct http_request *answer,
    const char *origin, bool hopeless, struct op *op)
{
    uint64_t ms = backoff(r);
    uint64_t asked = 0;
    bool told = answer != NULL && told_wait(answer, &asked);

    if (told && asked > ms)
        ms = asked;
    if (answer != NULL && (told || answer->status == 429))
        cooldown_set(r, origin, ms);
    if (r->table->stopped || !allow(r, ms, told, hopeless))
        return false;
    r->failures++;
    r->table->retries++;
    doze(r, told ? ms + random_below(r->table->backoff_ms + 1) : ms, op);
    return true;
}

bool retry_status(int status)
{
    return status == 408 || status == 429 || status >= 500;
}
