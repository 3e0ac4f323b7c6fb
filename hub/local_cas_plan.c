/* Plans of files: which chunks of which xorbs make up a range of bytes, and
 * where those are to be had (xet-protocol 8.3 and 12). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_meta_xet.h"
#include "hub/local_range.h"

/* A xorb that the plan needs. */
struct source {
    int64_t id;
    size_t order; /* in which they were met */
    struct xet_xorb x;
    UT_hash_handle hh;
};

/* Chunks that are fetched in one piece. */
struct span {
    const struct source *source;
    uint32_t first;
    uint32_t past;
};

struct plan {
    struct call *call;
    struct meta_db *db;
    struct meta_file file;
    uint64_t from;      /* the bytes that were asked for ... */
    uint64_t to;        /* ... up to here */
    struct buf terms;   /* of struct meta_term */
    struct buf spans;   /* of struct span: of each term; then merged, sorted */
    struct buf sources; /* of struct source * */
    struct source *by_id;
    uint64_t skip; /* bytes of the first term */
};

static struct meta_term *terms(const struct plan *p, size_t *n)
{
    *n = p->terms.len / sizeof(struct meta_term);
    return (struct meta_term *)(void *)p->terms.data;
}

static struct span *spans(const struct plan *p, size_t *n)
{
    *n = p->spans.len / sizeof(struct span);
    return (struct span *)(void *)p->spans.data;
}

static void plan_fini(struct plan *p)
{
    struct source *const *s =
        (struct source *const *)(const void *)p->sources.data;
    size_t n = p->sources.len / sizeof(struct source *);

    HASH_CLEAR(hh, p->by_id);
    for (size_t i = 0; i < n; i++) {
        xet_xorb_fini(&s[i]->x);
        free(s[i]);
    }
    buf_free(&p->sources);
    buf_free(&p->terms);
    buf_free(&p->spans);
}

/* 0 with from and to; ANSWERED. */
static int read_range(struct plan *p)
{
    const char *field = p->call->x->field[FIELD_RANGE];
    struct range r = range_parse(field, p->file.size);

    p->from = 0;
    p->to = p->file.size;
    switch (r.kind) {
    case RANGE_WHOLE:
        return 0;
    case RANGE_PART:
        p->from = r.first;
        p->to = r.last + 1;
        return 0;
    case RANGE_NONE:
        break;
    }
    /* The first byte of an empty file is its end, and no mistake. */
    r = range_parse(field, 1);
    if (p->file.size == 0 && r.kind == RANGE_PART)
        return 0;
    return call_refuse(p->call, 416, NULL,
        "The file has %" PRIu64 " bytes only", p->file.size);
}

static int find_source(struct plan *p, int64_t id, struct source **out)
{
    struct source *s;
    int err;

    HASH_FIND(hh, p->by_id, &id, sizeof(id), s);
    if (s == NULL) {
        s = xcalloc(1, sizeof(*s));
        s->id = id;
        s->order = p->sources.len / sizeof(struct source *);
        err = meta_xorb_chunks(p->db, id, &s->x);
        if (err != 0) {
            xet_xorb_fini(&s->x);
            free(s);
            return err == -ENOENT ? -EIO : err;
        }
        HASH_ADD(hh, p->by_id, id, sizeof(s->id), s);
        *(struct source **)(void *)buf_grow(
            &p->sources, sizeof(struct source *)) = s;
    }
    *out = s;
    return 0;
}

static uint32_t chunk_len(const struct xet_xorb *x, uint32_t i)
{
    return x->chunk[i].raw_end - xet_xorb_raw_start(x, i);
}

/* Only the chunks with bytes that were asked for. */
static void trim(
    const struct plan *p, const struct xet_xorb *x, struct meta_term *t)
{
    uint32_t len;

    while (t->first + 1 < t->past &&
        t->at + (len = chunk_len(x, t->first)) <= p->from) {
        t->at += len;
        t->raw -= len;
        t->first++;
    }
    while (t->first + 1 < t->past &&
        t->at + t->raw - (len = chunk_len(x, t->past - 1)) >= p->to) {
        t->raw -= len;
        t->past--;
    }
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *x = a;
    const struct span *y = b;

    if (x->source != y->source)
        return x->source->order < y->source->order ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void merge(struct plan *p)
{
    size_t n;
    struct span *s = spans(p, &n);
    size_t last = 0;

    if (n == 0)
        return;
    qsort(s, n, sizeof(*s), compare_spans);
    for (size_t i = 1; i < n; i++) {
        if (s[i].source != s[last].source || s[i].first > s[last].past)
            s[++last] = s[i];
        else if (s[i].past > s[last].past)
            s[last].past = s[i].past;
    }
    p->spans.len = (last + 1) * sizeof(*s);
}

static int make(struct plan *p)
{
    struct meta_term *t;
    size_t n;
    int err = 0;

    if (p->from < p->to)
        err = meta_file_terms(p->db, &p->file, p->from, p->to, &p->terms);
    t = terms(p, &n);
    for (size_t i = 0; i < n && err == 0; i++) {
        struct source *source;
        struct span span;

        err = find_source(p, t[i].xorb, &source);
        if (err == 0 && (t[i].first >= t[i].past || t[i].past > source->x.n))
            err = -EIO;
        if (err != 0)
            break;
        if (i == 0 || i + 1 == n)
            trim(p, &source->x, &t[i]);
        span = (struct span){source, t[i].first, t[i].past};
        buf_add(&p->spans, &span, sizeof(span));
    }
    if (err == 0 && n > 0)
        p->skip = p->from - t[0].at;
    if (err == 0)
        merge(p);
    return err;
}

/* ---- The answer */

static void write_range(
    struct jsonw *w, const char *key, uint64_t start, uint64_t end)
{
    jsonw_object(w, key);
    jsonw_u64(w, "start", start);
    jsonw_u64(w, "end", end);
    jsonw_object_end(w);
}

static void write_terms(const struct plan *p, struct jsonw *w)
{
    size_t n;
    const struct meta_term *t = terms(p, &n);
    struct source *s;

    jsonw_array(w, "terms");
    for (size_t i = 0; i < n; i++) {
        HASH_FIND(hh, p->by_id, &t[i].xorb, sizeof(t[i].xorb), s);
        jsonw_object(w, NULL);
        json_xet(w, "hash", &s->x.hash);
        jsonw_u64(w, "unpacked_length", t[i].raw);
        write_range(w, "range", t[i].first, t[i].past);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static struct cas_range bytes_of(const struct span *s)
{
    return (struct cas_range){
        .first = xet_xorb_start(&s->source->x, s->first),
        .last = s->source->x.chunk[s->past - 1].end - 1,
    };
}

static void write_url(
    struct call *c, struct jsonw *w, const struct span *s, size_t n)
{
    struct buf ranges = {0};
    struct buf url = {0};

    for (size_t i = 0; i < n; i++) {
        struct cas_range r = bytes_of(&s[i]);

        buf_addf(&ranges, "%s%" PRIu64 "-%" PRIu64, i > 0 ? "," : "", r.first,
            r.last);
    }
    cas_sign(c, &s->source->x.hash, buf_str(&ranges), &url);
    jsonw_str(w, "url", buf_str(&url));
    buf_free(&ranges);
    buf_free(&url);
}

/* One place with all parts of a xorb, up to a number. */
static void write_place_v2(
    struct call *c, struct jsonw *w, const struct span *s, size_t n)
{
    jsonw_object(w, NULL);
    write_url(c, w, s, n);
    jsonw_array(w, "ranges");
    for (size_t i = 0; i < n; i++) {
        struct cas_range r = bytes_of(&s[i]);

        jsonw_object(w, NULL);
        write_range(w, "chunks", s[i].first, s[i].past);
        write_range(w, "bytes", r.first, r.last);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void write_place_v1(
    struct call *c, struct jsonw *w, const struct span *s)
{
    struct cas_range r = bytes_of(s);

    jsonw_object(w, NULL);
    write_range(w, "range", s->first, s->past);
    write_url(c, w, s, 1);
    write_range(w, "url_range", r.first, r.last);
    jsonw_object_end(w);
}

/* A URL has room for so many ranges. */
#define URL_RANGES ((size_t)200)

static void write_places(const struct plan *p, struct jsonw *w, bool v2)
{
    size_t n;
    const struct span *s = spans(p, &n);
    char name[XET_HASH_TEXT];

    jsonw_object(w, v2 ? "xorbs" : "fetch_info");
    for (size_t i = 0; i < n;) {
        size_t end = i;

        while (end < n && s[end].source == s[i].source)
            end++;
        xet_hash_format(&s[i].source->x.hash, name);
        jsonw_array(w, name);
        while (i < end) {
            size_t each = v2 ? min_size(end - i, URL_RANGES) : 1;

            if (v2)
                write_place_v2(p->call, w, &s[i], each);
            else
                write_place_v1(p->call, w, &s[i]);
            i += each;
        }
        jsonw_array_end(w);
    }
    jsonw_object_end(w);
}

int cas_plan(struct call *c, struct meta_db *db)
{
    struct plan p = {.call = c, .db = db};
    struct xet_hash hash;
    struct repo repo;
    struct jsonw w;
    int err = cas_enter(c, db, false, &repo);

    if (err == 0)
        err = cas_take_hash(c, &hash);
    if (err == 0)
        err = cas_find_file(c, db, &repo, &hash, &p.file);
    if (err == 0)
        err = read_range(&p);
    if (err == 0)
        err = make(&p);
    if (err == 0) {
        w = answer_json(c->x, 200);
        jsonw_object(&w, NULL);
        jsonw_u64(&w, "offset_into_first_range", p.skip);
        write_terms(&p, &w);
        write_places(&p, &w, c->route->verb[1] == '2');
        jsonw_object_end(&w);
    }
    plan_fini(&p);
    return err;
}
