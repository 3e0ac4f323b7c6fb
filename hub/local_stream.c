/* libmicrohttpd asks for the next piece whenever the socket takes one, so that
 * at most one piece per connection is in memory, however slow its client.
 *
 * Bytes in the page cache are read on the loop thread; for bytes that must
 * come from the disk, and for the waits of a fault, the connection is
 * suspended while an operation brings the next piece. Reading and copying was
 * measured to be as fast as sendfile(2), which would wait for the disk on the
 * loop thread, and tells nobody how far it came when a client leaves. */
#include "hub/local_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <microhttpd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/work.h"
#include "hub/local_exchange.h"
#include "hub/local_fault_spec.h"
#include "hub/local_web.h"

#define PIECE ((size_t)256 << 10)
#define READ_AHEAD ((size_t)4 << 20) /* once a piece was not in memory */
#define SLOW_STEP_MS 50              /* a slowed body moves so often */
#define STALL_LOOK_MS 500   /* whether the client of a stalled one is there */
#define STALL_MAX_MS 600000 /* and no longer than this */
#define FILLER 'x'          /* of bodies longer than they should be */

struct stream {
    /* given */
    struct exchange *x;
    struct web *web;
    int fd; /* -1: the bytes are in mem */
    struct buf mem;
    uint64_t offset;    /* of the body in the file */
    uint64_t len;       /* what there is; a longer body is filled up */
    struct fault fault; /* its numbers; the texts are not used */
    uint64_t began_ms;
    /* state */
    uint8_t *cold;    /* a piece that had to come from the disk ... */
    uint64_t cold_at; /* ... for this place in the body */
    size_t cold_len;
    size_t want;
    bool broken;
    struct op op;
    struct work work;
};

static op_fn read_cold, resume;

static void suspend(struct stream *s, op_fn *first)
{
    MHD_suspend_connection(s->x->mhd);
    op_start(&s->op, first, resume, NULL);
}

static void nap(struct stream *s, uint64_t ms)
{
    MHD_suspend_connection(s->x->mhd);
    s->op = (struct op){.end = resume};
    timer_sleep(&s->x->nap, web_config(s->web)->loop, ms, &s->op);
}

static int read_on_pool(struct work *w)
{
    struct stream *s = container_of(w, struct stream, work);
    uint64_t end = s->cold_at + s->want;
    int err = file_pread(s->fd, s->cold, s->want, s->offset + s->cold_at);

    if (err == 0 && end < s->len)
        file_read_ahead(
            s->fd, s->offset + end, (size_t)min_u64(READ_AHEAD, s->len - end));
    return err;
}

static void read_cold(struct op *op)
{
    struct stream *s = container_of(op, struct stream, op);

    work_disk(web_config(s->web)->pool, &s->work, read_on_pool, op);
}

static void resume(struct op *op)
{
    struct stream *s = container_of(op, struct stream, op);

    if (op->err != 0) {
        log_error("hub: read a blob for %s: %s", s->x->target.raw,
            strerror(-op->err));
        s->broken = true;
    } else if (s->want != 0) {
        s->cold_len = s->want;
    }
    s->want = 0;
    web_resume(s->x);
}

/* Bytes [pos, pos + n) of the file into p: how many, or 0 when the connection
 * now waits for them. */
static ssize_t from_file(struct stream *s, uint64_t pos, char *p, size_t n)
{
    ssize_t got;

    if (pos >= s->cold_at && pos - s->cold_at < s->cold_len) {
        size_t skip = (size_t)(pos - s->cold_at);

        n = min_size(n, s->cold_len - skip);
        memcpy(p, s->cold + skip, n);
        return (ssize_t)n;
    }
    got = file_read_hot(s->fd, p, n, s->offset + pos);
    if (got > 0)
        return got;
    if (s->cold == NULL)
        s->cold = xmalloc(PIECE);
    s->cold_at = pos;
    s->cold_len = 0;
    s->want = min_size(n, PIECE);
    suspend(s, read_cold);
    return 0;
}

static ssize_t fill(struct stream *s, uint64_t pos, char *p, size_t n)
{
    ssize_t got = (ssize_t)n;

    if (pos >= s->len) {
        memset(p, FILLER, n);
        return got;
    }
    if (n > s->len - pos)
        n = (size_t)(s->len - pos);
    got = (ssize_t)n;
    if (s->fd >= 0)
        got = from_file(s, pos, p, n);
    else
        memcpy(p, s->mem.data + pos, n);
    if (s->fault.corrupt_at >= pos && got > 0 &&
        s->fault.corrupt_at - pos < (uint64_t)got)
        p[s->fault.corrupt_at - pos] ^= 0x01;
    return got;
}

/* How much may go now, at most n; 0 when the connection sleeps. */
static size_t allowed(struct stream *s, uint64_t pos, size_t n)
{
    uint64_t rate = s->fault.bytes_per_s;
    uint64_t ms = clock_mono_ms() - s->began_ms;
    uint64_t by_now = rate / 1000 * ms + rate % 1000 * ms / 1000;

    if (rate == 0)
        return n;
    if (by_now <= pos) {
        nap(s, SLOW_STEP_MS);
        return 0;
    }
    return min_size(n, (size_t)(by_now - pos));
}

static ssize_t next_piece(void *cls, uint64_t pos, char *p, size_t max)
{
    struct stream *s = cls;
    uint64_t ms = clock_mono_ms() - s->began_ms;
    size_t n = max;

    s->x->sent_bytes = pos;
    if (s->broken || web_closing(s->web) || pos >= s->fault.cut_after)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    n = (size_t)min_u64(n, s->fault.cut_after - pos);
    if (pos >= s->fault.stall_after) {
        if (web_peer_left(s->x->mhd) || ms > STALL_MAX_MS)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        nap(s, STALL_LOOK_MS);
        return 0;
    }
    n = (size_t)min_u64(n, s->fault.stall_after - pos);
    n = allowed(s, pos, n);
    return n > 0 ? fill(s, pos, p, n) : 0;
}

static void stream_free(void *cls)
{
    struct stream *s = cls;

    if (s->fd >= 0)
        close(s->fd);
    buf_free(&s->mem);
    free(s->cold);
    free(s);
}

/* What Content-Length will say. */
static uint64_t announced(const struct stream *s)
{
    uint64_t n = s->len;

    if (s->fault.truncate)
        n = s->fault.truncate_at == FAULT_HALF
            ? n / 2
            : min_u64(n, s->fault.truncate_at);
    return n + s->fault.longer;
}

struct MHD_Response *stream_response(struct exchange *x)
{
    struct stream *s = xcalloc(1, sizeof(*s));
    struct MHD_Response *response;
    uint64_t n;

    *s = (struct stream){
        .x = x,
        .web = x->web,
        .fd = x->answer.fd,
        .mem = x->answer.body,
        .offset = x->answer.offset,
        .len = answer_len(x),
        .fault = x->fault,
        .began_ms = clock_mono_ms(),
    };
    x->answer.fd = -1;
    x->answer.body = (struct buf){0};
    n = announced(s);
    x->answer_bytes = n;
    response = MHD_create_response_from_callback(
        n, (size_t)min_u64(PIECE, n + 1), next_piece, s, stream_free);
    if (response == NULL)
        stream_free(s);
    return response;
}
