/* Records out of a byte stream. The common case, a record of one fragment that
 * lies whole in the input, is handed out where it is. Everything else (torn
 * reads, several fragments, large calls) is gathered in one buffer, which
 * grows with the bytes that have come and not with the length that was
 * announced. */
#include "nfsd/rpc_record.h"

#include <errno.h>

#include "base/cur.h"
#include "base/mem.h"

#define PARTIAL_KEEP ((size_t)64 << 10) /* a larger buffer is given back */

void rpc_record_fini(struct rpc_record *r)
{
    buf_free(&r->partial);
}

static void start_record(struct rpc_record *r)
{
    r->delivered = false;
    if (r->partial.cap > PARTIAL_KEEP)
        buf_free(&r->partial);
    buf_clear(&r->partial);
}

/* False: the marker is still incomplete. */
static bool read_marker(struct rpc_record *r, struct cur *in)
{
    struct cur marker;

    while (r->n_marker < sizeof(r->marker) && cur_left(in) > 0)
        r->marker[r->n_marker++] = cur_u8(in);
    if (r->n_marker < sizeof(r->marker))
        return false;
    marker = cur_over(r->marker, sizeof(r->marker));
    r->left = cur_u32be(&marker);
    r->last = (r->left & RPC_RECORD_LAST) != 0;
    r->left &= ~RPC_RECORD_LAST;
    r->n_marker = 0;
    r->in_fragment = true;
    return true;
}

static void gather(struct rpc_record *r, struct cur *in)
{
    size_t n = min_size(r->left, cur_left(in));

    buf_add(&r->partial, cur_take(in, n), n);
    r->left -= (uint32_t)n;
}

int rpc_record_next(struct rpc_record *r, struct cur *in, struct rpc_span *out)
{
    if (r->delivered)
        start_record(r);
    while (r->in_fragment || read_marker(r, in)) {
        if (r->left > RPC_RECORD_MAX - r->partial.len)
            return -EMSGSIZE;
        if (r->last && r->partial.len == 0 && r->left <= cur_left(in)) {
            *out = (struct rpc_span){.len = r->left};
            out->p = cur_take(in, r->left);
            r->in_fragment = false;
            return 1;
        }
        gather(r, in);
        if (r->left > 0)
            return 0;
        r->in_fragment = false;
        if (r->last) {
            r->delivered = true;
            *out =
                (struct rpc_span){r->partial.data, r->partial.len, &r->partial};
            return 1;
        }
    }
    return 0;
}
