/* One HTTP request and its answer, as the routes of the local Hub see them.
 *
 * The web server (local_web.h) makes it, starts its operation once the request
 * is complete, and sends the answer when the operation has ended. In between
 * nobody but the operation touches it, so a route may fill it in on the pool.
 */
#ifndef HUB_LOCAL_EXCHANGE_H
#define HUB_LOCAL_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/op.h"
#include "base/timer.h"
#include "hub/local_fault.h"
#include "hub/local_field.h"
#include "hub/local_target.h"

struct MHD_Connection;
struct call;
struct jsonw;
struct spool;
struct web;
struct web_peer;

struct answer_header {
    char *name;
    char *value;
};

struct answer {
    unsigned status;    /* 0: there is none yet */
    struct buf headers; /* of struct answer_header */
    struct buf body;
    /* Or, with fd >= 0, these bytes of a file; the exchange closes it. */
    int fd;
    uint64_t offset;
    uint64_t len;
};

struct exchange {
    /* the request */
    char id[33];
    struct target target;
    char *method;
    char *field[FIELD_COUNT]; /* NULL: absent; several lines are joined */
    struct buf body;
    struct spool *spool; /* or, if not NULL, the body on disk */
    size_t body_max;     /* set by the service once it has seen the headers */
    const struct web_peer *peer;

    /* the service's */
    void *service;     /* struct local_hub */
    struct call *call; /* what it found out */
    struct fault fault;
    struct answer answer;

    /* state: of the web server, and for its service to report */
    struct op op;
    struct timer nap;
    struct web *web;
    struct MHD_Connection *mhd;
    int64_t began_ns;
    uint64_t began_ms;
    uint64_t received_bytes; /* of the request's body */
    uint64_t answer_bytes;   /* of the answer's body, as announced ... */
    uint64_t sent_bytes;     /* ... and as sent */
    size_t body_held;        /* of the room for bodies in memory */
    bool held;               /* suspended until the body may go on */
    bool begun;              /* headers were looked at */
    bool started;            /* the operation was */
    bool running;            /* and has not ended */
    bool suspended;          /* the connection, for it */
    bool aborted;            /* the client left, or had to */
    TAILQ_ENTRY(exchange) link;
};

/* Sets, or replaces, a header of the answer. Control bytes become '?'. */
void answer_header(struct exchange *x, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The value of a header set so far, or NULL. */
const char *answer_header_get(const struct exchange *x, const char *name);

/* A JSON body: begin, write, done. What the answer had before is dropped. */
struct jsonw answer_json(struct exchange *x, unsigned status);

/* An error as the Hub signals it (hub-api 1.5): status, X-Error-Code (NULL:
 * none), X-Error-Message, and {"error": ...}. Headers that are there stay. */
void answer_error(struct exchange *x, unsigned status, const char *code,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Drops body and file of the answer. */
void answer_clear(struct exchange *x);

/* How long the body is. */
uint64_t answer_len(const struct exchange *x);

bool exchange_is(const struct exchange *x, const char *method);

/* "http://host:port", spelled as the client does; free() it. */
char *exchange_origin(const struct exchange *x);

/* Frees all that x holds, and x. */
void exchange_free(struct exchange *x);

#endif
