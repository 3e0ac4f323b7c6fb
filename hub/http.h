/* HTTP exchanges on the loop: one request, one answer, one asynchronous call.
 * Nothing here retries, follows a redirect, or knows the Hub; http_follow.h
 * and api.h stand on it. */
#ifndef HUB_HTTP_H
#define HUB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

struct http;
struct http_request;
struct op;

struct http_config {
    uv_loop_t *loop;
    const char *user_agent; /* copied */
    const char *ca_file;    /* PEM bundle instead of the system's; may be NULL.
                               Copied */
    unsigned stall_ms;      /* an exchange that does not move for so long ends
                               with -ETIMEDOUT */
};

struct http *http_new(const struct http_config *config);

/* Closes connections and frees h; no exchange is under way. */
void http_free(struct http *h, struct op *op);

/* Ends every exchange under way, and each one sent from now on, with
 * -ECANCELED. */
void http_abort(struct http *h);

struct http_counts {
    uint64_t requests;
    uint64_t body_bytes; /* received */
};

struct http_counts http_counts(const struct http *h);

/* Who takes the answer. Both functions run on the loop thread. A negative
 * result ends the exchange with that error; HTTP_ENOUGH ends it at once, as a
 * success, at the price of the connection. */
#define HTTP_ENOUGH 1
struct http_sink {
    /* Once, when status and headers are known and before any byte. */
    int (*head)(struct http_sink *sink, const struct http_request *r);
    /* The body as it arrives. */
    int (*data)(struct http_sink *sink, const uint8_t *p, size_t n);
};

enum http_method { HTTP_GET, HTTP_POST };

#define HTTP_WHY_MAX 256 /* CURL_ERROR_SIZE */

/* Embedded where the waiting operation lives; everything given is borrowed
 * until the wake. */
struct http_request {
    /* given */
    enum http_method method;
    const char *url;
    const char *token; /* for an Authorization header; NULL: none */
    const char *form;  /* body of a POST: application/x-www-form-urlencoded */
    bool ranged;       /* ask for bytes first..last, both inclusive */
    uint64_t first;
    uint64_t last;
    bool bulk;  /* a long body: large buffers, and a connection of its own
                   (HTTP/1.1) rather than a share of one */
    bool raw;   /* bytes as they are: no content encoding */
    bool fresh; /* past caches, over a new connection */
    struct http_sink *sink;

    /* result */
    int status;             /* 0 if no answer came */
    bool permanent;         /* trying again would not help: the URL, TLS */
    char why[HTTP_WHY_MAX]; /* of a failed exchange, for people */

    /* state: of http.c and http_easy.c */
    struct http *http;
    struct op *op;
    void *easy;
    void *headers;
    uint64_t moved_ms;  /* when the stall clock was last set back */
    size_t moved_bytes; /* since then */
    size_t head_bytes;
    uint64_t started_ms;
    int sink_result; /* first one that was not 0 */
    bool head_done;
    TAILQ_ENTRY(http_request) link;
};

/* One exchange. Ends with 0 when a whole answer came, of whatever status, or
 * the sink had enough; with the sink's error; or with -ETIMEDOUT,
 * -ECONNREFUSED, -ECONNRESET (also: a body that ended early), -ENETUNREACH,
 * -EHOSTUNREACH (also: no such name), -EPROTO (TLS, or no HTTP), -EINVAL (the
 * URL). Call http_request_fini() in any case. */
void http_send(struct http *h, struct http_request *r, struct op *op);

/* The nth (from 0) field of this name of the answer; NULL when there are not
 * that many. Valid until http_request_fini(). */
const char *http_header(
    const struct http_request *r, const char *name, size_t nth);

/* Frees what the exchange holds; a zeroed request is fine. */
void http_request_fini(struct http_request *r);

#endif
