/* The parts of a running local Hub, for the files that make it up. */
#ifndef HUB_LOCAL_HUB_H
#define HUB_LOCAL_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/op.h"
#include "hub/local.h"
#include "hub/local_metrics.h"
#include "hub/local_sign.h"

struct blobs;
struct buf;
struct exchange;
struct faults;
struct meta;
struct request_log;
struct users;
struct web;

struct local_hub {
    struct local_config config; /* its texts are the caller's */
    char *root;
    char *owner; /* who asks, on an open Hub */
    int lock_fd;
    uint8_t key[SIGN_KEY_SIZE]; /* of what this root signs */
    struct meta *meta;
    struct blobs *blobs;
    struct users *users;
    bool open; /* there was no user at the start */
    struct faults *faults;
    struct request_log *log;
    struct route_count *count; /* per route, and one for none */
    struct storage_count storage;
    struct web *web;
    struct web *content; /* of --redirect: bytes by signed URL */
    int64_t started_ns;
};

/* The address that nobody but this machine can reach. */
#define LOCAL_HERE "127.0.0.1"

/* local_start.c: opens the root, takes the snapshots, and listens. Fields are
 * set as far as it comes. */
void local_start_run(struct local_hub *h, struct buf *why, struct op *op);

#endif
