/* A connection with many calls in flight, and what can be found through one. */
#ifndef TEST_BENCH_LOAD_CONN_H
#define TEST_BENCH_LOAD_CONN_H

#include "test/bench/load.h"

struct conn;

/* Called for each reply, in any order; slot is that of the call. */
typedef void reply_fn(
    void *ctx, struct conn *c, unsigned slot, const struct reply *r);

struct conn *conn_open(const char *host, const char *port);
void conn_close(struct conn *c);
int conn_fd(const struct conn *c);

/* Queues a call under a free slot below DEPTH_MAX. */
void conn_call(struct conn *c, unsigned slot, const struct call *call);

/* Writes what is queued; true while some is left because the socket is full. */
bool conn_flush(struct conn *c);

/* Takes what has arrived. A connection that ends ends the program. */
void conn_receive(struct conn *c, reply_fn *fn, void *ctx);

/* One call and its answer, in between measurements. The reply is valid until
 * the next call. */
void conn_ask(struct conn *c, const struct call *call, struct reply *r);

/* ---- load_tree.c: what is to be measured */

struct tree {
    struct handle *handle; /* of the files of a directory */
    char **name;
    size_t n;
};

struct handle tree_mount(const char *host, const char *port, const char *path);
struct handle tree_walk(struct conn *c, struct handle at, const char *path);
void tree_list(struct conn *c, const struct handle *dir, struct tree *out);
void tree_free(struct tree *t);

#endif
