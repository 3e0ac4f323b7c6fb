/* Two batches: `fill` takes replies, `send` is on its way. uv_try_write comes
 * first, and in nearly all cases is all there is; uv_write waits for what the
 * socket did not take. */
#include "nfsd/rpc_out.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "nfsd/rpc_record.h"

#define IOV_MAX_HERE 64
#define MARKER_SIZE 4
#define HEAD_KEEP ((size_t)256 << 10) /* a larger buffer is given back */

static struct rpc_piece *pieces_of(const struct rpc_batch *b)
{
    return (struct rpc_piece *)(void *)b->pieces.data;
}

static size_t n_pieces(const struct rpc_batch *b)
{
    return b->pieces.len / sizeof(struct rpc_piece);
}

static void batch_clear(struct rpc_batch *b)
{
    struct rpc_piece *piece = pieces_of(b);

    for (size_t i = 0; i < n_pieces(b); i++)
        bytes_put(piece[i].ref);
    if (b->head.cap > HEAD_KEEP)
        buf_free(&b->head);
    buf_clear(&b->head);
    buf_clear(&b->pieces);
}

/* Charges leave their lanes only once the batch is empty, as that may start
 * calls which make replies at once. */
static void batch_done(struct rpc_out *out, struct rpc_batch *b)
{
    size_t charge[RPC_LANES];

    memcpy(charge, b->charge, sizeof(charge));
    memset(b->charge, 0, sizeof(b->charge));
    batch_clear(b);
    for (int i = 0; i < RPC_LANES; i++) {
        if (charge[i] != 0)
            rpc_lane_leave(&out->lane[i], charge[i]);
    }
}

static void batch_fini(struct rpc_out *out, struct rpc_batch *b)
{
    batch_done(out, b);
    buf_free(&b->head);
    buf_free(&b->pieces);
}

void rpc_out_fini(struct rpc_out *out)
{
    assert(!out->writing);
    batch_fini(out, &out->send);
    batch_fini(out, &out->fill);
    out->unsent = 0;
}

struct xdr_put rpc_out_begin(struct rpc_out *out)
{
    uint8_t *p = buf_reserve(&out->fill.head, RPC_HEAD_MAX);

    return (struct xdr_put){.p = p + MARKER_SIZE, .end = p + RPC_HEAD_MAX};
}

/* n more encoded bytes follow what is there. */
static void add_encoded(struct rpc_batch *b, size_t n)
{
    size_t have = n_pieces(b);
    struct rpc_piece *piece = pieces_of(b);

    b->head.len += n;
    if (have > 0 && piece[have - 1].ref == NULL)
        piece[have - 1].len += n;
    else
        buf_add(&b->pieces, &(struct rpc_piece){.len = n}, sizeof(*piece));
}

/* An empty piece would be a stretch that never counts as written. */
static void add_piece(struct rpc_batch *b, const struct rpc_piece *piece)
{
    assert(piece->ref != NULL);
    if (piece->len > 0)
        buf_add(&b->pieces, piece, sizeof(*piece));
    else
        bytes_put(piece->ref);
}

void rpc_out_end(struct rpc_out *out, struct xdr_put *o, struct rpc_body *body)
{
    struct rpc_batch *b = &out->fill;
    size_t at = b->head.len; /* of the marker */
    size_t encoded = (size_t)(o->p - (b->head.data + at));
    size_t bulk = 0;
    size_t pad;

    add_encoded(b, encoded);
    for (size_t i = 0; i < body->n; i++) {
        bulk += body->piece[i].len;
        add_piece(b, &body->piece[i]);
    }
    pad = xdr_padded(bulk) - bulk;
    if (pad > 0) {
        store_u32be(buf_reserve(&b->head, 4), 0);
        add_encoded(b, pad);
    }
    store_u32be(b->head.data + at,
        (uint32_t)(encoded - MARKER_SIZE + bulk + pad) | RPC_RECORD_LAST);
    b->charge[body->lane] += body->charge;
    out->unsent += encoded + bulk + pad;
    *body = (struct rpc_body){0};
}

/* The filled batch becomes the one to send; its encoded bytes stay where they
 * are from now on. */
static void swap_batches(struct rpc_out *out)
{
    struct rpc_batch batch = out->fill;
    struct rpc_piece *piece = pieces_of(&batch);
    const uint8_t *p = batch.head.data;

    out->fill = out->send;
    out->send = batch;
    out->at_piece = out->at_offset = 0;
    for (size_t i = 0; i < n_pieces(&batch); i++) {
        if (piece[i].ref == NULL) {
            piece[i].p = p;
            p += piece[i].len;
        }
    }
}

static unsigned unsent_iov(const struct rpc_out *out, uv_buf_t *iov)
{
    const struct rpc_piece *piece = pieces_of(&out->send);
    size_t skip = out->at_offset;
    unsigned n = 0;

    for (size_t i = out->at_piece; i < n_pieces(&out->send) && n < IOV_MAX_HERE;
         i++) {
        iov[n++] = uv_buf_init((char *)(uintptr_t)piece[i].p + skip,
            (unsigned)(piece[i].len - skip));
        skip = 0;
    }
    return n;
}

static void advance(struct rpc_out *out, size_t sent)
{
    const struct rpc_piece *piece = pieces_of(&out->send);

    out->unsent -= sent;
    while (sent > 0) {
        size_t left = piece[out->at_piece].len - out->at_offset;

        if (sent < left) {
            out->at_offset += sent;
            return;
        }
        sent -= left;
        out->at_piece++;
        out->at_offset = 0;
    }
    if (out->at_piece == n_pieces(&out->send)) {
        out->at_piece = 0;
        batch_done(out, &out->send);
    }
}

static void on_written(uv_write_t *req, int status)
{
    struct rpc_out *out = container_of(req, struct rpc_out, req);

    out->writing = false;
    if (status == 0)
        advance(out, out->req_bytes);
    out->written(out, status);
}

/* One write of up to IOV_MAX_HERE pieces: 0 or -errno. */
static int write_some(struct rpc_out *out)
{
    uv_buf_t iov[IOV_MAX_HERE];
    unsigned n = unsent_iov(out, iov);
    size_t bytes = 0;
    int sent;
    int err;

    for (unsigned i = 0; i < n; i++)
        bytes += iov[i].len;
    sent = uv_try_write(out->stream, iov, n);
    if (sent < 0 && sent != UV_EAGAIN)
        return sent;
    if (sent > 0)
        advance(out, (size_t)sent);
    if (sent == (int)bytes)
        return 0;
    n = unsent_iov(out, iov);
    out->req_bytes = 0;
    for (unsigned i = 0; i < n; i++)
        out->req_bytes += iov[i].len;
    err = uv_write(&out->req, out->stream, iov, n, on_written);
    out->writing = err == 0;
    return err;
}

int rpc_out_flush(struct rpc_out *out)
{
    while (!out->writing) {
        int err;

        if (n_pieces(&out->send) == 0) {
            if (n_pieces(&out->fill) == 0)
                return 0;
            swap_batches(out);
        }
        err = write_some(out);
        if (err != 0)
            return err;
    }
    return 0;
}
