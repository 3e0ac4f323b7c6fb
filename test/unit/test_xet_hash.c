/* Hashes, string forms and Merkle trees of Xet, against published vectors. */
#include "hub/xet_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <blake3.h>
#include <cmocka.h>

#include "base/digest.h"
#include "hub/xet_merkle.h"
#include "test/lib/xet_data.h"

static struct json *vectors;

/* Byte i is i mod 251, as in the official vectors. */
static struct buf counted(size_t n)
{
    struct buf b = {0};
    uint8_t *p = buf_grow(&b, n);

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i % 251);
    return b;
}

/* The library itself, as it was built for this machine. */
static void blake3(void **state)
{
    static const char key[] = "whats the Elvish word for friend";
    const struct json *v;

    (void)state;
    json_each (v, json_get(vectors, "blake3_keyed")) {
        struct buf b = counted(xet_number(v, "length"));
        blake3_hasher hasher;
        uint8_t out[32];
        char text[65];

        blake3_hasher_init_keyed(&hasher, (const uint8_t *)key);
        blake3_hasher_update(&hasher, b.data, b.len);
        blake3_hasher_finalize(&hasher, out, sizeof(out));
        hex_format(out, sizeof(out), text);
        assert_string_equal(text, xet_text(v, "hex"));
        buf_free(&b);
    }
}

static void chunks(void **state)
{
    const struct json *v;

    (void)state;
    json_each (v, json_get(vectors, "chunk")) {
        struct buf b = counted(xet_number(v, "length"));
        struct xet_hash h;

        xet_hash_chunk(b.data, b.len, &h);
        xet_same("chunk", &h, xet_text(v, "hash"));
        buf_free(&b);
    }
}

static void keyed(void **state)
{
    static const struct {
        const char *message, *key, *result;
    } table[] = {
        {"118bbac5c38b2bca9c2b7ae8307786de066696b91b2b5ccb7dbbd4608c966882",
            "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
            "1e1f5ae2bae99fe030647a14a8c5fe6cdce57826387a7552236dfbebed533e04"},
        {"9502eec19d4b0c9f7b389228fa801f68ecdf15d69ccd1da2f9ddbd0219898335",
            "d6834b04843aaf16f29903e2428a99be635099f9ea5056cc4e95e7ec8a41509f",
            "81b34a5179857460a1a5ba079fcf7231c307a19940ccb769e49240df5ec6c466"},
        {"0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "638a6bc391964a85939d48f008e8bdbae6a7975e7ca2d87a3ce2492f4e4d8a4c"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct xet_hash m = xet_hash_of(table[i].message);
        struct xet_hash k = xet_hash_of(table[i].key), h;

        xet_hash_keyed(&k, &m, &h);
        xet_same("keyed", &h, table[i].result);
    }
}

static void terms(void **state)
{
    static const char *const data[] = {"chunk1", "chunk2"};
    static const uint64_t sizes[] = {100, 200};
    struct xet_node nodes[2];
    struct xet_merkle m = {0};
    struct xet_hash h;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        xet_hash_chunk(data[i], strlen(data[i]), &nodes[i].hash);
        xet_merkle_add(&m, &nodes[i].hash, sizes[i]);
    }
    xet_same("chunk1", &nodes[0].hash,
        "c28f58387a60d4aa200c311cda7c7f77f686614864f5869eadebf765d0a14a69");
    xet_hash_term(&nodes[0].hash, sizeof(nodes[0]), 2, &h);
    xet_same("term", &h,
        "eb06a8ad81d588ac05d1d9a079232d9c1e7d0b07232fa58091caa7bf333a2768");
    xet_merkle_root(&m, &h);
    xet_same("parent", &h,
        "be64c7003ccd3cf4357364750e04c9592b3c36705dee76a71590c011766b6c14");
}

static void strings(void **state)
{
    static const char text[] = "0706050403020100"
                               "0f0e0d0c0b0a09081716151413121110"
                               "1f1e1d1c1b1a1918";
    static const char *const bad[] = {"", "07060504030201",
        "0706050403020100"
        "0f0e0d0c0b0a09081716151413121110"
        "1f1e1d1c1b1a19180",
        "0706050403020100"
        "0f0e0d0c0b0a09081716151413121110"
        "1f1e1d1c1b1a191",
        "0706050403020100"
        "0F0E0D0C0B0A09081716151413121110"
        "1f1e1d1c1b1a1918",
        "0706050403020100"
        "0f0e0d0c0b0a0908171615141312111g"
        "1f1e1d1c1b1a1918"};
    struct xet_hash h, other;
    char again[XET_HASH_TEXT];

    (void)state;
    assert_true(xet_hash_parse(text, &h));
    for (unsigned i = 0; i < XET_HASH_SIZE; i++)
        assert_int_equal(h.b[i], i);
    xet_hash_format(&h, again);
    assert_string_equal(again, text);
    assert_true(xet_hash_short(&h) == 0x0706050403020100);
    assert_true(xet_hash_tail(&h) == 0x1f1e1d1c1b1a1918);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(xet_hash_parse(bad[i], &h));
    assert_true(xet_hash_parse(text, &h));
    other = h;
    assert_int_equal(xet_hash_compare(&h, &other), 0);
    other.b[7]++; /* the first digits of the string form */
    other.b[0]--;
    assert_true(xet_hash_compare(&h, &other) < 0);
    assert_true(xet_hash_compare(&other, &h) > 0);
}

static void sha_order(void **state)
{
    static const char printed[] =
        "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";
    static const char stored[] =
        "53fcf17f65b1837f5dd6a14881c12db92877d6a31f4b2dfc69906d1200d2dd4a";
    uint8_t sha[32], in_shard[32];
    char text[65];

    (void)state;
    assert_true(hex_parse(printed, sha, 32));
    xet_hash_reverse_groups(sha, in_shard);
    hex_format(in_shard, 32, text);
    assert_string_equal(text, stored);
}

static void check_tree(const struct xet_node *leaf, size_t n,
    const struct json *v, const char *root)
{
    struct xet_merkle m = {0}, again;
    struct xet_hash h;

    for (size_t i = 0; i < n; i++)
        xet_merkle_add(&m, &leaf[i].hash, leaf[i].size);
    again = m;
    xet_merkle_root(&m, &h);
    xet_same("root", &h, xet_text(v, root));
    if (json_str(v, "key") != NULL && n > 0) {
        struct xet_hash key = xet_hash_in(v, "key");

        xet_hash_keyed(&key, &h, &h);
        xet_same("under a key", &h, xet_text(v, "keyed"));
    }
    xet_merkle_file(&again, &h);
    xet_same("file", &h, xet_text(v, "file"));
}

static void merkle(void **state)
{
    const struct json *v, *leaf;

    (void)state;
    json_each (v, json_get(vectors, "merkle")) {
        struct buf nodes = {0};

        json_each (leaf, json_get(v, "leaves")) {
            struct xet_node node = {.hash = xet_hash_in(leaf, "hash"),
                .size = strtoull(xet_text(leaf, "size"), NULL, 10)};

            buf_add(&nodes, &node, sizeof(node));
        }
        check_tree((const struct xet_node *)(const void *)nodes.data,
            nodes.len / sizeof(struct xet_node), v, "xorb");
        buf_free(&nodes);
    }
}

/* Leaf k: the chunk hash of k in decimal, and a size that depends on k. */
static void made_trees(void **state)
{
    const struct json *v;

    (void)state;
    json_each (v, json_get(vectors, "merkle_made")) {
        size_t n = xet_number(v, "leaves");
        struct xet_node *leaf = xcalloc(n, sizeof(*leaf));

        for (size_t k = 0; k < n; k++) {
            char text[24];
            int length = snprintf(text, sizeof(text), "%zu", k);

            xet_hash_chunk(text, (size_t)length, &leaf[k].hash);
            leaf[k].size = 8192 + 977 * k % 122881;
        }
        check_tree(leaf, n, v, "root");
        free(leaf);
    }
}

static int load(void **state)
{
    (void)state;
    vectors = xet_json("vectors.json");
    return 0;
}

static int unload(void **state)
{
    (void)state;
    json_free(vectors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blake3),
        cmocka_unit_test(chunks),
        cmocka_unit_test(keyed),
        cmocka_unit_test(terms),
        cmocka_unit_test(strings),
        cmocka_unit_test(sha_order),
        cmocka_unit_test(merkle),
        cmocka_unit_test(made_trees),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
