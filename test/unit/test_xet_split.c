/* Chunking: cuts and the hashes that follow from them are those of published
 * vectors and of the genuine client, however the input comes in pieces. */
#include "hub/xet_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "hub/xet_gear.h"
#include "hub/xet_le.h"
#include "hub/xet_merkle.h"
#include "test/lib/xet_data.h"

static struct json *vectors, *expected;

/* The chunks of a file, as a splitter gives them. */
struct chunks {
    struct buf ends; /* of uint64_t */
    struct buf hashes;
    uint64_t size;
};

static void take(void *ctx, const uint8_t *p, size_t n)
{
    struct chunks *c = ctx;
    struct xet_hash h;

    c->size += n;
    xet_hash_chunk(p, n, &h);
    buf_add(&c->ends, &c->size, sizeof(c->size));
    buf_add(&c->hashes, &h, sizeof(h));
}

static uint64_t end_at(const struct chunks *c, size_t i)
{
    return ((const uint64_t *)(const void *)c->ends.data)[i];
}

static const struct xet_hash *hash_at(const struct chunks *c, size_t i)
{
    return (const struct xet_hash *)(const void *)c->hashes.data + i;
}

static size_t count(const struct chunks *c)
{
    return c->ends.len / sizeof(uint64_t);
}

static void chunks_free(struct chunks *c)
{
    buf_free(&c->ends);
    buf_free(&c->hashes);
}

/* piece 0: sizes at random. */
static struct chunks split(const struct buf *data, size_t piece)
{
    struct xet_splitter s;
    struct chunks c = {0};
    uint64_t seed = 7;
    size_t n;

    xet_split_begin(&s, take, &c);
    for (size_t at = 0; at < data->len; at += n) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        n = piece != 0 ? piece : (size_t)(seed >> 33) % 300000;
        n = min_size(n, data->len - at);
        xet_split(&s, data->data + at, n);
    }
    xet_split_end(&s);
    return c;
}

static void tree(const struct chunks *c, size_t from, size_t to, bool file,
    struct xet_hash *out)
{
    struct xet_merkle m = {0};

    for (size_t i = from; i < to; i++)
        xet_merkle_add(
            &m, hash_at(c, i), end_at(c, i) - (i > 0 ? end_at(c, i - 1) : 0));
    if (file)
        xet_merkle_file(&m, out);
    else
        xet_merkle_root(&m, out);
}

/* The rule, as it is written. */
static size_t plain_cut(const uint8_t *p, size_t n)
{
    uint64_t h = 0;

    for (size_t i = 0; i < n; i++) {
        h = 2 * h + xet_gear[p[i]];
        if (i + 1 >= XET_CHUNK_MIN &&
            (i + 1 >= XET_CHUNK_MAX || (h & 0xffff000000000000) == 0))
            return i + 1;
    }
    return n;
}

static void same_as_plain(const struct buf *b)
{
    for (size_t at = 0; at < b->len;) {
        size_t n = xet_cut(b->data + at, b->len - at);

        assert_int_equal(n, plain_cut(b->data + at, b->len - at));
        at += n;
    }
}

static void same_chunks(const struct chunks *a, const struct chunks *b)
{
    assert_int_equal(count(a), count(b));
    assert_memory_equal(a->ends.data, b->ends.data, a->ends.len);
    assert_memory_equal(a->hashes.data, b->hashes.data, a->hashes.len);
}

/* In pieces of every kind, the same chunks come out. */
static void same_in_pieces(const struct buf *b, const struct chunks *whole)
{
    static const size_t pieces[] = {1, 7, 4096, 131071, 131073, 0};

    for (size_t i = 0; i < ARRAY_LEN(pieces) && b->len > 0; i++) {
        struct chunks c = {0};

        if (pieces[i] == 1 && b->len > 2000000)
            continue;
        c = split(b, pieces[i]);
        same_chunks(&c, whole);
        chunks_free(&c);
    }
}

static void table(void **state)
{
    uint8_t bytes[2048], sha[32];
    char text[65];

    (void)state;
    for (size_t i = 0; i < 256; i++)
        put_le64(bytes + 8 * i, xet_gear[i]);
    digest_once(DIGEST_SHA256, bytes, sizeof(bytes), sha);
    hex_format(sha, sizeof(sha), text);
    assert_string_equal(text,
        "e1d3936666d7ae7a977c958e9afcc75f90aaca758ce5fbe4ece61dffefe1912c");
}

static void published_cuts(void **state)
{
    const struct json *v;
    struct buf b = {0};
    struct chunks c;
    size_t i = 0;

    (void)state;
    xet_make_splitmix(&b, 1000000, 0);
    c = split(&b, b.len);
    json_each (v, json_get(vectors, "splitmix_1000000_0")) {
        assert_true(i < count(&c));
        assert_int_equal(end_at(&c, i), xet_number(v, "end"));
        xet_same("chunk", hash_at(&c, i++), xet_text(v, "hash"));
    }
    assert_int_equal(i, count(&c));
    same_as_plain(&b);
    same_in_pieces(&b, &c);
    chunks_free(&c);
    buf_free(&b);
}

/* A pattern whose cuts fall into every place of the window. */
static void triggers(void **state)
{
    const char *base = json_str(vectors, "trigger_base");
    uint8_t pattern[256] = {0};
    const struct json *v, *end;

    (void)state;
    assert_true(hex_parse(base, pattern, 128));
    json_each (v, json_get(vectors, "trigger")) {
        size_t period = 128 + xet_number(v, "zeros"), i = 0;
        struct buf b = {0};
        struct chunks c;

        for (size_t at = 0; at < 65536; at++)
            buf_addc(&b, (char)pattern[at % period]);
        assert_int_equal(b.data[11111], xet_number(v, "at_11111"));
        c = split(&b, b.len);
        assert_int_equal(count(&c), json_count(json_get(v, "ends")));
        json_each (end, json_get(v, "ends"))
            assert_int_equal(end_at(&c, i++), xet_number_of(end));
        same_as_plain(&b);
        chunks_free(&c);
        buf_free(&b);
    }
}

static void make_file(const struct json *v, struct buf *out)
{
    const char *gen = xet_text(v, "gen");
    uint64_t arg[3] = {0};
    const struct json *a;
    uint32_t s = 0x9e3779b9;
    size_t i = 0;

    json_each (a, json_get(v, "args"))
        arg[i++] = xet_number_of(a);
    if (strcmp(gen, "splitmix") == 0) {
        xet_make_splitmix(out, arg[0], arg[1]);
        return;
    }
    for (i = 0; i < arg[0]; i++) {
        if (strcmp(gen, "xorshift32") == 0 && i % 4 == 0) {
            s ^= s << 13;
            s ^= s >> 17;
            s ^= s << 5;
        }
        if (strcmp(gen, "const") == 0)
            buf_addc(out, (char)arg[1]);
        else if (strcmp(gen, "lin") == 0)
            buf_addc(out, (char)(i * arg[1] + arg[2]));
        else
            buf_addc(out, (char)(s >> 8 * (i % 4)));
    }
}

static void published_files(void **state)
{
    const struct json *v, *x;

    (void)state;
    json_each (v, json_get(vectors, "files")) {
        struct buf b = {0};
        struct xet_hash h;
        struct chunks c;
        size_t from = 0;

        make_file(v, &b);
        c = split(&b, 1 << 20);
        assert_int_equal(count(&c), xet_number(v, "chunks"));
        tree(&c, 0, count(&c), true, &h);
        xet_same("file", &h, xet_text(v, "file"));
        json_each (x, json_get(v, "xorbs")) {
            size_t to = from + xet_number(x, "chunks");

            assert_true(to <= count(&c));
            tree(&c, from, to, false, &h);
            xet_same("xorb", &h, xet_text(x, "hash"));
            xet_hash_term(hash_at(&c, from), sizeof(h), to - from, &h);
            xet_same("term", &h, xet_text(x, "term"));
            from = to;
        }
        assert_int_equal(from, count(&c));
        chunks_free(&c);
        buf_free(&b);
    }
}

static void check_input(const char *name, const struct json *v)
{
    struct buf b = xet_make_input(expected, name);
    struct chunks c = split(&b, b.len != 0 ? b.len : 1);
    const struct json *end, *hash = json_first(json_get(v, "chunk_hashes"));
    struct xet_hash h;
    size_t i = 0;

    assert_int_equal(count(&c), xet_number(v, "chunks"));
    json_each (end, json_get(v, "ends")) {
        assert_int_equal(end_at(&c, i), xet_number_of(end));
        xet_same(name, hash_at(&c, i++), json_as_str(hash));
        hash = json_next(hash);
    }
    tree(&c, 0, count(&c), false, &h);
    xet_same(name, &h, xet_text(v, "merkle_root"));
    tree(&c, 0, count(&c), true, &h);
    xet_same(name, &h, xet_text(v, "file_hash"));
    if (b.len < (8 << 20)) {
        same_as_plain(&b);
        same_in_pieces(&b, &c);
    }
    chunks_free(&c);
    buf_free(&b);
}

/* What hf_xet computed of the same bytes. */
static void genuine_inputs(void **state)
{
    const struct json *v;

    (void)state;
    json_each (v, json_get(expected, "inputs"))
        check_input(json_key(v), v);
}

static void a_file_given_up(void **state)
{
    struct xet_splitter s;
    struct chunks c = {0};

    (void)state;
    xet_split_begin(&s, take, &c);
    xet_split(&s, "abc", 3);
    xet_split_drop(&s);
    xet_split_end(&s);
    assert_int_equal(count(&c), 0);
    chunks_free(&c);
}

static int load(void **state)
{
    (void)state;
    vectors = xet_json("vectors.json");
    expected = xet_json("expected.json");
    return 0;
}

static int unload(void **state)
{
    (void)state;
    json_free(vectors);
    json_free(expected);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(published_cuts),
        cmocka_unit_test(triggers),
        cmocka_unit_test(published_files),
        cmocka_unit_test(genuine_inputs),
        cmocka_unit_test(a_file_given_up),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
