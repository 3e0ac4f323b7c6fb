/* Keyed BLAKE3 through the official library. The only file that knows it.
 *
 * A chunk goes in by one call with all its bytes: only calls with many KiB fill
 * the vector units. */
#include "hub/xet_hash.h"

#include <blake3.h>
#include <string.h>

#include "base/digest.h"
#include "hub/xet_le.h"

static const uint8_t data_key[XET_HASH_SIZE] = {0x66, 0x97, 0xf5, 0x77, 0x5b,
    0x95, 0x50, 0xde, 0x31, 0x35, 0xcb, 0xac, 0xa5, 0x97, 0x18, 0x1c, 0x9d,
    0xe4, 0x21, 0x10, 0x9b, 0xeb, 0x2b, 0x58, 0xb4, 0xd0, 0xb0, 0x4b, 0x93,
    0xad, 0xf2, 0x29};
static const uint8_t node_key[XET_HASH_SIZE] = {0x01, 0x7e, 0xc5, 0xc7, 0xa5,
    0x47, 0x29, 0x96, 0xfd, 0x94, 0x66, 0x66, 0xb4, 0x8a, 0x02, 0xe6, 0x5d,
    0xdd, 0x53, 0x6f, 0x37, 0xc7, 0x6d, 0xd2, 0xf8, 0x63, 0x52, 0xe6, 0x4a,
    0x53, 0x71, 0x3f};
static const uint8_t term_key[XET_HASH_SIZE] = {0x7f, 0x18, 0x57, 0xd6, 0xce,
    0x56, 0xed, 0x66, 0x12, 0x7f, 0xf9, 0x13, 0xe7, 0xa5, 0xc3, 0xf3, 0xa4,
    0xcd, 0x26, 0xd5, 0xb5, 0xdb, 0x49, 0xe6, 0x41, 0x24, 0x98, 0x7f, 0x28,
    0xfb, 0x94, 0xc3};

static void keyed(const uint8_t key[static XET_HASH_SIZE], const void *p,
    size_t n, struct xet_hash *out)
{
    blake3_hasher hasher;

    blake3_hasher_init_keyed(&hasher, key);
    blake3_hasher_update(&hasher, p, n);
    blake3_hasher_finalize(&hasher, out->b, XET_HASH_SIZE);
}

void xet_hash_chunk(const void *p, size_t n, struct xet_hash *out)
{
    keyed(data_key, p, n, out);
}

void xet_hash_node(const void *text, size_t n, struct xet_hash *out)
{
    keyed(node_key, text, n, out);
}

void xet_hash_keyed(const struct xet_hash *key, const struct xet_hash *message,
    struct xet_hash *out)
{
    keyed(key->b, message->b, XET_HASH_SIZE, out);
}

void xet_hash_term(
    const struct xet_hash *first, size_t stride, size_t n, struct xet_hash *out)
{
    const uint8_t *at = first->b;
    blake3_hasher hasher;

    blake3_hasher_init_keyed(&hasher, term_key);
    for (size_t i = 0; i < n; i++)
        blake3_hasher_update(&hasher, at + i * stride, XET_HASH_SIZE);
    blake3_hasher_finalize(&hasher, out->b, XET_HASH_SIZE);
}

void xet_hash_reverse_groups(
    const uint8_t in[static XET_HASH_SIZE], uint8_t out[static XET_HASH_SIZE])
{
    for (unsigned i = 0; i < XET_HASH_SIZE; i++)
        out[i] = in[(i & ~7U) + 7 - (i & 7)];
}

void xet_hash_format(const struct xet_hash *h, char out[static XET_HASH_TEXT])
{
    uint8_t printed[XET_HASH_SIZE];

    xet_hash_reverse_groups(h->b, printed);
    hex_format(printed, XET_HASH_SIZE, out);
}

bool xet_hash_parse(const char *text, struct xet_hash *out)
{
    uint8_t printed[XET_HASH_SIZE];

    if (strspn(text, "0123456789abcdef") != XET_HASH_TEXT - 1 ||
        !hex_parse(text, printed, XET_HASH_SIZE))
        return false;
    xet_hash_reverse_groups(printed, out->b);
    return true;
}

bool xet_hash_is_zero(const struct xet_hash *h)
{
    static const struct xet_hash zero;

    return xet_hash_equal(h, &zero);
}

bool xet_hash_equal(const struct xet_hash *a, const struct xet_hash *b)
{
    return memcmp(a->b, b->b, XET_HASH_SIZE) == 0;
}

int xet_hash_compare(const struct xet_hash *a, const struct xet_hash *b)
{
    for (size_t i = 0; i < XET_HASH_SIZE; i += 8) {
        uint64_t x = le64(a->b + i), y = le64(b->b + i);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

uint64_t xet_hash_short(const struct xet_hash *h)
{
    return le64(h->b);
}

uint64_t xet_hash_tail(const struct xet_hash *h)
{
    return le64(h->b + XET_HASH_SIZE - 8);
}
