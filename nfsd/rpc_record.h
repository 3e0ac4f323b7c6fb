/* Record marking (RFC 5531 section 11): a stream of fragments, each a 32-bit
 * word with the length and a bit that says "last", then the bytes. Knows
 * nothing of sockets. */
#ifndef NFSD_RPC_RECORD_H
#define NFSD_RPC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct cur;

#define RPC_RECORD_LAST 0x80000000U

/* A WRITE of the largest size and what stands before its data. */
#define RPC_RECORD_MAX (((size_t)1 << 20) + 16384)

/* All-zero is the start of a connection. Fields are private. */
struct rpc_record {
    uint8_t marker[4]; /* as far as it has come */
    unsigned n_marker;
    uint32_t left;      /* bytes of this fragment that are still to come */
    bool in_fragment;   /* the marker is complete */
    bool last;          /* this fragment ends the record */
    bool delivered;     /* `partial` has been handed out */
    struct buf partial; /* a record that does not lie in one input */
};

struct rpc_span {
    const uint8_t *p;
    size_t len;
    struct buf *owner; /* NULL: lies in the input. Else the bytes are this
                          buffer's, and the caller may take it over */
};

void rpc_record_fini(struct rpc_record *r);

/* Takes bytes from `in`. 1: *out is a complete record, valid until the next
 * call or until the input is reused; 0: the input is used up; -EMSGSIZE: a
 * record over RPC_RECORD_MAX, the stream is of no more use. */
int rpc_record_next(struct rpc_record *r, struct cur *in, struct rpc_span *out);

#endif
