/* The output of a connection: replies in the order in which they were made,
 * written with as few system calls as possible.
 *
 * Encoded bytes are collected in one buffer; file data and listings stand
 * between them as references and go to the socket uncopied. While one batch is
 * being sent, the next is filled. */
#ifndef NFSD_RPC_OUT_H
#define NFSD_RPC_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buf.h"
#include "nfsd/rpc_lane.h"
#include "nfsd/xdr_put.h"

struct bytes;

#define RPC_BODY_PIECES_MAX 4
#define RPC_HEAD_MAX 8192 /* encoded bytes of one reply, without its pieces */

/* A stretch of output. */
struct rpc_piece {
    struct bytes *ref; /* owns one reference; NULL: encoded bytes */
    const uint8_t *p;  /* set when the batch is sent, if encoded */
    size_t len;
};

/* Fields of all below are private to rpc_out.c, except where noted. */
struct rpc_batch {
    struct buf head;          /* all encoded bytes, in order */
    struct buf pieces;        /* array of struct rpc_piece */
    size_t charge[RPC_LANES]; /* see rpc_out_end */
};

struct rpc_out {
    uv_stream_t *stream; /* borrowed */
    /* A write that had to wait has ended: 0 or the error, after which the
     * output is of no more use. */
    void (*written)(struct rpc_out *out, int err);
    struct rpc_lane *lane; /* borrowed: RPC_LANES of them */
    struct rpc_batch fill;
    struct rpc_batch send;
    size_t at_piece;  /* first piece of `send` that is not wholly written */
    size_t at_offset; /* bytes of it that are */
    size_t unsent;    /* bytes in both batches; others may read it */
    uv_write_t req;
    size_t req_bytes;
    bool writing;
};

/* The charges of what was not sent are returned. Only while no write is under
 * way. */
void rpc_out_fini(struct rpc_out *out);

/* A cursor for the next reply, with RPC_HEAD_MAX bytes of room. */
struct xdr_put rpc_out_begin(struct rpc_out *out);

/* Ends the reply: encoded bytes up to o, then the pieces, then their padding.
 * The references pass on. So does the charge: it leaves the lane when the
 * reply has gone to the socket. */
struct rpc_body {
    struct rpc_piece piece[RPC_BODY_PIECES_MAX];
    size_t n;
    size_t charge;
    enum rpc_lane_id lane;
};

void rpc_out_end(struct rpc_out *out, struct xdr_put *o, struct rpc_body *body);

/* Writes what the socket takes now; the rest follows by itself. 0 or -errno,
 * after which the connection is of no more use. */
int rpc_out_flush(struct rpc_out *out);

#endif
