/* Shards: every variant that the genuine client writes is read, understood, and
 * written again byte by byte; damaged ones are refused; claims are verified. */
#include "hub/xet_shard.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "hub/xet_xorb.h"
#include "test/lib/xet_data.h"

static struct json *expected;

/* ---- All xorbs of all cases, as the shards that were read say */

static struct buf known; /* of struct xet_xorb */

static const struct xet_xorb *find(void *ctx, const struct xet_hash *hash)
{
    const struct xet_xorb *x = (const struct xet_xorb *)(void *)known.data;

    (void)ctx;
    for (size_t i = 0; i < known.len / sizeof(*x); i++) {
        if (xet_hash_equal(&x[i].hash, hash))
            return &x[i];
    }
    return NULL;
}

static void learn(const struct xet_shard *s)
{
    for (size_t i = 0; i < xet_shard_n_xorbs(s); i++) {
        struct xet_xorb x = xet_shard_xorb_of(s, i);

        if (find(NULL, &x.hash) == NULL)
            buf_add(&known, &x, sizeof(x));
        else
            xet_xorb_fini(&x);
    }
}

/* ---- Reading */

static struct xet_shard parse(const struct buf *b, const char *name)
{
    struct xet_fault f = {.text = ""};
    struct xet_shard s;

    if (xet_shard_parse(b->data, b->len, &s, &f) != 0)
        fail_msg("%s: at %llu: %s", name, (unsigned long long)f.at, f.text);
    return s;
}

static void same_file(const struct xet_shard *s, size_t i, const struct json *v)
{
    const struct xet_shard_file *file = xet_shard_file(s, i);
    const struct json *term;
    size_t k = 0;

    xet_same("file", &file->hash, xet_text(v, "hash"));
    assert_int_equal(file->n, json_count(json_get(v, "terms")));
    assert_int_equal(file->has_sha256, json_str(v, "sha256") != NULL);
    if (file->has_sha256) {
        char text[65];

        hex_format(file->sha256, 32, text);
        assert_string_equal(text, json_str(v, "sha256"));
    }
    json_each (term, json_get(v, "terms")) {
        const struct xet_term *t = xet_shard_term(s, file->first + k++);

        xet_same("term", &t->xorb, xet_text(term, "xorb"));
        assert_int_equal(t->start, xet_number(term, "start"));
        assert_int_equal(t->end, xet_number(term, "end"));
        assert_int_equal(t->raw, xet_number(term, "raw"));
        if (json_str(term, "term_hash") != NULL)
            xet_same("proof", &t->proof, xet_text(term, "term_hash"));
    }
}

static void same_shard(const struct xet_shard *s, const struct json *v)
{
    const struct json *each, *footer = json_get(v, "footer");
    size_t i = 0;

    json_each (each, json_get(v, "files"))
        same_file(s, i++, each);
    assert_int_equal(i, xet_shard_n_files(s));
    i = 0;
    json_each (each, json_get(v, "xorbs")) {
        const struct xet_shard_xorb *x = xet_shard_xorb(s, i++);

        xet_same("xorb", &x->hash, xet_text(each, "hash"));
        assert_int_equal(x->n, xet_number(each, "chunks"));
    }
    assert_int_equal(i, xet_shard_n_xorbs(s));
    assert_int_equal(s->has_footer, json_is_object(footer));
    if (!s->has_footer)
        return;
    assert_int_equal(s->footer.created, xet_number(footer, "created"));
    assert_int_equal(s->footer.expiry, xet_number(footer, "expiry"));
    xet_same("key", &s->footer.key, xet_text(footer, "key"));
    assert_int_equal(
        s->footer.n_lookups[2], xet_number(footer, "chunk_lookup_count"));
}

/* Calls fn for each shard of each case that is here. */
static void each_shard(
    void (*fn)(const struct json *v, const struct buf *b, struct xet_shard *s))
{
    const struct json *c, *session, *v;

    json_each (c, json_get(expected, "cases")) {
        json_each (session, json_get(c, "sessions")) {
            json_each (v, json_get(session, "shards")) {
                const char *name = json_str(v, "file");
                struct xet_shard s;
                struct buf b;

                if (name == NULL)
                    continue;
                b = xet_data(name);
                s = parse(&b, name);
                fn(v, &b, &s);
                xet_shard_fini(&s);
                buf_free(&b);
            }
        }
    }
}

static void read_one(
    const struct json *v, const struct buf *b, struct xet_shard *s)
{
    assert_int_equal(b->len, xet_number(v, "length"));
    same_shard(s, v);
    learn(s);
}

static void genuine_shards(void **state)
{
    (void)state;
    each_shard(read_one);
}

static void verify_one(
    const struct json *v, const struct buf *b, struct xet_shard *s)
{
    struct xet_fault f = {.text = ""};

    (void)b;
    if (xet_shard_verify(s, find, NULL, &f) != 0)
        fail_msg("%s: at %llu: %s", xet_text(v, "file"),
            (unsigned long long)f.at, f.text);
}

static void verified(void **state)
{
    (void)state;
    each_shard(verify_one);
}

static void damaged_shards(void **state)
{
    const struct json *v;

    (void)state;
    json_each (v, json_get(expected, "damaged")) {
        const char *class = json_str(v, "class");
        bool semantic = class != NULL && strcmp(class, "semantic") == 0;
        struct xet_fault f = {.text = ""};
        struct xet_shard s;
        struct buf b;
        int err;

        if (strcmp(xet_text(v, "kind"), "shard") != 0)
            continue;
        b = xet_data(xet_text(v, "file"));
        err = xet_shard_parse(b.data, b.len, &s, &f);
        if (semantic) {
            assert_int_equal(err, 0);
            err = xet_shard_verify(&s, find, NULL, &f);
        } else if (err == 0) {
            err = xet_shard_verify_alone(&s, &f);
        }
        if (err != (class == NULL ? 0 : -EBADMSG))
            fail_msg("%s gave %d: %s", xet_text(v, "file"), err, f.text);
        print_message("# %s: at %llu: %s\n", xet_text(v, "file"),
            (unsigned long long)f.at, f.text);
        assert_int_equal(f.text[0] == '\0', class == NULL);
        assert_true(f.at <= b.len);
        xet_shard_fini(&s);
        buf_free(&b);
    }
}

/* ---- Writing */

static void same_bytes(const struct buf *got, const struct buf *wanted)
{
    size_t at = 0;

    while (at < min_size(got->len, wanted->len) &&
        got->data[at] == wanted->data[at])
        at++;
    if (at < wanted->len || at < got->len)
        fail_msg("%zu and %zu bytes, which differ at %zu", got->len,
            wanted->len, at);
}

static void write_one(
    const struct json *v, const struct buf *b, struct xet_shard *s)
{
    struct buf again = {0};

    (void)v;
    xet_shard_write(s, s->footer.n_lookups[0] > 0, &again);
    same_bytes(&again, b);
    if (!s->has_footer)
        assert_int_equal(xet_shard_length(s), again.len);
    buf_free(&again);
}

static void written_again(void **state)
{
    (void)state;
    each_shard(write_one);
}

/* What was uploaded becomes what the CAS keeps. */
static void store_one(
    const struct json *v, const struct buf *b, struct xet_shard *s)
{
    const char *name = xet_text(v, "file");
    size_t n = strlen(name) - strlen(".upload");
    struct buf got = {0}, wanted;
    char *other;

    (void)b;
    if (strcmp(name + n, ".upload") != 0)
        return;
    other = xasprintf("%.*s.stored", (int)n, name);
    wanted = xet_data(other);
    s->has_footer = true;
    xet_shard_mark_eligible(s);
    xet_shard_write(s, false, &got);
    same_bytes(&got, &wanted);
    buf_free(&got);
    buf_free(&wanted);
    free(other);
}

static void stored_form(void **state)
{
    (void)state;
    each_shard(store_one);
}

/* The published upload of "Hello World!", made from nothing. */
static void made_from_parts(void **state)
{
    static const char data[] = "Hello World!";
    struct xet_shard s = {.has_proofs = true};
    struct xet_term term = {.raw = 12, .end = 1};
    struct xet_xorb_chunk chunk = {.end = 20, .raw_end = 12};
    struct xet_xorb x = {.n = 1, .chunk = &chunk};
    struct xet_merkle tree = {0};
    struct xet_hash file;
    struct buf out = {0};
    uint8_t sha[32];
    char text[65];

    (void)state;
    xet_hash_chunk(data, 12, &chunk.hash);
    x.hash = term.xorb = chunk.hash;
    xet_merkle_add(&tree, &chunk.hash, 12);
    xet_merkle_file(&tree, &file);
    xet_hash_term(&chunk.hash, sizeof(chunk), 1, &term.proof);
    digest_once(DIGEST_SHA256, data, 12, sha);
    xet_shard_add_file(&s, &file, sha);
    xet_shard_add_term(&s, &term);
    xet_shard_add_xorb(&s, &x, 0);
    xet_shard_write(&s, false, &out);
    assert_int_equal(out.len, 432);
    digest_once(DIGEST_SHA256, out.data, out.len, sha);
    hex_format(sha, 32, text);
    assert_string_equal(text,
        "92b52ba3907f9c57246fe5c81f562af5e7afecb15c37ae5905cc2cb084f19ed4");
    xet_shard_fini(&s);
    buf_free(&out);
}

/* Only chunk hashes are under the key, and only xorbs are told. */
static void answer_to_a_query(void **state)
{
    struct buf b = xet_data("shards/insertion-1.dedup-keyed");
    struct buf plain = xet_data("shards/insertion-1.upload"), got = {0};
    struct xet_shard answer = parse(&b, "the answer");
    struct xet_shard s = parse(&plain, "the upload");
    struct xet_hash first;

    (void)state;
    same_shard(&answer, json_get(expected, "dedup_response"));
    xet_hash_keyed(&answer.footer.key, &xet_shard_chunk(&s, 0)->hash, &first);
    assert_true(xet_hash_equal(&first, &xet_shard_chunk(&answer, 0)->hash));
    buf_free(&s.files);
    buf_free(&s.terms);
    s.has_footer = true;
    s.footer = answer.footer;
    xet_shard_write(&s, false, &got);
    same_bytes(&got, &b);
    xet_shard_fini(&s);
    xet_shard_fini(&answer);
    buf_free(&b);
    buf_free(&plain);
    buf_free(&got);
}

/* Whatever the order it was made in, it is sorted, and its tables hold. */
static void unsorted_and_large(void **state)
{
    enum { FILES = 500, XORBS = 40, CHUNKS = 300 };
    struct xet_shard s = {.has_proofs = false, .has_footer = true}, read;
    struct xet_xorb_chunk chunk[CHUNKS];
    struct buf out = {0};
    struct xet_fault f;

    (void)state;
    for (uint32_t i = 0; i < XORBS; i++) {
        struct xet_xorb x = {.n = CHUNKS, .chunk = chunk};

        for (uint32_t k = 0; k < CHUNKS; k++) {
            uint32_t name[] = {i, k / 2}; /* each twice in its xorb */

            xet_hash_chunk(name, sizeof(name), &chunk[k].hash);
            chunk[k].raw_end = 1000 * (k + 1);
        }
        xet_hash_chunk(&i, sizeof(i), &x.hash);
        xet_shard_add_xorb(&s, &x, i);
    }
    for (uint32_t i = 0; i < FILES; i++) {
        struct xet_term term = {.raw = 5000, .start = i % 200};
        struct xet_hash hash;
        uint32_t xorb = i % XORBS;

        xet_hash_node(&i, sizeof(i), &hash);
        xet_hash_chunk(&xorb, sizeof(xorb), &term.xorb);
        term.end = term.start + 5;
        xet_shard_add_file(&s, &hash, NULL);
        for (uint32_t k = 0; k < i % 4; k++)
            xet_shard_add_term(&s, &term);
    }
    xet_shard_write(&s, true, &out);
    if (xet_shard_parse(out.data, out.len, &read, &f) != 0)
        fail_msg("at %llu: %s", (unsigned long long)f.at, f.text);
    assert_int_equal(read.footer.n_lookups[0], FILES);
    assert_int_equal(read.footer.n_lookups[1], XORBS);
    assert_int_equal(read.footer.n_lookups[2], XORBS * CHUNKS);
    for (size_t i = 1; i < FILES; i++)
        assert_true(xet_hash_compare(&xet_shard_file(&read, i - 1)->hash,
                        &xet_shard_file(&read, i)->hash) < 0);
    xet_shard_fini(&read);
    xet_shard_fini(&s);
    buf_free(&out);
}

/* Another client sends a footer with its upload, and zeros where tables would
 * be; and what follows an upload without a footer is nobody's business. */
static void foreign_footers(void **state)
{
    struct buf b = xet_data("shards/mixed.upload"), out = {0};
    struct xet_shard s = parse(&b, "the upload"), read;
    struct xet_fault f = {.text = ""};
    size_t end = b.len;

    (void)state;
    s.has_footer = true;
    xet_shard_write(&s, false, &out);
    memset(out.data + out.len - 200 + 24, 0, 48);
    assert_int_equal(xet_shard_parse(out.data, out.len, &read, &f), 0);
    assert_int_equal(read.end, end);
    xet_shard_fini(&read);
    out.data[out.len - 8]++; /* where the footer begins */
    assert_int_equal(xet_shard_parse(out.data, out.len, &read, &f), -EBADMSG);
    assert_int_equal(f.at, out.len - 8);
    xet_shard_fini(&read);
    buf_adds(&b, "whatever");
    assert_int_equal(xet_shard_parse(b.data, b.len, &read, &f), 0);
    assert_int_equal(read.end, end);
    xet_shard_fini(&read);
    xet_shard_fini(&s);
    buf_free(&b);
    buf_free(&out);
}

/* Terms that name the same chunks again and again make no endless work. */
static void endless_work(void **state)
{
    struct xet_term term = {.raw = 8192, .end = 8192};
    const struct xet_hash hash = {{1}};
    struct xet_shard s = {0}, read;
    struct xet_fault f = {.text = ""};
    struct buf out = {0};

    (void)state;
    for (unsigned i = 0; i < 8193; i++) {
        if (i % 1000 == 0)
            xet_shard_add_file(&s, &hash, NULL);
        xet_shard_add_term(&s, &term);
    }
    xet_shard_write(&s, false, &out);
    assert_int_equal(xet_shard_parse(out.data, out.len, &read, &f), 0);
    assert_int_equal(xet_shard_verify(&read, find, NULL, &f), -EBADMSG);
    assert_non_null(strstr(f.text, "too many chunks"));
    xet_shard_fini(&read);
    xet_shard_fini(&s);
    buf_free(&out);
}

static int load(void **state)
{
    (void)state;
    expected = xet_json("expected.json");
    return 0;
}

static int unload(void **state)
{
    struct xet_xorb *x = (struct xet_xorb *)(void *)known.data;

    (void)state;
    for (size_t i = 0; i < known.len / sizeof(*x); i++)
        xet_xorb_fini(&x[i]);
    buf_free(&known);
    json_free(expected);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genuine_shards),
        cmocka_unit_test(verified),
        cmocka_unit_test(damaged_shards),
        cmocka_unit_test(written_again),
        cmocka_unit_test(stored_form),
        cmocka_unit_test(made_from_parts),
        cmocka_unit_test(answer_to_a_query),
        cmocka_unit_test(unsorted_and_large),
        cmocka_unit_test(foreign_footers),
        cmocka_unit_test(endless_work),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
