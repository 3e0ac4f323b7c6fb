/* The hashes of Xet: BLAKE3 under a key that says what is hashed. */
#ifndef HUB_XET_HASH_H
#define HUB_XET_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XET_HASH_SIZE 32
#define XET_HASH_TEXT 65 /* of the string form, with its NUL */

struct xet_hash {
    uint8_t b[XET_HASH_SIZE];
};

/* Of a chunk's bytes. A shard's file name is this hash of all its bytes. */
void xet_hash_chunk(const void *p, size_t n, struct xet_hash *out);

/* Of the text that describes the children of an inner Merkle node. */
void xet_hash_node(const void *text, size_t n, struct xet_hash *out);

/* Of n chunk hashes that lie `stride` bytes apart: what proves to the CAS that
 * the sender of a term has its chunks. */
void xet_hash_term(const struct xet_hash *first, size_t stride, size_t n,
    struct xet_hash *out);

/* Of one hash under another as the key. A file's hash is its Merkle root under
 * the zero key; chunk hashes in answers to dedup queries are under a key of
 * that answer. */
void xet_hash_keyed(const struct xet_hash *key, const struct xet_hash *message,
    struct xet_hash *out);

/* The string form: four groups of 16 lower-case digits, each a little-endian
 * number. xet_hash_parse takes exactly that. */
void xet_hash_format(const struct xet_hash *h, char out[static XET_HASH_TEXT]);
bool xet_hash_parse(const char *text, struct xet_hash *out);

/* Each group of 8 bytes reversed: how a SHA-256 stands in a shard. */
void xet_hash_reverse_groups(
    const uint8_t in[static XET_HASH_SIZE], uint8_t out[static XET_HASH_SIZE]);

bool xet_hash_is_zero(const struct xet_hash *h);
bool xet_hash_equal(const struct xet_hash *a, const struct xet_hash *b);

/* The order of string forms, which is the order in shards. */
int xet_hash_compare(const struct xet_hash *a, const struct xet_hash *b);

/* Numeric views: the key of look-up tables, and what `hash % n` means. */
uint64_t xet_hash_short(const struct xet_hash *h);
uint64_t xet_hash_tail(const struct xet_hash *h);

#endif
