/* Inputs and vectors for tests of the Xet engine. */
#include "test/lib/xet_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "hub/xet_le.h"

#define FILE_MAX ((size_t)4 << 20)

struct buf xet_data(const char *name)
{
    char *path = xasprintf("test/data/xet/%s", name);
    struct buf b = {0};
    int err = file_read_all(path, FILE_MAX, &b);

    if (err != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(-err));
        abort();
    }
    free(path);
    return b;
}

struct json *xet_json(const char *name)
{
    struct buf text = xet_data(name);
    struct json *root = NULL;

    if (json_parse((const char *)text.data, text.len, &root) != 0)
        abort();
    buf_free(&text);
    return root;
}

uint64_t xet_number(const struct json *object, const char *key)
{
    uint64_t v = 0;

    if (!json_u64(object, key, &v))
        fail_msg("no number %s", key);
    return v;
}

uint64_t xet_number_of(const struct json *v)
{
    struct buf text = {0};
    struct jsonw w = {.to = &text};
    uint64_t number;

    jsonw_copy(&w, NULL, v);
    number = strtoull(buf_str(&text), NULL, 10);
    buf_free(&text);
    return number;
}

const char *xet_text(const struct json *object, const char *key)
{
    const char *text = json_str(object, key);

    if (text == NULL)
        fail_msg("no text %s", key);
    return text;
}

struct xet_hash xet_hash_of(const char *text)
{
    struct xet_hash h;

    if (!xet_hash_parse(text, &h))
        fail_msg("'%s' is no hash", text);
    return h;
}

struct xet_hash xet_hash_in(const struct json *object, const char *key)
{
    return xet_hash_of(xet_text(object, key));
}

const char *xet_spell(const struct xet_hash *h)
{
    static char text[4][XET_HASH_TEXT];
    static unsigned turn;

    turn = (turn + 1) % 4;
    xet_hash_format(h, text[turn]);
    return text[turn];
}

void xet_same(const char *what, const struct xet_hash *got, const char *wanted)
{
    if (strcmp(xet_spell(got), wanted) != 0)
        fail_msg("%s: got %s, wanted %s", what, xet_spell(got), wanted);
}

/* ---- Inputs */

void xet_make_splitmix(struct buf *out, uint64_t n, uint64_t seed)
{
    uint8_t *p = buf_grow(out, n);
    uint8_t word[8];

    for (uint64_t i = 0; i < n; i += 8) {
        uint64_t z = seed += 0x9e3779b97f4a7c15;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        put_le64(word, z ^ z >> 31);
        memcpy(p + i, word, min_size(8, n - i));
    }
}

static struct buf stream_of(const struct json *part, uint64_t n)
{
    struct buf stream = {0};

    xet_make_splitmix(&stream, n, xet_number(part, "seed"));
    return stream;
}

static void make_splitmix(const struct json *part, struct buf *out)
{
    xet_make_splitmix(out, xet_number(part, "n"), xet_number(part, "seed"));
}

static void make_const(const struct json *part, struct buf *out)
{
    size_t n = xet_number(part, "n");

    if (n > 0)
        memset(buf_grow(out, n), (int)xet_number(part, "byte"), n);
}

static void make_ascii(const struct json *part, struct buf *out)
{
    buf_adds(out, xet_text(part, "text"));
}

static void make_text(const struct json *part, struct buf *out)
{
    static const char *const words[] = {"alpha", "bravo", "carbon", "delta",
        "ember", "falcon", "glacier", "harbor", "island", "jigsaw", "kernel",
        "lantern", "marble", "nectar", "opal", "prairie", "quartz", "ripple",
        "summit", "timber", "umbra", "velvet", "willow", "xenon", "yonder",
        "zephyr", "0", "1", "2", "42", "1000", "end"};
    size_t n = xet_number(part, "n"), end = out->len + n;
    struct buf stream = stream_of(part, n);

    for (size_t i = 0; out->len < end; i++) {
        buf_adds(out, words[stream.data[i] % ARRAY_LEN(words)]);
        buf_addc(out, i % 12 == 11 ? '\n' : ' ');
    }
    out->len = end;
    buf_free(&stream);
}

static void make_f32(const struct json *part, struct buf *out)
{
    size_t n = xet_number(part, "n");
    struct buf stream = stream_of(part, n * 4);
    uint8_t *p = buf_grow(out, n * 4);

    for (size_t i = 0; i < n; i++) {
        uint32_t r = le32(stream.data + 4 * i);

        put_le32(
            p + 4 * i, (r & 1) << 31 | (118 + (r >> 1 & 7)) << 23 | r >> 9);
    }
    buf_free(&stream);
}

static void make_bf16(const struct json *part, struct buf *out)
{
    size_t n = xet_number(part, "n");
    struct buf stream = stream_of(part, n * 2);
    uint8_t *p = buf_grow(out, n * 2);

    for (size_t i = 0; i < n; i++) {
        unsigned r = stream.data[2 * i] | stream.data[2 * i + 1] << 8;
        unsigned v = (r & 1) << 15 | (118 + (r >> 1 & 7)) << 7 | r >> 9;

        p[2 * i] = (uint8_t)v;
        p[2 * i + 1] = (uint8_t)(v >> 8);
    }
    buf_free(&stream);
}

static void make_f32ramp(const struct json *part, struct buf *out)
{
    uint32_t n = (uint32_t)xet_number(part, "n");
    uint8_t *p = buf_grow(out, (size_t)n * 4);

    for (uint32_t i = 0; i < n; i++)
        put_le32(p + 4 * (size_t)i, 0x3f800000 + 3 * i % 8000000);
}

static void make_counted(const struct json *part, struct buf *out)
{
    uint64_t k = xet_number(part, "k");
    size_t size = xet_number(part, "size");

    for (uint64_t i = 0; i < k; i++) {
        uint8_t *p = buf_grow(out, size);

        memset(p, 0, size);
        put_le64(p, i);
    }
}

static void make_tok4(const struct json *part, struct buf *out)
{
    size_t n = xet_number(part, "n");
    struct buf stream = stream_of(part, n);
    uint8_t *p = buf_grow(out, n);

    for (size_t i = 0; i < n; i++)
        p[i] = i % 4 == 3 ? ' ' : (uint8_t)(97 + (stream.data[i] & 15));
    buf_free(&stream);
}

static void make_i32small(const struct json *part, struct buf *out)
{
    size_t n = xet_number(part, "n");
    struct buf stream = stream_of(part, n);
    uint8_t *p = buf_grow(out, n * 4);

    for (size_t i = 0; i < n; i++)
        put_le32(p + 4 * i, stream.data[i] & 63);
    buf_free(&stream);
}

static void make_repeat(const struct json *part, struct buf *out)
{
    for (uint64_t i = xet_number(part, "times"); i > 0; i--)
        xet_make_parts(json_get(part, "parts"), out);
}

static void make_slice(const struct json *part, struct buf *out)
{
    uint64_t from = xet_number(part, "from"), to = xet_number(part, "to");
    struct buf whole = {0};

    xet_make_parts(json_get(part, "parts"), &whole);
    assert_true(from <= to && to <= whole.len);
    buf_add(out, whole.data + from, to - from);
    buf_free(&whole);
}

static const struct {
    const char *name;
    void (*make)(const struct json *part, struct buf *out);
} makers[] = {
    {"splitmix", make_splitmix},
    {"const", make_const},
    {"ascii", make_ascii},
    {"text", make_text},
    {"f32", make_f32},
    {"bf16", make_bf16},
    {"f32ramp", make_f32ramp},
    {"counted", make_counted},
    {"tok4", make_tok4},
    {"i32small", make_i32small},
    {"repeat", make_repeat},
    {"slice", make_slice},
};

void xet_make_parts(const struct json *parts, struct buf *out)
{
    const struct json *part;

    json_each (part, parts) {
        const char *gen = xet_text(part, "gen");
        size_t i = 0;

        while (i < ARRAY_LEN(makers) && strcmp(makers[i].name, gen) != 0)
            i++;
        if (i == ARRAY_LEN(makers))
            fail_msg("no generator %s", gen);
        else
            makers[i].make(part, out);
    }
}

struct buf xet_make_input(const struct json *expected, const char *name)
{
    const struct json *input = json_get(json_get(expected, "inputs"), name);
    struct buf out = {0};

    xet_make_parts(json_get(input, "parts"), &out);
    assert_int_equal(out.len, xet_number(input, "size"));
    return out;
}
