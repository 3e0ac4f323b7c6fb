/* Spooling. Two buffers take turns: one is filled by the loop thread while a
 * pool job writes the other. When both are full the client has to wait, which
 * is all the flow control there is. */
#include "hub/local_spool.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/op.h"
#include "base/work.h"
#include "hub/local_blobs.h"

struct spool {
    struct spool_config config;
    struct buf filling;
    struct buf writing;
    uint64_t written;    /* bytes in the file */
    struct blob_in *in;  /* NULL: all is in memory */
    struct digest *hash; /* NULL: not wanted */
    int err;
    bool busy;
    bool unwanted;
    struct op op;
    struct work work;
};

struct spool *spool_new(const struct spool_config *config)
{
    struct spool *s = xcalloc(1, sizeof(*s));

    s->config = *config;
    if (config->hash)
        s->hash = digest_new(DIGEST_SHA256);
    return s;
}

void spool_free(struct spool *s)
{
    if (s == NULL)
        return;
    s->config.user = NULL;
    s->unwanted = true;
    if (s->busy)
        return;
    blob_drop(s->in);
    digest_free(s->hash);
    buf_free(&s->filling);
    buf_free(&s->writing);
    free(s);
}

static int put(struct spool *s, const struct buf *piece)
{
    int err = 0;

    if (s->in == NULL)
        err = blob_begin(s->config.blobs, &s->in);
    if (err == 0)
        err = file_pwrite(s->in->fd, piece->data, piece->len, s->written);
    if (err != 0)
        return err;
    if (s->hash != NULL)
        digest_add(s->hash, piece->data, piece->len);
    s->written += piece->len;
    return 0;
}

static int write_on_pool(struct work *w)
{
    struct spool *s = container_of(w, struct spool, work);

    return put(s, &s->writing);
}

static op_fn write_piece, wrote_piece;

static void write_piece(struct op *op)
{
    struct spool *s = container_of(op, struct spool, op);

    if (s->config.hash)
        work_cpu(s->config.pool, &s->work, write_on_pool, op);
    else
        work_disk(s->config.pool, &s->work, write_on_pool, op);
}

static void wrote_piece(struct op *op)
{
    struct spool *s = container_of(op, struct spool, op);
    struct spool_config config = s->config;

    s->busy = false;
    s->err = op->err;
    buf_clear(&s->writing);
    if (s->unwanted)
        spool_free(s);
    config.wrote(config.owner, config.user);
}

static void begin(struct spool *s)
{
    struct buf full = s->filling;

    s->filling = s->writing;
    s->writing = full;
    s->busy = true;
    op_start(&s->op, write_piece, wrote_piece, NULL);
}

size_t spool_add(struct spool *s, const void *p, size_t n)
{
    const uint8_t *from = p;
    size_t taken = 0;

    if (s->err != 0)
        return n;
    while (taken < n) {
        size_t room = SPOOL_PIECE - s->filling.len;
        size_t step = min_size(room, n - taken);

        if (room == 0 && s->busy)
            break;
        if (room == 0) {
            begin(s);
            continue;
        }
        buf_add(&s->filling, from + taken, step);
        taken += step;
    }
    return taken;
}

bool spool_busy(const struct spool *s)
{
    return s->busy;
}

int spool_error(const struct spool *s)
{
    return s->err;
}

uint64_t spool_size(const struct spool *s)
{
    return s->written + s->filling.len;
}

long spool_read(struct spool *s, void *p, size_t n, uint64_t at)
{
    int err;

    if (at >= spool_size(s))
        return 0;
    if (at >= s->written) {
        n = min_size(n, (size_t)(spool_size(s) - at));
        memcpy(p, s->filling.data + (at - s->written), n);
        return (long)n;
    }
    n = (size_t)min_u64(n, s->written - at);
    err = file_pread(s->in->fd, p, n, at);
    return err == 0 ? (long)n : err;
}

int spool_end(
    struct spool *s, uint8_t sha256[static SHA256_SIZE], struct blob_in **out)
{
    int err = put(s, &s->filling);

    if (err != 0)
        return err;
    buf_clear(&s->filling);
    if (s->hash != NULL)
        digest_end(s->hash, sha256);
    s->hash = NULL;
    *out = s->in;
    s->in = NULL;
    return 0;
}
