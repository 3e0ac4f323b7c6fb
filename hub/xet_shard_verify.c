/* What a shard claims about files, held against the chunks of xorbs. */
#include <stdlib.h>

#include "hub/xet_mdb.h"
#include "hub/xet_merkle.h"
#include "hub/xet_shard.h"
#include "hub/xet_xorb.h"

struct verifying {
    const struct xet_shard *s;
    xet_shard_find_fn *find;
    void *ctx;
    struct xet_fault *fault;
};

/* Adds the term's chunks to the file's tree. at: of its record. */
static int verify_term(struct verifying *v, const struct xet_term *t,
    uint64_t at, struct xet_merkle *tree)
{
    const struct xet_xorb *x = v->find(v->ctx, &t->xorb);
    char name[XET_HASH_TEXT];
    struct xet_hash proof;

    xet_hash_format(&t->xorb, name);
    if (x == NULL)
        return xet_fault(v->fault, at, "term: no xorb %s", name);
    if (t->end > x->n)
        return xet_fault(v->fault, at + XET_HASH_SIZE + 12,
            "term: chunks %u to %u, the xorb has %zu", t->start, t->end, x->n);
    if (t->raw !=
        xet_xorb_raw_start(x, t->end) - xet_xorb_raw_start(x, t->start))
        return xet_fault(v->fault, at + XET_HASH_SIZE + 4,
            "term: %u bytes, its chunks have %u", t->raw,
            xet_xorb_raw_start(x, t->end) - xet_xorb_raw_start(x, t->start));
    xet_hash_term(&x->chunk[t->start].hash, sizeof(x->chunk[0]),
        t->end - t->start, &proof);
    if (v->s->has_proofs && !xet_hash_equal(&proof, &t->proof))
        return xet_fault(v->fault, at, "term: its proof is not of its chunks");
    for (size_t i = t->start; i < t->end; i++)
        xet_merkle_add(tree, &x->chunk[i].hash,
            x->chunk[i].raw_end - xet_xorb_raw_start(x, i));
    return 0;
}

static int verify_file(struct verifying *v, const struct xet_shard_file *file)
{
    struct xet_merkle tree = {0};
    struct xet_hash hash;
    char name[XET_HASH_TEXT];
    int err = 0;

    for (size_t i = 0; i < file->n && err == 0; i++)
        err = verify_term(v, xet_shard_term(v->s, file->first + i),
            file->at + (i + 1) * MDB_RECORD, &tree);
    if (err != 0)
        return err;
    xet_merkle_file(&tree, &hash);
    if (xet_hash_equal(&hash, &file->hash))
        return 0;
    xet_hash_format(&hash, name);
    return xet_fault(
        v->fault, file->at, "file: its chunks have the hash %s", name);
}

static int check_work(const struct xet_shard *s, struct xet_fault *f)
{
    uint64_t n = 0;

    for (size_t i = 0; i < xet_shard_n_files(s); i++) {
        const struct xet_shard_file *file = xet_shard_file(s, i);

        for (size_t k = file->first; k < file->first + file->n; k++)
            n += xet_shard_term(s, k)->end - xet_shard_term(s, k)->start;
        if (n > XET_VERIFY_CHUNKS)
            return xet_fault(
                f, file->at, "file: too many chunks to be verified");
    }
    return 0;
}

int xet_shard_verify(const struct xet_shard *s, xet_shard_find_fn *find,
    void *ctx, struct xet_fault *f)
{
    struct verifying v = {.s = s, .find = find, .ctx = ctx, .fault = f};
    int err = check_work(s, f);

    for (size_t i = 0; i < xet_shard_n_files(s) && err == 0; i++)
        err = verify_file(&v, xet_shard_file(s, i));
    return err;
}

struct xet_xorb xet_shard_xorb_of(const struct xet_shard *s, size_t i)
{
    const struct xet_shard_xorb *from = xet_shard_xorb(s, i);
    struct xet_xorb x = {.hash = from->hash, .n = from->n, .footer = -1};

    x.chunk = xcalloc(x.n, sizeof(*x.chunk));
    for (size_t k = 0; k < x.n; k++) {
        const struct xet_shard_chunk *c = xet_shard_chunk(s, from->first + k);

        x.chunk[k].hash = c->hash;
        x.chunk[k].raw_end = c->offset + c->raw;
    }
    return x;
}

/* The xorbs of a shard, in the order of their hashes. */
struct own {
    size_t n;
    struct xet_xorb *xorb;
};

static int by_hash(const void *a, const void *b)
{
    const struct xet_xorb *x = a, *y = b;

    return xet_hash_compare(&x->hash, &y->hash);
}

static const struct xet_xorb *find_own(void *ctx, const struct xet_hash *xorb)
{
    const struct own *own = ctx;
    struct xet_xorb wanted = {.hash = *xorb};

    if (own->n == 0)
        return NULL;
    return bsearch(&wanted, own->xorb, own->n, sizeof(wanted), by_hash);
}

static bool is_whole(const struct verifying *v, const struct xet_shard_file *f)
{
    for (size_t i = f->first; i < f->first + f->n; i++) {
        if (find_own(v->ctx, &xet_shard_term(v->s, i)->xorb) == NULL)
            return false;
    }
    return true;
}

int xet_shard_verify_alone(const struct xet_shard *s, struct xet_fault *f)
{
    struct own own = {.n = xet_shard_n_xorbs(s)};
    struct verifying v = {.s = s, .find = find_own, .ctx = &own, .fault = f};
    int err = check_work(s, f);

    if (err != 0 || !xet_hash_is_zero(&s->footer.key))
        return err;
    own.xorb = xcalloc(own.n, sizeof(*own.xorb));
    for (size_t i = 0; i < own.n; i++)
        own.xorb[i] = xet_shard_xorb_of(s, i);
    if (own.n > 0)
        qsort(own.xorb, own.n, sizeof(*own.xorb), by_hash);
    for (size_t i = 0; i < xet_shard_n_files(s) && err == 0; i++) {
        if (is_whole(&v, xet_shard_file(s, i)))
            err = verify_file(&v, xet_shard_file(s, i));
    }
    for (size_t i = 0; i < own.n; i++)
        xet_xorb_fini(&own.xorb[i]);
    free(own.xorb);
    return err;
}
