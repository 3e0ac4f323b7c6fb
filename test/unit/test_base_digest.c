/* base/digest: published vectors, and the text forms of bytes. */
#include "base/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void expect_hex(const uint8_t *value, size_t n, const char *wanted)
{
    char text[2 * DIGEST_MAX + 1];

    hex_format(value, n, text);
    assert_string_equal(text, wanted);
}

static void expect_digest(
    enum digest_kind kind, const char *in, const char *hex)
{
    uint8_t value[DIGEST_MAX];
    struct digest *d = digest_new(kind);

    digest_once(kind, in, strlen(in), value);
    expect_hex(value, digest_size(kind), hex);
    for (const char *p = in; *p != '\0'; p++) /* in pieces: the same */
        digest_add(d, p, 1);
    digest_end(d, value);
    expect_hex(value, digest_size(kind), hex);
}

static void hashes_have_their_known_values(void **state)
{
    static const char two_blocks[] =
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    (void)state;
    /* FIPS 180-4, examples */
    expect_digest(
        DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    expect_digest(
        DIGEST_SHA1, two_blocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    expect_digest(DIGEST_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    expect_digest(DIGEST_SHA256, "abc",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_digest(DIGEST_SHA256, two_blocks,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect_digest(DIGEST_SHA256, "",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_free(digest_new(DIGEST_SHA1)); /* not wanted after all */
    digest_free(NULL);
}

static void expect_git(const char *type, const char *in, const char *hex)
{
    struct digest *d = digest_git_new(type, strlen(in));
    uint8_t value[SHA1_SIZE];

    digest_add(d, in, strlen(in));
    digest_end(d, value);
    expect_hex(value, sizeof(value), hex);
}

/* As `git hash-object` prints them. */
static void git_ids_are_gits(void **state)
{
    (void)state;
    expect_git("blob", "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    expect_git("blob", "hello\n", "ce013625030ba8dba906f756967f9e9ca394464a");
    expect_git("tree", "", "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

static void the_mac_of_16_bytes_is_aes_256(void **state)
{
    uint8_t key[32];
    uint8_t in[48];
    uint8_t out[48];
    struct mac16 *m;

    (void)state;
    /* FIPS 197, C.3 */
    for (uint8_t i = 0; i < 32; i++)
        key[i] = i;
    for (uint8_t i = 0; i < 48; i++)
        in[i] = (uint8_t)(i % 16 * 0x11);
    in[47] ^= 1;
    m = mac16_new(key);
    mac16_seal(m, in, out, 3);
    expect_hex(out, 16, "8ea2b7ca516745bfeafc49904b496089");
    assert_memory_equal(out, out + 16, 16);
    assert_memory_not_equal(out, out + 32, 16);
    mac16_seal(m, in + 16, out + 32, 1); /* nothing is carried over */
    assert_memory_equal(out, out + 32, 16);
    mac16_free(m);
    mac16_free(NULL);
}

static void the_mac_of_anything_is_hmac_sha256(void **state)
{
    static const char question[] = "what do ya want for nothing?";
    uint8_t key[32] = {0};
    uint8_t value[32];

    (void)state;
    /* RFC 4231, 4.2 and 4.3; HMAC pads keys with zeros. */
    memset(key, 0x0b, 20);
    mac_sign(key, "Hi There", 8, value);
    expect_hex(value, 32,
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    snprintf((char *)key, sizeof(key), "%s", "Jefe");
    memset(key + 4, 0, 28);
    mac_sign(key, question, strlen(question), value);
    expect_hex(value, 32,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void comparing_looks_at_every_byte(void **state)
{
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    random_bytes(a, sizeof(a));
    memcpy(b, a, sizeof(b));
    assert_true(mac_equal(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] ^= 0x80;
        assert_false(mac_equal(a, b, sizeof(a)));
        b[i] ^= 0x80;
    }
    assert_true(mac_equal(a, b, 0));
}

static void a_checksum_sees_one_bit(void **state)
{
    uint8_t block[4096] = {0};
    uint32_t sum = checksum32(block, sizeof(block));

    (void)state;
    assert_int_not_equal(sum, 0);
    assert_int_not_equal(checksum32("", 0), 0);
    for (size_t bit = 0; bit < 8 * sizeof(block); bit += 37) {
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(checksum32(block, sizeof(block)), sum);
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(checksum32(block, sizeof(block)), sum);
}

static void random_numbers_stay_below(void **state)
{
    bool seen[6] = {false};
    uint8_t a[16];
    uint8_t b[16];

    (void)state;
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(random_below(0), 0);
    assert_int_equal(random_below(1), 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t v = random_below(6);

        assert_true(v < 6);
        seen[v] = true;
    }
    for (int i = 0; i < 6; i++)
        assert_true(seen[i]);
}

static void hex_there_and_back(void **state)
{
    uint8_t out[3] = {7, 7, 7};

    (void)state;
    expect_hex((const uint8_t *)"\x00\xff\x1a", 3, "00ff1a");
    assert_true(hex_parse("00fF1A", out, 3));
    assert_memory_equal(out, "\x00\xff\x1a", 3);
    assert_true(hex_parse("", out, 0));
    assert_false(hex_parse("00ff1", out, 3));
    assert_false(hex_parse("00ff1a0", out, 3));
    assert_false(hex_parse("00ff1a00", out, 3));
    assert_false(hex_parse("00 f1a", out, 3));
    assert_false(hex_parse("0x00ff", out, 3));
    assert_false(hex_parse("00ff@a", out, 3));
    assert_false(hex_parse("00ffGa", out, 3));
}

static void base64_there_and_back(void **state)
{
    /* RFC 4648, 10; and the two alphabets */
    static const struct {
        const char *plain;
        const char *standard;
        const char *url;
    } cases[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/", "-_-_"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = strlen(cases[i].plain);
        const char *texts[] = {cases[i].standard, cases[i].url};

        for (int url = 0; url < 2; url++) {
            char *text = base64_format(cases[i].plain, n, url == 1);
            uint8_t back[16];

            assert_string_equal(text, texts[url]);
            assert_int_equal(base64_parse(text, strlen(text), back), (long)n);
            assert_memory_equal(back, cases[i].plain, n);
            free(text);
        }
    }
}

static void what_is_not_base64_is_refused(void **state)
{
    static const char *const cases[] = {"Z", "Zm9vY", "Zm 9", "Zm9v\n",
        "Zg===", "=", "Zm9v=", "Zm9v==", "====", "Z=g=", "Zm8\x80"};
    uint8_t out[16];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (base64_parse(cases[i], strlen(cases[i]), out) != -EBADMSG)
            fail_msg("accepted: \"%s\"", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_have_their_known_values),
        cmocka_unit_test(git_ids_are_gits),
        cmocka_unit_test(the_mac_of_16_bytes_is_aes_256),
        cmocka_unit_test(the_mac_of_anything_is_hmac_sha256),
        cmocka_unit_test(comparing_looks_at_every_byte),
        cmocka_unit_test(a_checksum_sees_one_bit),
        cmocka_unit_test(random_numbers_stay_below),
        cmocka_unit_test(hex_there_and_back),
        cmocka_unit_test(base64_there_and_back),
        cmocka_unit_test(what_is_not_base64_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
