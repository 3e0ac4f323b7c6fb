/* Hashes, the MAC of file handles, random bytes, and text forms of bytes.
 * The only file (with cache/seal.c) that knows a crypto library. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA1_SIZE 20
#define SHA256_SIZE 32
#define DIGEST_MAX 32

enum digest_kind { DIGEST_SHA1, DIGEST_SHA256 };

size_t digest_size(enum digest_kind kind);

/* A running hash. digest_end() gives the value and frees; digest_free() is for
 * one that is not wanted any more (NULL does nothing). */
struct digest;
struct digest *digest_new(enum digest_kind kind);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_end(struct digest *d, uint8_t *out);
void digest_free(struct digest *d);

void digest_once(enum digest_kind kind, const void *p, size_t n, uint8_t *out);

/* git's id of a blob: SHA-1 over "blob <size>\0" and the content. Begin with
 * this, add the content, end. type: "blob", "tree", "commit". */
struct digest *digest_git_new(const char *type, uint64_t size);

/* A keyed MAC over messages of exactly 16 bytes: AES-256 of the one block,
 * which is CBC-MAC at a fixed length of one block and so a pseudo-random
 * function. Many messages cost one call. */
struct mac16;
struct mac16 *mac16_new(const uint8_t key[static 32]);
void mac16_free(struct mac16 *m);
void mac16_seal(struct mac16 *m, const uint8_t *in, uint8_t *out, size_t n);

/* A keyed MAC (HMAC-SHA-256) over anything: signed URLs, tokens. */
void mac_sign(const uint8_t key[static 32], const void *p, size_t n,
    uint8_t out[static 32]);

/* Equal, in a time that does not tell where they differ. */
bool mac_equal(const uint8_t *a, const uint8_t *b, size_t n);

/* Not cryptographic: finds bytes that the disk changed. Never 0. */
uint32_t checksum32(const void *p, size_t n);

/* XXH32 with seed 0, which frames of LZ4 carry. */
uint32_t xxhash32(const void *p, size_t n);

/* Nor is this: for hash tables whose keys come from outside; salt is random. */
uint64_t checksum64(const void *p, size_t n, uint64_t salt);

/* From the system; ends the process if it has none. */
void random_bytes(void *p, size_t n);

/* A number below `below`, for jitter. */
uint64_t random_below(uint64_t below);

/* Lower case; out holds 2n + 1 bytes. hex_parse wants exactly 2n digits of
 * either case, and nothing after them. */
void hex_format(const uint8_t *p, size_t n, char *out);
bool hex_parse(const char *text, uint8_t *out, size_t n);

/* Standard or URL alphabet; padded, or not. The caller frees the text.
 * base64_parse accepts both alphabets, padded or not, and gives the length or
 * -EBADMSG; out needs 3 bytes for every 4 of text. */
char *base64_format(const void *p, size_t n, bool url);
long base64_parse(const char *text, size_t n, uint8_t *out);

#endif
