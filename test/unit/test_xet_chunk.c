/* Chunks packed and unpacked: grouping of bytes, frames of LZ4 by other
 * writers, headers, and the choice of a scheme. */
#include "hub/xet_chunk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <lz4frame.h>
#include <cmocka.h>

#include "base/buf.h"
#include "hub/xet_group.h"
#include "hub/xet_lz4.h"
#include "test/lib/xet_data.h"

/* ---- Grouping */

static void groups_of(size_t n)
{
    struct buf in = {0};
    uint8_t *out = xmalloc(n), *back = xmalloc(n);
    size_t at = 0;

    xet_make_splitmix(&in, n, n);
    xet_group_split(in.data, n, out);
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = k; i < n; i += 4)
            assert_int_equal(out[at++], in.data[i]);
    }
    assert_int_equal(at, n);
    xet_group_join(out, n, back);
    if (n > 0)
        assert_memory_equal(back, in.data, n);
    free(out);
    free(back);
    buf_free(&in);
}

static void groups(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 70; n++)
        groups_of(n);
    groups_of(XET_CHUNK_MAX - 1);
    groups_of(XET_CHUNK_MAX);
}

/* ---- Frames */

static int unpack(const struct buf *frame, uint8_t *out, size_t raw)
{
    struct xet_lz4_in in = {frame->data, frame->len};
    struct xet_fault fault = {.text = ""};
    int err = xet_lz4_unpack(in, out, raw, &fault);

    assert_int_equal(err == 0, fault.text[0] == '\0');
    return err;
}

/* Text, as liblz4's own writer of frames packs it in this form. */
static struct buf frame_of(
    const struct buf *text, const LZ4F_preferences_t *prefs)
{
    struct buf out = {0};
    size_t most = LZ4F_compressFrameBound(text->len, prefs);

    out.len = LZ4F_compressFrame(
        buf_reserve(&out, most), most, text->data, text->len, prefs);
    assert_false(LZ4F_isError(out.len));
    return out;
}

static struct buf sample(void)
{
    struct json *expected = xet_json("expected.json");
    struct buf b = xet_make_input(expected, "text-300k");

    json_free(expected);
    b.len = XET_CHUNK_MAX;
    return b;
}

/* It gives the text, and refuses what is shorter, longer or changed. */
static void check_frame(const struct buf *text, struct buf *frame, bool sums)
{
    uint8_t *out = xmalloc(text->len + 1);
    struct buf cut = *frame;

    assert_int_equal(unpack(frame, out, text->len), 0);
    assert_memory_equal(out, text->data, text->len);
    assert_int_equal(unpack(frame, out, text->len - 1), -EBADMSG);
    assert_int_equal(unpack(frame, out, text->len + 1), -EBADMSG);
    for (cut.len = 0; cut.len < frame->len; cut.len += 1 + cut.len / 9)
        assert_int_equal(unpack(&cut, out, text->len), -EBADMSG);
    buf_addc(frame, 0);
    assert_int_equal(unpack(frame, out, text->len), -EBADMSG);
    frame->len--;
    for (size_t i = 0; i < frame->len && sums; i += 1 + frame->len / 500) {
        frame->data[i] ^= 0x10;
        assert_int_equal(unpack(frame, out, text->len), -EBADMSG);
        frame->data[i] ^= 0x10;
    }
    free(out);
}

static void frames(void **state)
{
    static const LZ4F_blockSizeID_t sizes[] = {
        LZ4F_max64KB, LZ4F_max256KB, LZ4F_max1MB, LZ4F_max4MB};
    struct buf text = sample();

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        LZ4F_preferences_t prefs = {
            .frameInfo = {.blockSizeID = sizes[i & 3],
                .blockMode =
                    (i & 4) != 0 ? LZ4F_blockLinked : LZ4F_blockIndependent,
                .contentSize = (i & 8) != 0 ? text.len : 0,
                .blockChecksumFlag = (i & 16) != 0,
                .contentChecksumFlag = (i & 32) != 0}};
        struct buf frame = frame_of(&text, &prefs);

        check_frame(&text, &frame, i >= 48);
        buf_free(&frame);
    }
    buf_free(&text);
}

/* What does not compress comes in stored blocks. */
static void stored_blocks(void **state)
{
    LZ4F_preferences_t prefs = {.frameInfo = {.blockSizeID = LZ4F_max64KB}};
    struct buf noise = {0}, frame;

    (void)state;
    xet_make_splitmix(&noise, XET_CHUNK_MAX, 3);
    frame = frame_of(&noise, &prefs);
    assert_true(frame.len > noise.len);
    check_frame(&noise, &frame, false);
    buf_free(&frame);
    buf_free(&noise);
}

static void refused_frames(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        const char *says;
    } table[] = {
        {0, 0x02, "magic"},
        {4, 0x20, "version"},
        {4, 0x62, "reserved"},
        {4, 0x61, "dictionary"},
        {5, 0x30, "size of blocks"},
        {5, 0xc0, "size of blocks"},
        {6, 0x83, "check sum of its header"},
    };
    uint8_t good[] = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0x0b, 0, 0, 0,
        0x1f, 0x61, 0x01, 0x00, 0x0f, 0x50, 0x61, 0x61, 0x61, 0x61, 0x61, 0, 0,
        0, 0};
    struct xet_lz4_in in = {good, sizeof(good)};
    struct xet_fault fault;
    uint8_t out[40];

    (void)state;
    assert_int_equal(xet_lz4_unpack(in, out, sizeof(out), &fault), 0);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint8_t kept = good[table[i].at];

        good[table[i].at] = table[i].byte;
        assert_int_equal(
            xet_lz4_unpack(in, out, sizeof(out), &fault), -EBADMSG);
        if (strstr(fault.text, table[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", fault.text, table[i].says);
        good[table[i].at] = kept;
    }
}

/* ---- Chunks */

static void round_trip(struct xet_packer *packer, const struct buf *b)
{
    uint8_t *out = xmalloc(b->len), *scratch = xmalloc(XET_CHUNK_MAX);
    struct xet_header h, read = {0};
    struct buf packed = {0};

    h = xet_pack(packer, b->data, b->len, &packed);
    assert_int_equal(packed.len, XET_HEADER + h.packed);
    assert_true(h.packed < h.raw || h.scheme == XET_STORED);
    assert_int_equal(xet_header_parse(packed.data, &read, NULL), 0);
    assert_memory_equal(&read, &h, sizeof(h));
    assert_int_equal(
        xet_unpack(&read, packed.data + XET_HEADER, out, scratch, NULL), 0);
    assert_memory_equal(out, b->data, b->len);
    buf_free(&packed);
    free(out);
    free(scratch);
}

static void every_policy(void **state)
{
    static const enum xet_policy policies[] = {
        XET_AUTO, XET_NEVER, XET_ALWAYS_LZ4, XET_ALWAYS_BG4_LZ4};
    struct json *expected = xet_json("expected.json");
    const struct json *input;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct xet_packer *packer = xet_packer_new(policies[i]);

        json_each (input, json_get(expected, "inputs")) {
            struct buf b = {0};

            if (xet_number(input, "size") == 0 ||
                xet_number(input, "size") > 2000000)
                continue;
            b = xet_make_input(expected, json_key(input));
            b.len = min_size(b.len, XET_CHUNK_MAX);
            round_trip(packer, &b);
            buf_free(&b);
        }
        xet_packer_free(packer);
    }
    json_free(expected);
}

static void headers(void **state)
{
    static const struct {
        uint8_t bytes[8];
        unsigned at; /* of the fault; 0xff: there is none */
    } table[] = {
        {{0, 12, 0, 0, 0, 12, 0, 0}, 0xff},
        {{0, 1, 0, 0, 1, 0, 0, 2}, 0xff},
        {{0, 0, 0, 4, 2, 1, 0, 0}, 0xff},
        {{1, 12, 0, 0, 0, 12, 0, 0}, 0},
        {{0, 1, 0, 4, 1, 1, 0, 0}, 1},
        {{0, 1, 0, 0, 3, 1, 0, 0}, 4},
        {{0, 1, 0, 0, 99, 1, 0, 0}, 4},
        {{0, 1, 0, 0, 1, 0, 0, 0}, 5},
        {{0, 1, 0, 0, 1, 1, 0, 2}, 5},
        {{0, 12, 0, 0, 0, 11, 0, 0}, 5},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct xet_fault fault = {.at = 0xff};
        struct xet_header h;
        int err = xet_header_parse(table[i].bytes, &h, &fault);

        assert_int_equal(err, table[i].at == 0xff ? 0 : -EBADMSG);
        assert_int_equal(fault.at, table[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups),
        cmocka_unit_test(frames),
        cmocka_unit_test(stored_blocks),
        cmocka_unit_test(refused_frames),
        cmocka_unit_test(every_policy),
        cmocka_unit_test(headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
