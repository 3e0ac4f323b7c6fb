/* An HTTP/1.1 server on the loop: libmicrohttpd without threads of its own.
 * It knows connections, limits and time-outs, and nothing of the Hub. */
#ifndef HUB_LOCAL_WEB_H
#define HUB_LOCAL_WEB_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/op.h"

struct MHD_Connection;
struct body_room;
struct exchange;
struct pool;
struct web;

/* Who is at the other end of a connection. */
struct web_peer {
    char text[64]; /* "127.0.0.1:51234" */
    bool loopback;
};

struct web_service {
    /* Request line and headers are there. May set an answer, which is final
     * then, and body_max. Does not wait. */
    void (*head)(struct exchange *x);
    /* The request is complete: the first step of x->op, which ends with an
     * answer in x. Not called when head() gave one. */
    op_fn *serve;
    /* The answer of a whole request is out, or never will be. */
    void (*done)(struct exchange *x);
    /* x is about to be freed. */
    void (*forget)(struct exchange *x);
};

struct web_config {
    uv_loop_t *loop;
    struct pool *pool;
    const struct web_service *service;
    void *owner;        /* x->service of every exchange */
    int listen_fd;      /* of listen_open(); the server closes it */
    const char *url;    /* how it may be reached: "http://127.0.0.1:8080" */
    const char *origin; /* what its URLs begin with; NULL: as clients say */
};

/* -ENOMEM and relatives if libmicrohttpd cannot be started. */
int web_start(const struct web_config *config, struct web **out);

/* Accepts nothing more, gives what is under way a moment to finish, closes
 * all connections, and frees w. */
void web_stop(struct web *w, struct op *op);

const char *web_url(const struct web *w);

/* Connections that are open now. */
unsigned web_connections(const struct web *w);

/* ---- For bodies that are sent piece by piece (local_stream.c). */
const struct web_config *web_config(const struct web *w);

/* The client has closed its side, and all that it sent was read. */
bool web_peer_left(struct MHD_Connection *mhd);

/* Goes on with a suspended connection. */
void web_resume(struct exchange *x);

/* The time for finishing is over: every body ends now. */
bool web_closing(const struct web *w);

/* ---- For bodies of requests (local_body.c). */
struct body_room *web_bodies(struct web *w);

/* Something that web_stop() waits for may have ended. */
void web_settled(struct web *w);

#endif
