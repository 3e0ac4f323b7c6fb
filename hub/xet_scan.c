/* Pieces go round through a few buffers:
 *
 *     read and cut -> hashed, several at once -> added to the tree, in order
 *
 * A piece is small enough for its second pass to find it in the core's cache.
 * What is left behind its last sure cut goes to the beginning of the next one.
 * A file of one piece is one job. */
#include "hub/xet_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/op.h"
#include "base/work.h"
#include "hub/xet_merkle.h"
#include "hub/xet_split.h"

#define PIECE ((size_t)1 << 20)
#define PIECES 4
#define CHUNKS_MAX ((PIECE + XET_CHUNK_MAX) / XET_CHUNK_MIN + 1)

/* A piece of the file, its chunks, and the operation that hashes them. */
struct piece {
    struct op op;
    struct work work;
    struct scan *scan;
    bool busy;   /* not hashed yet */
    bool hashed; /* by the job that cut it */
    bool last;
    size_t n;   /* bytes in p */
    size_t cut; /* of them in whole chunks */
    size_t n_chunks;
    uint32_t length[CHUNKS_MAX];
    struct xet_hash hash[CHUNKS_MAX];
    uint8_t p[XET_CHUNK_MAX + PIECE];
};

struct scan {
    struct op op;
    struct pool *pool;
    const char *path;
    struct xet_scan *out;
    int fd;
    int err;
    uint64_t n_cut;   /* pieces */
    uint64_t n_added; /* pieces whose chunks are in the tree */
    struct op_list room;
    struct xet_merkle tree;
    struct piece *piece[PIECES];
};

static op_fn cut, hand_over, drain, end;

static struct piece *piece_at(struct scan *s, uint64_t i)
{
    struct piece **at = &s->piece[i % PIECES];

    if (*at == NULL) {
        *at = xmalloc(sizeof(**at));
        (*at)->scan = s;
    }
    return *at;
}

/* ---- On the pool */

/* Up to n bytes; fewer only at the end of the file. */
static ssize_t read_piece(int fd, uint8_t *p, size_t n)
{
    size_t got = 0;

    while (got < n) {
        ssize_t r = read(fd, p + got, n - got);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

static void hash_chunks(struct piece *piece)
{
    const uint8_t *p = piece->p;

    for (size_t i = 0; i < piece->n_chunks; i++) {
        xet_hash_chunk(p, piece->length[i], &piece->hash[i]);
        p += piece->length[i];
    }
    piece->hashed = true;
}

static void cut_chunks(struct piece *piece)
{
    piece->n_chunks = piece->cut = 0;
    for (;;) {
        size_t left = piece->n - piece->cut, n;

        if (left == 0 || (left < XET_CHUNK_MAX && !piece->last))
            break;
        n = xet_cut(piece->p + piece->cut, left);
        piece->length[piece->n_chunks++] = (uint32_t)n;
        piece->cut += n;
    }
}

static int cut_on_pool(struct work *w)
{
    struct piece *piece = container_of(w, struct piece, work);
    struct scan *s = piece->scan;
    ssize_t got;

    piece->n = 0;
    if (s->n_cut == 0) {
        s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
        if (s->fd < 0)
            return -errno;
    } else {
        const struct piece *before = s->piece[(s->n_cut - 1) % PIECES];

        piece->n = before->n - before->cut;
        memcpy(piece->p, before->p + before->cut, piece->n);
    }
    got = read_piece(s->fd, piece->p + piece->n, PIECE);
    if (got < 0)
        return (int)got;
    piece->n += (size_t)got;
    piece->last = (size_t)got < PIECE;
    piece->hashed = false;
    cut_chunks(piece);
    if (piece->last && s->n_cut == 0)
        hash_chunks(piece);
    return 0;
}

static int hash_on_pool(struct work *w)
{
    hash_chunks(container_of(w, struct piece, work));
    return 0;
}

/* ---- A piece that has been cut */

static void hash_piece(struct op *op)
{
    struct piece *piece = container_of(op, struct piece, op);

    if (!piece->hashed)
        work_cpu(piece->scan->pool, &piece->work, hash_on_pool, op);
}

static void add_chunks(struct scan *s, const struct piece *piece)
{
    for (size_t i = 0; i < piece->n_chunks; i++)
        xet_merkle_add(&s->tree, &piece->hash[i], piece->length[i]);
    s->out->size += piece->cut;
    s->out->n_chunks += piece->n_chunks;
}

/* Pieces before it may still be busy; they add it when they are done. */
static void piece_done(struct op *op)
{
    struct piece *piece = container_of(op, struct piece, op);
    struct scan *s = piece->scan;

    piece->busy = false;
    while (s->n_added < s->n_cut && !piece_at(s, s->n_added)->busy)
        add_chunks(s, piece_at(s, s->n_added++));
    op_list_wake(&s->room, 0); /* may end the scan */
}

/* ---- The file */

void xet_scan(
    struct pool *pool, const char *path, struct xet_scan *out, struct op *op)
{
    struct scan *s = xcalloc(1, sizeof(*s));

    s->pool = pool;
    s->path = path;
    s->out = out;
    s->fd = -1;
    *out = (struct xet_scan){0};
    op_list_init(&s->room);
    op_start(&s->op, cut, end, op);
}

static void cut(struct op *op)
{
    struct scan *s = container_of(op, struct scan, op);

    if (s->n_cut - s->n_added == PIECES) {
        op_list_wait(&s->room, op);
        op_then(op, cut);
        return;
    }
    work_cpu(s->pool, &piece_at(s, s->n_cut)->work, cut_on_pool, op);
    op_then(op, hand_over);
}

static void hand_over(struct op *op)
{
    struct scan *s = container_of(op, struct scan, op);
    struct piece *piece = piece_at(s, s->n_cut);

    s->err = op_catch(op);
    op_then(op, s->err != 0 || piece->last ? drain : cut);
    if (s->err != 0)
        return;
    piece->busy = true;
    s->n_cut++;
    op_start(&piece->op, hash_piece, piece_done, NULL);
}

static void drain(struct op *op)
{
    struct scan *s = container_of(op, struct scan, op);

    if (s->n_added < s->n_cut) {
        op_list_wait(&s->room, op);
        op_then(op, drain);
    } else if (s->err != 0) {
        op_fail(op, s->err);
    } else {
        xet_merkle_file(&s->tree, &s->out->hash);
    }
}

static void end(struct op *op)
{
    struct scan *s = container_of(op, struct scan, op);

    if (s->fd >= 0)
        close(s->fd);
    for (size_t i = 0; i < PIECES; i++)
        free(s->piece[i]);
    free(s);
}
