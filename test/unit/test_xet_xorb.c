/* Xorbs: those of the genuine client are read as it wrote them, ours are what
 * it would have written, damaged ones are refused, and parts of them come out
 * of a stream as they went in. */
#include "hub/xet_xorb.h"

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
#include "hub/xet_footer.h"
#include "hub/xet_stream.h"
#include "test/lib/xet_data.h"

static struct json *expected;

/* ---- Reading */

static void same_chunk(const struct xet_xorb *x, size_t i, const uint8_t *body,
    const struct json *v)
{
    struct xet_header h;

    assert_int_equal(xet_xorb_start(x, i), xet_number(v, "offset"));
    assert_int_equal(
        xet_header_parse(body + xet_xorb_start(x, i), &h, NULL), 0);
    assert_int_equal(h.packed, xet_number(v, "compressed"));
    assert_int_equal(h.raw, xet_number(v, "raw"));
    assert_int_equal(h.scheme, xet_number(v, "scheme"));
    xet_same("chunk", &x->chunk[i].hash, xet_text(v, "hash"));
}

/* In stored form, as it is sent, and by its footer alone. */
static void check_genuine(const struct json *v, const struct buf *b)
{
    struct xet_hash hash = xet_hash_in(v, "hash");
    size_t body = xet_number(v, "body_length"), i = 0;
    struct xet_xorb stored, sent, footer;
    struct xet_fault f = {.text = ""};
    const struct json *chunk;
    struct buf again = {0};

    if (xet_xorb_check(b->data, b->len, &hash, &stored, &f) != 0)
        fail_msg("%s: %s", xet_text(v, "hash"), f.text);
    assert_int_equal(stored.footer, 1);
    assert_int_equal(stored.body, body);
    assert_int_equal(stored.n, json_count(json_get(v, "chunks")));
    assert_int_equal(
        stored.chunk[stored.n - 1].raw_end, xet_number(v, "raw_length"));
    json_each (chunk, json_get(v, "chunks"))
        same_chunk(&stored, i++, b->data, chunk);
    assert_int_equal(xet_xorb_check(b->data, body, &hash, &sent, &f), 0);
    assert_int_equal(sent.footer, -1);
    xet_footer_write(&sent, &again);
    assert_int_equal(again.len, b->len - body);
    assert_memory_equal(again.data, b->data + body, again.len);
    assert_int_equal(
        xet_footer_parse(b->data + body, b->len - body, b->len, &footer, &f),
        0);
    assert_int_equal(footer.n, stored.n);
    assert_memory_equal(
        footer.chunk, stored.chunk, stored.n * sizeof(*stored.chunk));
    buf_free(&again);
    xet_xorb_fini(&stored);
    xet_xorb_fini(&sent);
    xet_xorb_fini(&footer);
}

/* Calls fn for each xorb of each case. */
static void each_xorb(void (*fn)(const struct json *session,
    const struct json *env, const struct json *xorb))
{
    const struct json *c, *s, *x;

    json_each (c, json_get(expected, "cases")) {
        json_each (s, json_get(c, "sessions")) {
            json_each (x, json_get(s, "xorbs"))
                fn(s, json_get(c, "env"), x);
        }
    }
}

static void read_one(
    const struct json *session, const struct json *env, const struct json *xorb)
{
    struct buf b;

    (void)session;
    (void)env;
    if (json_str(xorb, "file") == NULL)
        return;
    b = xet_data(json_str(xorb, "file"));
    check_genuine(xorb, &b);
    buf_free(&b);
}

static void genuine_xorbs(void **state)
{
    (void)state;
    each_xorb(read_one);
}

static void footer_of_version_0(void **state)
{
    static const char hex[] =
        "000c0000000c000048656c6c6f20576f726c6421584554424c4f4200a29cfb08"
        "e608d4d8726dd8659a90b9134b3240d5d8e42d5fcb28e2a6e763a3e801000000"
        "14000000a29cfb08e608d4d8726dd8659a90b9134b3240d5d8e42d5fcb28e2a6"
        "e763a3e80000000000000000000000000000000060000000";
    uint8_t b[(sizeof(hex) - 1) / 2];
    struct xet_xorb x;

    (void)state;
    assert_true(hex_parse(hex, b, sizeof(b)));
    assert_int_equal(xet_xorb_check(b, sizeof(b), NULL, &x, NULL), 0);
    assert_int_equal(x.footer, 0);
    xet_same("xorb", &x.hash,
        "d8d408e608fb9ca213b9909a65d86d725f2de4d8d540324be8a363e7a6e228cb");
    xet_xorb_fini(&x);
    b[60]++; /* an end */
    assert_int_equal(xet_xorb_check(b, sizeof(b), NULL, &x, NULL), -EBADMSG);
    xet_xorb_fini(&x);
}

/* The document's example of all three schemes. */
static void published_xorb(void **state)
{
    static const char sums[2][65] = {
        "0f06e3b56bf5a44a0e76d67799979c3c3cb7d5b8a08c9f400677a9feaa384a20",
        "af72e070774bfbc30091be6c1f5944dade4a2f8db9ba2ac384253bca11a0bb7d"};
    static const char body[] =
        "000c0000000c000048656c6c6f20576f726c6421001a00000128000004224d18"
        "6040820b0000001f6101000f50616161616100000000002b0000024000000422"
        "4d186040821c000000ff02000102030405060708090a0b0c0d0e0f0001001750"
        "000000000000000000";
    struct buf b = {0};
    uint8_t *p = buf_grow(&b, 105), sha[32];
    struct xet_xorb x;
    char text[65];

    (void)state;
    assert_true(hex_parse(body, p, 105));
    digest_once(DIGEST_SHA256, b.data, b.len, sha);
    hex_format(sha, 32, text);
    assert_string_equal(text, sums[0]);
    assert_int_equal(xet_xorb_check(b.data, b.len, NULL, &x, NULL), 0);
    xet_same("xorb", &x.hash,
        "a9de499a2a6ec60ed4c42d784d105719317dc2dbe9f314a00b258bb5c1210a57");
    xet_footer_write(&x, &b);
    digest_once(DIGEST_SHA256, b.data, b.len, sha);
    hex_format(sha, 32, text);
    assert_string_equal(text, sums[1]);
    xet_xorb_fini(&x);
    buf_free(&b);
}

static void damaged_xorbs(void **state)
{
    const struct json *v;

    (void)state;
    json_each (v, json_get(expected, "damaged")) {
        bool good = json_is_null(json_get(v, "class"));
        struct xet_fault f = {.text = ""};
        struct xet_hash hash;
        struct xet_xorb x;
        struct buf b;
        int err;

        if (strcmp(xet_text(v, "kind"), "xorb") != 0)
            continue;
        b = xet_data(xet_text(v, "file"));
        hash = xet_hash_in(v, "expected_hash");
        err = xet_xorb_check(b.data, b.len, &hash, &x, &f);
        if (err != (good ? 0 : -EBADMSG))
            fail_msg("%s (%s) gave %d: %s", xet_text(v, "file"),
                xet_text(v, "note"), err, f.text);
        print_message("# %s: at %llu: %s\n", xet_text(v, "file"),
            (unsigned long long)f.at, f.text);
        assert_true(f.at <= b.len);
        assert_int_equal(f.text[0] == '\0', good);
        xet_xorb_fini(&x);
        buf_free(&b);
    }
}

/* ---- Writing */

struct writing {
    struct xet_xorb_writer w;
    const struct json *chunk; /* the next one expected */
};

/* Chunks of an input that are new in this xorb: those that come next. */
static void write_chunk(void *ctx, const uint8_t *p, size_t n)
{
    struct writing *x = ctx;
    struct xet_hash hash;

    xet_hash_chunk(p, n, &hash);
    if (x->chunk == NULL ||
        strcmp(xet_spell(&hash), xet_text(x->chunk, "hash")) != 0)
        return;
    xet_xorb_add(&x->w, p, n, &hash);
    x->chunk = json_next(x->chunk);
}

static enum xet_policy policy_of(const struct json *env)
{
    const char *name = json_str(env, "HF_XET_XORB_COMPRESSION_POLICY");

    if (name == NULL || strcmp(name, "auto") == 0)
        return XET_AUTO;
    if (strcmp(name, "none") == 0)
        return XET_NEVER;
    return strcmp(name, "lz4") == 0 ? XET_ALWAYS_LZ4 : XET_ALWAYS_BG4_LZ4;
}

/* All schemes are those of the client, and where nothing is compressed, all
 * bytes. Chunks that its LZ4 cannot make smaller ours may, by a little. */
static void compare_with(const struct xet_xorb_writer *w,
    const struct xet_xorb *x, const struct json *xorb)
{
    const struct json *chunk;
    bool compressed = false;
    size_t i = 0;

    xet_same("xorb", &x->hash, xet_text(xorb, "hash"));
    assert_int_equal(
        x->chunk[x->n - 1].raw_end, xet_number(xorb, "raw_length"));
    json_each (chunk, json_get(xorb, "chunks")) {
        struct xet_header h;

        assert_int_equal(
            xet_header_parse(w->body.data + xet_xorb_start(x, i), &h, NULL), 0);
        if (h.scheme != XET_STORED && xet_number(chunk, "scheme") == XET_STORED)
            assert_true(h.packed > h.raw / 8 * 7);
        else
            assert_int_equal(h.scheme, xet_number(chunk, "scheme"));
        compressed = compressed || h.scheme != XET_STORED;
        i++;
    }
    assert_int_equal(i, x->n);
    if (!compressed)
        assert_int_equal(w->body.len, xet_number(xorb, "body_length"));
    if (!compressed && json_str(xorb, "file") != NULL) {
        struct buf b = xet_data(json_str(xorb, "file"));

        assert_memory_equal(b.data, w->body.data, w->body.len);
        buf_free(&b);
    }
}

static bool starts_with(const struct buf *input, const struct json *chunk)
{
    size_t n = xet_cut(input->data, input->len);
    struct xet_hash hash;

    xet_hash_chunk(input->data, n, &hash);
    return strcmp(xet_spell(&hash), xet_text(chunk, "hash")) == 0;
}

/* The files of a session lie in a xorb in the order in which the client had
 * finished them: the next one is that whose first chunk is expected. */
static void write_files(struct writing *x, const struct json *session)
{
    const struct json *inputs = json_get(session, "inputs"), *name;
    const struct json *before;

    do {
        before = x->chunk;
        json_each (name, inputs) {
            struct buf b = xet_make_input(expected, json_as_str(name));
            struct xet_splitter s;

            if (x->chunk != NULL && b.len > 0 &&
                (json_count(inputs) == 1 || starts_with(&b, x->chunk))) {
                xet_packer_section(x->w.packer);
                xet_split_begin(&s, write_chunk, x);
                xet_split(&s, b.data, b.len);
                xet_split_end(&s);
            }
            buf_free(&b);
        }
    } while (x->chunk != NULL && x->chunk != before);
}

static void write_one(
    const struct json *session, const struct json *env, const struct json *xorb)
{
    struct writing x = {.chunk = json_first(json_get(xorb, "chunks"))};
    struct xet_xorb sealed, read;

    if (x.chunk == NULL)
        return; /* of the large ones only figures are known */
    x.w.packer = xet_packer_new(policy_of(env));
    write_files(&x, session);
    assert_null(x.chunk);
    xet_xorb_seal(&x.w, &sealed);
    compare_with(&x.w, &sealed, xorb);
    assert_int_equal(
        xet_xorb_check(x.w.body.data, x.w.body.len, &sealed.hash, &read, NULL),
        0);
    assert_memory_equal(
        read.chunk, sealed.chunk, sealed.n * sizeof(*sealed.chunk));
    xet_xorb_fini(&read);
    xet_xorb_fini(&sealed);
    xet_packer_free(x.w.packer);
    x.w.packer = NULL;
    xet_xorb_writer_fini(&x.w);
}

static void written_xorbs(void **state)
{
    (void)state;
    each_xorb(write_one);
}

static void limits(void **state)
{
    struct xet_packer *packer = xet_packer_new(XET_AUTO);
    struct xet_xorb_writer w = {.packer = packer};
    uint8_t *zeros = xcalloc(1, XET_CHUNK_MAX);
    struct xet_header h = {.scheme = XET_STORED, .packed = 1, .raw = 1};
    struct xet_hash hash;
    struct xet_xorb x;

    (void)state;
    xet_hash_chunk(zeros, XET_CHUNK_MAX, &hash);
    for (unsigned i = 0; i < 512; i++) {
        assert_true(xet_xorb_room(&w, XET_CHUNK_MAX));
        xet_xorb_add(&w, zeros, XET_CHUNK_MAX, &hash);
    }
    assert_false(xet_xorb_room(&w, 1)); /* exactly 64 MiB */
    xet_xorb_writer_fini(&w);
    xet_pack(packer, zeros, 1, &w.body);
    memcpy(zeros, w.body.data, w.body.len);
    buf_clear(&w.body);
    for (unsigned i = 0; i < XET_XORB_CHUNKS; i++) {
        assert_true(xet_xorb_room(&w, 1));
        xet_xorb_add_packed(&w, zeros, &h, &hash);
    }
    assert_false(xet_xorb_room(&w, 1));
    xet_xorb_seal(&w, &x);
    assert_int_equal(x.n, XET_XORB_CHUNKS);
    assert_int_equal(x.body, 9 * XET_XORB_CHUNKS);
    xet_xorb_fini(&x);
    xet_xorb_writer_fini(&w);
    xet_packer_free(packer);
    free(zeros);
}

/* ---- Parts */

struct part {
    const struct xet_xorb *x;
    uint32_t next;
    uint8_t *out, *scratch;
};

static int take(
    void *ctx, uint32_t index, const struct xet_header *h, const uint8_t *p)
{
    struct part *part = ctx;
    struct xet_hash hash;
    int err = xet_unpack(h, p, part->out, part->scratch, NULL);

    assert_int_equal(err, 0);
    assert_int_equal(index, part->next);
    xet_hash_chunk(part->out, h->raw, &hash);
    assert_true(xet_hash_equal(&hash, &part->x->chunk[index].hash));
    part->next++;
    return 0;
}

static int feed(struct xet_stream *s, const uint8_t *p, size_t n, size_t piece)
{
    int err = 0;

    for (size_t at = 0; at < n && err == 0; at += piece)
        err = xet_stream(s, p + at, min_size(piece, n - at));
    return err;
}

/* Every run of chunks, in pieces of a few sizes; one byte too few and one too
 * many. */
static void check_range(
    const struct buf *b, struct part *part, uint32_t from, uint32_t to)
{
    static const size_t pieces[] = {1, 5, 9, 1000, 100000};
    size_t start = xet_xorb_start(part->x, from);
    size_t n = part->x->chunk[to - 1].end - start;
    struct xet_stream s;

    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        part->next = from;
        xet_stream_begin(&s, from, to, take, part);
        assert_int_equal(feed(&s, b->data + start, n, pieces[i]), 0);
        assert_int_equal(xet_stream_end(&s), 0);
        assert_int_equal(part->next, to);
        part->next = from;
        xet_stream_begin(&s, from, to, take, part);
        assert_int_equal(feed(&s, b->data + start, n - 1, pieces[i]), 0);
        assert_int_equal(xet_stream_end(&s), -EBADMSG);
        part->next = from;
        xet_stream_begin(&s, from, to, take, part);
        assert_int_equal(feed(&s, b->data + start, n + 1, pieces[i]), -EBADMSG);
        assert_int_equal(s.fault.at, n);
        xet_stream_drop(&s);
    }
}

static void parts(void **state)
{
    static const char *const files[] = {"damaged/good-footer.xorb",
        "xorbs/89178f3034040c7a3d55d09d2a03ddac713c4c5dd12a3204b78d72fa7389"
        "ab37.xorb"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct buf b = xet_data(files[i]);
        struct part part = {
            .out = xmalloc(XET_CHUNK_MAX), .scratch = xmalloc(XET_CHUNK_MAX)};
        struct xet_xorb x;

        assert_int_equal(xet_xorb_check(b.data, b.len, NULL, &x, NULL), 0);
        part.x = &x;
        for (uint32_t from = 0; from < x.n; from++) {
            for (uint32_t to = from + 1; to <= x.n; to++)
                check_range(&b, &part, from, to);
        }
        xet_xorb_fini(&x);
        buf_free(&b);
        free(part.out);
        free(part.scratch);
    }
}

static int load(void **state)
{
    (void)state;
    expected = xet_json("expected.json");
    return 0;
}

static int unload(void **state)
{
    (void)state;
    json_free(expected);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genuine_xorbs),
        cmocka_unit_test(footer_of_version_0),
        cmocka_unit_test(published_xorb),
        cmocka_unit_test(damaged_xorbs),
        cmocka_unit_test(written_xorbs),
        cmocka_unit_test(limits),
        cmocka_unit_test(parts),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
