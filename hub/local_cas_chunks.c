/* The chunks of a file, for who changes a part of it, or wants to prove a part
 * (xet-protocol 10.7). What the client calls dirty is widened to whole terms.
 * Between those parts all chunks are told, as a subtree of one level: whoever
 * merges it goes through the upper ones again. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_meta_xet.h"

struct chunks {
    struct call *call;
    struct meta_db *db;
    struct meta_file file;
    struct buf terms;                   /* of struct meta_term */
    struct cas_range dirty[CAS_RANGES]; /* as asked for */
    size_t n_dirty;
    struct buf windows; /* of struct window */
    int64_t xorb;       /* the one that was read last; 0: none */
    struct xet_xorb x;
    uint64_t n_chunks;
    struct jsonw w;
};

/* Terms first to past - 1 are dirty. */
struct window {
    size_t first;
    size_t past;
};

static const struct meta_term *terms(const struct chunks *k, size_t *n)
{
    *n = k->terms.len / sizeof(struct meta_term);
    return (const struct meta_term *)(const void *)k->terms.data;
}

static const struct window *windows(const struct chunks *k, size_t *n)
{
    *n = k->windows.len / sizeof(struct window);
    return (const struct window *)(const void *)k->windows.data;
}

static int read_dirty(struct chunks *k)
{
    const char *field = k->call->x->field[FIELD_X_RANGE_DIRTY];

    if (field == NULL)
        return 0;
    if (strncasecmp(field, "bytes=", 6) == 0)
        k->n_dirty = cas_ranges_parse(field + 6, k->dirty);
    if (k->n_dirty > 0 && k->dirty[k->n_dirty - 1].first < k->file.size)
        return 0;
    return call_refuse(k->call, k->n_dirty == 0 ? 400 : 416, NULL,
        "X-Range-Dirty names no ranges of the file");
}

static bool is_dirty(const struct chunks *k, const struct meta_term *t)
{
    for (size_t i = 0; i < k->n_dirty; i++) {
        if (k->dirty[i].first < t->at + t->raw && k->dirty[i].last >= t->at)
            return true;
    }
    return false;
}

static void find_windows(struct chunks *k)
{
    size_t n;
    const struct meta_term *t = terms(k, &n);
    struct window w;

    for (size_t i = 0; i < n; i = w.past) {
        w = (struct window){.first = i, .past = i};
        while (w.past < n && is_dirty(k, &t[w.past]))
            w.past++;
        if (w.past > w.first)
            buf_add(&k->windows, &w, sizeof(w));
        else
            w.past++;
    }
}

static int turn_to(struct chunks *k, const struct meta_term *t)
{
    int err = 0;

    if (k->xorb != t->xorb) {
        xet_xorb_fini(&k->x);
        k->xorb = 0;
        err = meta_xorb_chunks(k->db, t->xorb, &k->x);
        if (err == 0)
            k->xorb = t->xorb;
    }
    if (err == -ENOENT || (err == 0 && t->past > k->x.n))
        return -EIO;
    return err;
}

/* ---- The answer */

static int write_nodes(struct chunks *k, size_t first, size_t past, size_t *n)
{
    size_t n_terms;
    const struct meta_term *t = terms(k, &n_terms);
    int err = 0;

    jsonw_array(&k->w, "nodes");
    for (; first < past && err == 0; first++) {
        err = turn_to(k, &t[first]);
        for (uint32_t i = t[first].first; i < t[first].past && err == 0; i++) {
            jsonw_object(&k->w, NULL);
            json_xet(&k->w, "hash", &k->x.chunk[i].hash);
            jsonw_u64(&k->w, "size",
                k->x.chunk[i].raw_end - xet_xorb_raw_start(&k->x, i));
            jsonw_object_end(&k->w);
            ++*n;
        }
    }
    jsonw_array_end(&k->w);
    return err;
}

/* The terms between two windows, or at an end. */
static int write_gap(struct chunks *k, size_t first, size_t past)
{
    size_t n_terms = k->terms.len / sizeof(struct meta_term);
    size_t n = 0;
    int err;

    if (first == past) {
        jsonw_null(&k->w, NULL);
        return 0;
    }
    jsonw_object(&k->w, NULL);
    err = write_nodes(k, first, past, &n);
    jsonw_array(&k->w, "levels");
    jsonw_array(&k->w, NULL);
    jsonw_u64(&k->w, NULL, n);
    jsonw_u64(&k->w, NULL, 0);
    jsonw_array_end(&k->w);
    jsonw_array_end(&k->w);
    jsonw_bool(&k->w, "at_start", first == 0);
    jsonw_bool(&k->w, "at_end", past == n_terms);
    jsonw_object_end(&k->w);
    k->n_chunks += n;
    return err;
}

static void write_windows(struct chunks *k)
{
    size_t n_terms;
    const struct meta_term *t = terms(k, &n_terms);
    size_t n;
    const struct window *w = windows(k, &n);

    jsonw_array(&k->w, "windows");
    for (size_t i = 0; i < n; i++) {
        const struct meta_term *last = &t[w[i].past - 1];

        jsonw_object(&k->w, NULL);
        jsonw_array(&k->w, "dirtyByteRange");
        jsonw_u64(&k->w, NULL, t[w[i].first].at);
        jsonw_u64(&k->w, NULL, last->at + last->raw);
        jsonw_array_end(&k->w);
        jsonw_object_end(&k->w);
        for (size_t j = w[i].first; j < w[i].past; j++)
            k->n_chunks += t[j].past - t[j].first;
    }
    jsonw_array_end(&k->w);
}

static int write_gaps(struct chunks *k)
{
    size_t n;
    const struct window *w = windows(k, &n);
    size_t at = 0;
    int err = 0;

    jsonw_array(&k->w, "hashRanges");
    for (size_t i = 0; i < n && err == 0; i++) {
        err = write_gap(k, at, w[i].first);
        at = w[i].past;
    }
    if (err == 0)
        err = write_gap(k, at, k->terms.len / sizeof(struct meta_term));
    jsonw_array_end(&k->w);
    return err;
}

static int write_proofs(struct chunks *k)
{
    size_t n;
    const struct meta_term *t = terms(k, &n);
    struct xet_hash proof;
    int err = 0;

    jsonw_array(&k->w, "gapVerification");
    for (size_t i = 0; i < n && err == 0; i++) {
        if (is_dirty(k, &t[i]))
            continue;
        err = turn_to(k, &t[i]);
        if (err != 0)
            break;
        xet_hash_term(&k->x.chunk[t[i].first].hash, sizeof(k->x.chunk[0]),
            t[i].past - t[i].first, &proof);
        json_xet(&k->w, NULL, &proof);
    }
    jsonw_array_end(&k->w);
    return err;
}

static int answer(struct chunks *k)
{
    int err;

    find_windows(k);
    k->w = answer_json(k->call->x, 200);
    jsonw_object(&k->w, NULL);
    jsonw_u64(&k->w, "fileSize", k->file.size);
    write_windows(k);
    err = write_gaps(k);
    if (err == 0)
        err = write_proofs(k);
    jsonw_u64(&k->w, "totalChunks", k->n_chunks);
    jsonw_object_end(&k->w);
    return err;
}

int cas_chunk_hashes(struct call *c, struct meta_db *db)
{
    struct chunks k = {.call = c, .db = db};
    struct xet_hash hash;
    struct repo repo;
    int err = cas_enter(c, db, false, &repo);

    if (err == 0)
        err = cas_take_hash(c, &hash);
    if (err == 0)
        err = cas_find_file(c, db, &repo, &hash, &k.file);
    if (err == 0)
        err = read_dirty(&k);
    if (err == 0)
        err = meta_file_terms(db, &k.file, 0, k.file.size, &k.terms);
    if (err == 0)
        err = answer(&k);
    xet_xorb_fini(&k.x);
    buf_free(&k.terms);
    buf_free(&k.windows);
    return err;
}
