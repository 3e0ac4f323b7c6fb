/* Xorbs and shards as text and as JSON. What could be read of a damaged one is
 * shown, too. */
#include "cli/xet_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/timer.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/say.h"
#include "hub/xet_footer.h"
#include "hub/xet_shard.h"
#include "hub/xet_xorb.h"

#define FILE_MAX (XET_XORB_MAX + XET_FOOTER_MAX)
#define TAG "HFRepoMetaData"

/* The object, and what is said about it. */
struct view {
    struct buf bytes;
    struct buf out;
    struct jsonw w;
    bool json;
    struct xet_fault fault;
    int err;
};

/* A hash's string form, as a value. */
struct spelled {
    char text[XET_HASH_TEXT];
};

static struct spelled spell(const struct xet_hash *h)
{
    struct spelled s = {.text = ""};

    xet_hash_format(h, s.text);
    return s;
}

static void add_hash(
    struct view *v, const char *key, const struct xet_hash *hash)
{
    jsonw_str(&v->w, key, spell(hash).text);
}

/* ---- Xorbs */

static void xorb_chunk(struct view *v, const struct xet_xorb *x, size_t i)
{
    uint32_t at = xet_xorb_start(x, i);
    const struct xet_xorb_chunk *c = &x->chunk[i];
    struct xet_header h;

    /* It was good when the xorb was checked. */
    if (xet_header_parse(v->bytes.data + at, &h, NULL) != 0)
        return;
    if (!v->json) {
        buf_addf(&v->out, "%6zu %10u %8u %8u  %-8s %s\n", i, at, h.packed,
            h.raw, xet_scheme_name(h.scheme), spell(&c->hash).text);
        return;
    }
    jsonw_object(&v->w, NULL);
    jsonw_u64(&v->w, "offset", at);
    jsonw_u64(&v->w, "packed", h.packed);
    jsonw_u64(&v->w, "size", h.raw);
    jsonw_str(&v->w, "scheme", xet_scheme_name(h.scheme));
    add_hash(v, "hash", &c->hash);
    jsonw_object_end(&v->w);
}

static void xorb_text(struct view *v, const struct xet_xorb *x)
{
    uint32_t raw = xet_xorb_raw_start(x, x->n);

    buf_addf(&v->out, "xorb %s\n%zu chunks, %u bytes, packed into %zu\n",
        spell(&x->hash).text, x->n, raw, x->body);
    if (x->footer >= 0)
        buf_addf(&v->out, "footer of version %d\n", x->footer);
    else
        buf_adds(&v->out, "no footer\n");
    buf_adds(&v->out, "\n chunk     offset   packed     size  scheme   hash\n");
    for (size_t i = 0; i < x->n; i++)
        xorb_chunk(v, x, i);
}

static void xorb_json(struct view *v, const struct xet_xorb *x)
{
    jsonw_str(&v->w, "kind", "xorb");
    add_hash(v, "hash", &x->hash);
    jsonw_u64(&v->w, "size", xet_xorb_raw_start(x, x->n));
    jsonw_u64(&v->w, "packed", x->body);
    if (x->footer >= 0)
        jsonw_i64(&v->w, "footer", x->footer);
    else
        jsonw_null(&v->w, "footer");
    jsonw_array(&v->w, "chunks");
    for (size_t i = 0; i < x->n; i++)
        xorb_chunk(v, x, i);
    jsonw_array_end(&v->w);
}

static void view_xorb(struct view *v, const struct xet_hash *expected)
{
    struct xet_xorb x;

    v->err =
        xet_xorb_check(v->bytes.data, v->bytes.len, expected, &x, &v->fault);
    if (v->json)
        xorb_json(v, &x);
    else
        xorb_text(v, &x);
    xet_xorb_fini(&x);
}

/* ---- Shards */

static void shard_file(struct view *v, const struct xet_shard *s, size_t i)
{
    const struct xet_shard_file *file = xet_shard_file(s, i);
    char sha[2 * SHA256_SIZE + 1];

    hex_format(file->sha256, SHA256_SIZE, sha);
    buf_addf(&v->out, "\nfile %s  %llu bytes\n", spell(&file->hash).text,
        (unsigned long long)file->size);
    if (file->has_sha256)
        buf_addf(&v->out, "  sha256 %s\n", sha);
    for (size_t k = file->first; k < file->first + file->n; k++) {
        const struct xet_term *t = xet_shard_term(s, k);

        buf_addf(&v->out, "  %8u bytes, chunks %u to %u of %s\n", t->raw,
            t->start, t->end - 1, spell(&t->xorb).text);
    }
}

static void shard_xorb(struct view *v, const struct xet_shard *s, size_t i)
{
    const struct xet_shard_xorb *x = xet_shard_xorb(s, i);

    buf_addf(&v->out, "\nxorb %s  %u bytes in %zu chunks\n",
        spell(&x->hash).text, x->raw, x->n);
    for (size_t k = 0; k < x->n; k++) {
        const struct xet_shard_chunk *c = xet_shard_chunk(s, x->first + k);

        buf_addf(&v->out, "  %5zu %8u bytes  %s%s\n", k, c->raw,
            spell(&c->hash).text,
            (c->flags & XET_CHUNK_ELIGIBLE) != 0 ? "  (eligible)" : "");
    }
}

static void add_time(struct view *v, const char *what, uint64_t seconds)
{
    char text[32] = "never";

    if (seconds < INT64_MAX / 1000000000)
        time_format_rfc3339((int64_t)seconds * 1000000000, text);
    buf_addf(&v->out, ", %s %s", what, text);
}

static void shard_text(
    struct view *v, const struct xet_shard *s, const struct xet_hash *name)
{
    const struct xet_shard_footer *f = &s->footer;

    buf_addf(&v->out, "shard %s.mdb\n%zu files, %zu xorbs, %zu bytes\n",
        spell(name).text, xet_shard_n_files(s), xet_shard_n_xorbs(s),
        v->bytes.len);
    if (s->has_footer) {
        buf_adds(&v->out, "footer");
        add_time(v, "created", f->created);
        add_time(v, "expires", f->expiry);
        buf_adds(&v->out, f->n_lookups[2] > 0 ? ", tables\n" : ", no tables\n");
        if (!xet_hash_is_zero(&f->key))
            buf_addf(&v->out, "chunk hashes are under the key %s\n",
                spell(&f->key).text);
    } else {
        buf_adds(&v->out, "no footer\n");
    }
    for (size_t i = 0; i < xet_shard_n_files(s); i++)
        shard_file(v, s, i);
    for (size_t i = 0; i < xet_shard_n_xorbs(s); i++)
        shard_xorb(v, s, i);
}

static void json_file(struct view *v, const struct xet_shard *s, size_t i)
{
    const struct xet_shard_file *file = xet_shard_file(s, i);
    char sha[2 * SHA256_SIZE + 1];

    hex_format(file->sha256, SHA256_SIZE, sha);
    jsonw_object(&v->w, NULL);
    add_hash(v, "hash", &file->hash);
    jsonw_u64(&v->w, "size", file->size);
    if (file->has_sha256)
        jsonw_str(&v->w, "sha256", sha);
    jsonw_array(&v->w, "terms");
    for (size_t k = file->first; k < file->first + file->n; k++) {
        const struct xet_term *t = xet_shard_term(s, k);

        jsonw_object(&v->w, NULL);
        add_hash(v, "xorb", &t->xorb);
        jsonw_u64(&v->w, "start", t->start);
        jsonw_u64(&v->w, "end", t->end);
        jsonw_u64(&v->w, "size", t->raw);
        if (s->has_proofs)
            add_hash(v, "proof", &t->proof);
        jsonw_object_end(&v->w);
    }
    jsonw_array_end(&v->w);
    jsonw_object_end(&v->w);
}

static void json_xorb(struct view *v, const struct xet_shard *s, size_t i)
{
    const struct xet_shard_xorb *x = xet_shard_xorb(s, i);

    jsonw_object(&v->w, NULL);
    add_hash(v, "hash", &x->hash);
    jsonw_u64(&v->w, "size", x->raw);
    jsonw_u64(&v->w, "packed", x->on_disk);
    jsonw_array(&v->w, "chunks");
    for (size_t k = 0; k < x->n; k++) {
        const struct xet_shard_chunk *c = xet_shard_chunk(s, x->first + k);

        jsonw_object(&v->w, NULL);
        add_hash(v, "hash", &c->hash);
        jsonw_u64(&v->w, "size", c->raw);
        jsonw_bool(&v->w, "eligible", (c->flags & XET_CHUNK_ELIGIBLE) != 0);
        jsonw_object_end(&v->w);
    }
    jsonw_array_end(&v->w);
    jsonw_object_end(&v->w);
}

static void shard_json(
    struct view *v, const struct xet_shard *s, const struct xet_hash *name)
{
    jsonw_str(&v->w, "kind", "shard");
    add_hash(v, "name", name);
    if (s->has_footer) {
        jsonw_object(&v->w, "footer");
        jsonw_u64(&v->w, "created", s->footer.created);
        if (s->footer.expiry == XET_NEVER_EXPIRES)
            jsonw_null(&v->w, "expiry");
        else
            jsonw_u64(&v->w, "expiry", s->footer.expiry);
        add_hash(v, "key", &s->footer.key);
        jsonw_bool(&v->w, "tables", s->footer.n_lookups[2] > 0);
        jsonw_object_end(&v->w);
    } else {
        jsonw_null(&v->w, "footer");
    }
    jsonw_array(&v->w, "files");
    for (size_t i = 0; i < xet_shard_n_files(s); i++)
        json_file(v, s, i);
    jsonw_array_end(&v->w);
    jsonw_array(&v->w, "xorbs");
    for (size_t i = 0; i < xet_shard_n_xorbs(s); i++)
        json_xorb(v, s, i);
    jsonw_array_end(&v->w);
}

static void view_shard(struct view *v, const struct xet_hash *expected)
{
    struct xet_shard s;
    struct xet_hash name;

    xet_hash_chunk(v->bytes.data, v->bytes.len, &name);
    v->err = xet_shard_parse(v->bytes.data, v->bytes.len, &s, &v->fault);
    if (v->err == 0)
        v->err = xet_shard_verify_alone(&s, &v->fault);
    if (v->err == 0 && expected != NULL && !xet_hash_equal(&name, expected))
        v->err = xet_fault(&v->fault, 0, "its hash is %s", spell(&name).text);
    if (v->json)
        shard_json(v, &s, &name);
    else
        shard_text(v, &s, &name);
    xet_shard_fini(&s);
}

/* ---- Either */

static bool is_shard(const struct buf *b)
{
    return b->len >= strlen(TAG) && memcmp(b->data, TAG, strlen(TAG)) == 0;
}

static int finish(struct view *v, const char *path)
{
    int status = v->err == 0 ? EXIT_OK : EXIT_FAILED;

    if (v->json) {
        jsonw_bool(&v->w, "damaged", v->err != 0);
        if (v->err != 0) {
            jsonw_str(&v->w, "fault", v->fault.text);
            jsonw_u64(&v->w, "at", v->fault.at);
        }
        jsonw_object_end(&v->w);
        buf_addc(&v->out, '\n');
    }
    if (print_out(buf_str(&v->out)) != 0)
        status = EXIT_FAILED;
    if (v->err != 0)
        complain("%s: damaged at byte %llu: %s", path,
            (unsigned long long)v->fault.at, v->fault.text);
    buf_free(&v->out);
    buf_free(&v->bytes);
    return status;
}

int xet_inspect(const struct invocation *in)
{
    const struct xet_view_values *values = in->values;
    struct view v = {.json = values->json, .w = {.to = &v.out}};
    const char *path = in->words[0];
    struct xet_hash expected;
    int err;

    if (values->hash != NULL && !xet_hash_parse(values->hash, &expected)) {
        complain("--hash %s: expected 64 lower-case hexadecimal digits",
            values->hash);
        return EXIT_USAGE;
    }
    err = file_read_all(path, FILE_MAX, &v.bytes);
    if (err != 0) {
        complain("%s: %s", path, strerror(-err));
        buf_free(&v.bytes);
        return EXIT_FAILED;
    }
    if (v.json)
        jsonw_object(&v.w, NULL);
    if (is_shard(&v.bytes))
        view_shard(&v, values->hash != NULL ? &expected : NULL);
    else
        view_xorb(&v, values->hash != NULL ? &expected : NULL);
    return finish(&v, path);
}
