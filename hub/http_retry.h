/* When to try again, how long to wait before it, and when to give up. */
#ifndef HUB_HTTP_RETRY_H
#define HUB_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/timer.h"

struct op;
struct http_request;

/* Quotas are counted per class of route (hub-api: rate limits). */
enum http_class { HTTP_API, HTTP_FILES };

/* What all requests of one hub share: cool-downs that a server asked for, by
 * (origin, class), and who may be asleep. */
struct retry_table {
    /* given at creation */
    uv_loop_t *loop;
    unsigned backoff_ms;  /* before the second attempt; doubles, up to 4 s */
    unsigned patience_ms; /* without progress */
    /* state */
    TAILQ_HEAD(, retry) live;
    TAILQ_HEAD(, cooldown) cooldowns;
    uint64_t retries;
    bool stopped;
};

void retry_table_init(struct retry_table *t, uv_loop_t *loop,
    unsigned backoff_ms, unsigned patience_ms);
void retry_table_fini(struct retry_table *t); /* no request lives */

/* Ends every sleep; from now on nothing is tried again. */
void retry_table_stop(struct retry_table *t);

/* The life of one request through its attempts, from begin to end. */
struct retry {
    struct retry_table *table;
    enum http_class class;
    uint64_t since_ms;   /* of the start, or the last progress */
    uint64_t granted_ms; /* waiting that a server asked for, on top */
    uint64_t gained;     /* bytes since then */
    unsigned failures;   /* in a row */
    struct timer timer;
    TAILQ_ENTRY(retry) link;
};

void retry_begin(struct retry *r, struct retry_table *t, enum http_class class);
void retry_end(struct retry *r);

/* A failed attempt has brought n bytes nevertheless. So that a server cannot
 * hold us for ever with a byte at a time, patience begins anew only once
 * 64 KiB of them have come together. */
void retry_gain(struct retry *r, uint64_t n);

/* Sleeps, held by op, while origin is cooling down for this class of request;
 * false, at once, when that is longer than r may wait. */
bool retry_cool(struct retry *r, const char *origin, struct op *op);

/* After a failed attempt: sleeps, held by op; false, at once, when patience
 * has come to its end. answer: what came from origin, NULL when nothing did;
 * its RateLimit and Retry-After are obeyed, by everyone who asks the same
 * (origin, class). A wait that is longer than what is left of the patience is
 * granted once, up to five minutes: that is how long the Hub's windows are.
 * hopeless: time will hardly mend this, so a sixth of the patience is enough.
 */
bool retry_again(struct retry *r, const struct http_request *answer,
    const char *origin, bool hopeless, struct op *op);

/* Statuses that a server may answer differently next time. */
bool retry_status(int status);

#endif
