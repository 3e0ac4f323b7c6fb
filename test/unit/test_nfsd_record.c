/* nfsd/rpc_record: however a stream is cut into inputs and records into
 * fragments, the same records come out. */
#include "nfsd/rpc_record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/mem.h"

/* The test's own numbers: the same in every run. */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33) % below;
}

static void add_marker(struct buf *b, size_t n, bool last)
{
    uint32_t v = __builtin_bswap32((uint32_t)n | (last ? RPC_RECORD_LAST : 0));

    buf_add(b, &v, sizeof(v));
}

/* Feeds `stream` in inputs of up to `input` bytes; appends "<len>:<bytes>" of
 * each record to out. Returns the last answer. */
static int feed(const struct buf *stream, size_t input, struct buf *out)
{
    struct rpc_record r = {0};
    uint8_t *copy = xmalloc(input);
    size_t at = 0;
    int got = 0;

    while (at < stream->len && got >= 0) {
        size_t n = min_size(input, stream->len - at);
        struct cur in = cur_over(copy, n);
        struct rpc_span span;

        memcpy(copy, stream->data + at, n); /* its own memory: bounds count */
        while ((got = rpc_record_next(&r, &in, &span)) == 1) {
            buf_addf(out, "%zu:", span.len);
            buf_add(out, span.p, span.len);
        }
        assert_true(got < 0 || cur_left(&in) == 0);
        at += n;
    }
    rpc_record_fini(&r);
    free(copy);
    return got;
}

static void add_record(struct buf *stream, struct buf *want, size_t n,
    size_t piece, uint64_t *seed)
{
    struct buf record = {0};

    for (size_t i = 0; i < n; i++)
        buf_addc(&record, (char)draw(seed, 256));
    buf_addf(want, "%zu:", n);
    buf_add(want, record.data, record.len);
    for (size_t at = 0; at < n || n == 0;) {
        size_t part = min_size(n - at, piece);

        if (draw(seed, 4) == 0 && n > 0)
            add_marker(stream, 0, false);
        add_marker(stream, part, at + part == n);
        buf_add(stream, record.data + at, part);
        at += part;
        if (n == 0)
            break;
    }
    buf_free(&record);
}

static void cut_anyhow(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 200; seed++) {
        uint64_t s = seed;
        struct buf stream = {0};
        struct buf want = {0};
        size_t records = 1 + draw(&s, 30);

        for (size_t i = 0; i < records; i++)
            add_record(&stream, &want, draw(&s, 600), 1 + draw(&s, 700), &s);
        for (size_t input = 1; input < 1000; input += 1 + draw(&s, 200)) {
            struct buf out = {0};

            assert_int_equal(feed(&stream, input, &out), 0);
            assert_int_equal(out.len, want.len);
            assert_memory_equal(out.data, want.data, want.len);
            buf_free(&out);
        }
        buf_free(&stream);
        buf_free(&want);
    }
}

static void whole_record_is_not_copied(void **state)
{
    struct rpc_record r = {0};
    struct buf stream = {0};
    struct cur in;
    struct rpc_span span;

    (void)state;
    add_marker(&stream, 5, true);
    buf_adds(&stream, "hello");
    in = cur_over(stream.data, stream.len);
    assert_int_equal(rpc_record_next(&r, &in, &span), 1);
    assert_ptr_equal(span.p, stream.data + 4);
    assert_null(span.owner);
    assert_int_equal(rpc_record_next(&r, &in, &span), 0);
    rpc_record_fini(&r);
    buf_free(&stream);
}

static void gathered_record_can_be_taken(void **state)
{
    struct rpc_record r = {0};
    struct buf stream = {0};
    struct buf mine;
    struct cur in;
    struct rpc_span span;

    (void)state;
    for (int i = 0; i < 2; i++) {
        add_marker(&stream, 2, false);
        buf_adds(&stream, "ab");
        add_marker(&stream, 2, true);
        buf_adds(&stream, "cd");
    }
    in = cur_over(stream.data, stream.len);
    assert_int_equal(rpc_record_next(&r, &in, &span), 1);
    assert_non_null(span.owner);
    mine = *span.owner;
    *span.owner = (struct buf){0};
    assert_int_equal(rpc_record_next(&r, &in, &span), 1);
    assert_int_equal(span.len, 4);
    assert_memory_equal(span.p, "abcd", 4);
    assert_memory_equal(mine.data, "abcd", 4);
    buf_free(&mine);
    rpc_record_fini(&r);
    buf_free(&stream);
}

static void the_limit(void **state)
{
    struct buf stream = {0};
    struct buf out = {0};
    uint8_t *data = xcalloc(1, RPC_RECORD_MAX + 1);

    (void)state;
    add_marker(&stream, RPC_RECORD_MAX, true);
    buf_add(&stream, data, RPC_RECORD_MAX);
    assert_int_equal(feed(&stream, 65536, &out), 0);
    assert_int_equal(out.len, RPC_RECORD_MAX + 8);
    buf_clear(&stream);
    add_marker(&stream, RPC_RECORD_MAX + 1, true); /* no bytes are needed */
    assert_int_equal(feed(&stream, 65536, &out), -EMSGSIZE);
    buf_clear(&stream);
    add_marker(&stream, RPC_RECORD_MAX, false);
    buf_add(&stream, data, RPC_RECORD_MAX);
    add_marker(&stream, 0, false);
    assert_int_equal(feed(&stream, 65536, &out), 0);
    add_marker(&stream, 1, true);
    assert_int_equal(feed(&stream, 65536, &out), -EMSGSIZE);
    buf_free(&stream);
    buf_free(&out);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anyhow),
        cmocka_unit_test(whole_record_is_not_copied),
        cmocka_unit_test(gathered_record_can_be_taken),
        cmocka_unit_test(the_limit),
    };

    return cmocka_run_group_tests_name("nfsd_record", tests, NULL, NULL);
}
