/* One question to the Hub, with everything that can happen on the way: a limit
 * on requests in flight, cool-downs, the token, redirects, retries. Listings
 * and file reads are built on it. Also the struct hub that they share; nobody
 * outside hub/ includes this. */
#ifndef HUB_API_H
#define HUB_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/op.h"
#include "hub/http_follow.h"
#include "hub/http_retry.h"
#include "hub/resolve_target.h"
#include "hub/token.h"

#define HUB_ERROR_MAX 640
#define API_BODY_MAX ((size_t)64 << 20)
#define API_ERROR_BODY_MAX ((size_t)16 << 10)

struct hub {
    /* given at creation */
    struct pool *pool;
    char *endpoint; /* without a slash at its end */
    char *origin;   /* url_origin() of it */
    /* parts */
    struct http *http;
    struct token token;
    struct retry_table retries;
    struct op_gate gate[2]; /* by enum http_class */
    struct targets targets;
    /* state */
    bool heard;          /* it has answered as a Hub does */
    unsigned calls;      /* under way */
    struct op_list idle; /* waits until there are none */
    char last_error[HUB_ERROR_MAX];
};

struct api_call;

enum api_verdict {
    API_DONE,
    API_AGAIN_NOW,
    API_AGAIN, /* after a pause */
    API_FAILED,
};

/* How a kind of question differs from others. */
struct api_ops {
    /* Before each attempt: puts the URL into the empty c->url, and method,
     * form, range, bulk, raw, fresh into c->follow.req. */
    void (*ask)(struct api_call *c);

    /* The head of each answer on the way, redirects included: 0, or -errno
     * to refuse it. NULL: takes all. c->follow.at_home tells whose it is. */
    int (*head)(struct api_call *c, const struct http_request *r);

    /* The body of a 2xx answer, as for http_sink. NULL: it goes to c->body,
     * up to API_BODY_MAX. */
    int (*data)(struct api_call *c, const uint8_t *p, size_t n);

    /* What became of an attempt that ended with *err; may change *err, which
     * is what the call fails with. NULL: api_judge(). */
    enum api_verdict (*judge)(struct api_call *c, int *err);
};

/* Embedded in the waiting operation's struct. */
struct api_call {
    struct op op;
    /* given: designated initialisers; the rest zero */
    struct hub *hub;
    const struct api_ops *ops;
    enum http_class class;
    const char *subject; /* the repo it is about: "datasets/a/b" */
    const char *path;    /* and the path in it, for the log; may be NULL */
    bool hasty; /* somebody waits at start-up: give up soon on a Hub that has
                   never answered */

    /* result: the final answer, until api_fini() */
    struct follow follow;
    struct buf body;
    const char *fault; /* what was wrong with the answer */

    /* state */
    struct buf url;
    char *token; /* as sent in this attempt */
    struct retry retry;
    struct http_sink sink;
    struct buf error_body;
    bool inside;       /* the gate */
    bool token_reread; /* once */
    bool warned;       /* of a second attempt */
};

/* Ends with 0; -ENOENT if the Hub says so; -EACCES (401, 403); -ECONNREFUSED,
 * -ENETUNREACH, -EHOSTUNREACH if it cannot be reached; -ECANCELED; else -EIO,
 * or what ops->judge says. Call api_fini() in any case. */
void api_start(struct api_call *c, struct op *op);
void api_fini(struct api_call *c);

/* The verdict by status and error, as for any route of the Hub. */
enum api_verdict api_judge(struct api_call *c, int *err);

/* Refuses what a whole answer turned out to be: logs and remembers the text
 * for hub_last_error(), and returns -EIO. */
int api_nonsense(struct hub *h, const char *subject, const char *what);

/* ---- api_error.c */

/* Keeps one sentence for the user about why c failed with err. */
void api_explain(struct api_call *c, int err);

/* The Hub says that the thing is not there: only believed with an error code,
 * and from its own mouth. */
bool api_says_absent(const struct api_call *c);

#endif
