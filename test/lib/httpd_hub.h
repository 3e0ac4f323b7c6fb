/* What tests of the Hub client start from: a loop, a client with short limits,
 * a scripted Hub and a second server that it may redirect to. */
#ifndef TEST_LIB_HTTPD_HUB_H
#define TEST_LIB_HTTPD_HUB_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/op.h"
#include "base/work.h"
#include "hub/hub.h"
#include "hub/resolve.h"
#include "test/lib/httpd.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"

struct stage {
    uv_loop_t loop;
    struct pool pool;
    struct httpd *http; /* the Hub */
    struct httpd *cdn;  /* another origin */
    struct hub *hub;
};

/* config: limits, token, and endpoint if it is not to be the scripted Hub's;
 * NULL for short limits. Pool and user agent are filled in. */
void stage_open(struct stage *s, const struct hub_config *config);
void stage_close(struct stage *s); /* fails if a handle was left open */

/* An operation that waits for what it is handed to, and the loop run until
 * that is done. Fails the test after a minute. */
struct waiting {
    struct op op;
    bool done;
    int err;
};

void waiting_begin(struct waiting *w);
int waiting_end(struct waiting *w, uv_loop_t *loop);

/* A rule that is never used up. */
void always(struct httpd *h, const char *line, struct httpd_reply r);

/* The simplest question: which commit is "main" of a/b? Checks an answer. */
#define INFO "GET /api/models/a/b/revision/main"
#define ANSWER "{\"id\":\"a/b\",\"sha\":\"" SHA "\"}"
#define TEXT(s) .body = (s), .len = sizeof(s) - 1
int stage_ask(struct stage *s);

/* The same stage, with a client of another endpoint. */
void stage_use_endpoint(
    struct stage *s, const char *endpoint, unsigned patience_ms);

/* Collects what is read. */
struct collector {
    struct hub_sink sink;
    struct buf got;
    size_t refuse_at; /* bytes after which it says refuse_err; 0: never */
    int refuse_err;
};

void collector_init(struct collector *c);

/* Bytes that tell their place, n of them; the caller frees. */
uint8_t *pattern_new(size_t n);

#endif
