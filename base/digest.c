/* libcrypto behind a narrow face. Failures of libcrypto here mean that it is
 * broken or out of memory; the process ends, as with malloc. */
#include "base/digest.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct digest {
    EVP_MD_CTX *ctx;
};

struct mac16 {
    EVP_CIPHER_CTX *ctx;
};

static void must(int ok)
{
    if (ok != 1)
        abort();
}

static const EVP_MD *md_of(enum digest_kind kind)
{
    return kind == DIGEST_SHA1 ? EVP_sha1() : EVP_sha256();
}

size_t digest_size(enum digest_kind kind)
{
    return kind == DIGEST_SHA1 ? SHA1_SIZE : SHA256_SIZE;
}

struct digest *digest_new(enum digest_kind kind)
{
    struct digest *d = xcalloc(1, sizeof(*d));

    d->ctx = EVP_MD_CTX_new();
    must(d->ctx != NULL);
    must(EVP_DigestInit_ex(d->ctx, md_of(kind), NULL));
    return d;
}

void digest_add(struct digest *d, const void *p, size_t n)
{
    must(EVP_DigestUpdate(d->ctx, p, n));
}

void digest_end(struct digest *d, uint8_t *out)
{
    must(EVP_DigestFinal_ex(d->ctx, out, NULL));
    digest_free(d);
}

void digest_free(struct digest *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->ctx);
    free(d);
}

void digest_once(enum digest_kind kind, const void *p, size_t n, uint8_t *out)
{
    must(EVP_Digest(p, n, out, NULL, md_of(kind), NULL));
}

struct digest *digest_git_new(const char *type, uint64_t size)
{
    struct digest *d = digest_new(DIGEST_SHA1);
    char head[40];
    int n =
        snprintf(head, sizeof(head), "%s %llu", type, (unsigned long long)size);

    digest_add(d, head, (size_t)n + 1);
    return d;
}

struct mac16 *mac16_new(const uint8_t key[static 32])
{
    struct mac16 *m = xcalloc(1, sizeof(*m));

    m->ctx = EVP_CIPHER_CTX_new();
    must(m->ctx != NULL);
    must(EVP_EncryptInit_ex(m->ctx, EVP_aes_256_ecb(), NULL, key, NULL));
    must(EVP_CIPHER_CTX_set_padding(m->ctx, 0));
    return m;
}

void mac16_free(struct mac16 *m)
{
    if (m == NULL)
        return;
    EVP_CIPHER_CTX_free(m->ctx);
    free(m);
}

void mac16_seal(struct mac16 *m, const uint8_t *in, uint8_t *out, size_t n)
{
    int done = 0;

    must(EVP_EncryptUpdate(m->ctx, out, &done, in, (int)(n * 16)));
}

void mac_sign(const uint8_t key[static 32], const void *p, size_t n,
    uint8_t out[static 32])
{
    must(HMAC(EVP_sha256(), key, 32, p, n, out, NULL) != NULL);
}

bool mac_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

uint32_t checksum32(const void *p, size_t n)
{
    uint32_t sum = (uint32_t)XXH3_64bits(p, n);

    return sum != 0 ? sum : 1;
}

uint32_t xxhash32(const void *p, size_t n)
{
    return XXH32(n != 0 ? p : "", n, 0);
}

uint64_t checksum64(const void *p, size_t n, uint64_t salt)
{
    return XXH3_64bits_withSeed(p, n, salt);
}

void random_bytes(void *p, size_t n)
{
    must(RAND_bytes(p, (int)n));
}

uint64_t random_below(uint64_t below)
{
    uint64_t v;

    random_bytes(&v, sizeof(v));
    return below != 0 ? v % below : 0;
}

void hex_format(const uint8_t *p, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[p[i] >> 4];
        out[2 * i + 1] = digit[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_parse(const char *text, uint8_t *out, size_t n)
{
    if (strnlen(text, 2 * n + 1) != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

char *base64_format(const void *p, size_t n, bool url)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const uint8_t *in = p;
    char *text = xmalloc((n + 2) / 3 * 4 + 1);
    size_t used = 0;

    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16;
        size_t have = min_size(n - i, 3);

        v |= have > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        v |= have > 2 ? in[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            uint32_t six = v >> (18 - 6 * k) & 63;

            if (k <= have)
                text[used++] = six < 62 ? alphabet[six]
                    : url               ? "-_"[six - 62]
                                        : "+/"[six - 62];
            else if (!url)
                text[used++] = '=';
        }
    }
    text[used] = '\0';
    return text;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

long base64_parse(const char *text, size_t n, uint8_t *out)
{
    uint32_t v = 0;
    size_t digits = 0;
    long used = 0;

    if (n % 4 == 0) { /* only there can padding be right */
        for (int pad = 0; n > 0 && text[n - 1] == '=' && pad < 2; pad++)
            n--;
    }
    for (; digits < n; digits++) {
        int six = base64_value(text[digits]);

        if (six < 0)
            return -EBADMSG;
        v = v << 6 | (uint32_t)six;
        if (digits % 4 == 3) {
            out[used++] = (uint8_t)(v >> 16);
            out[used++] = (uint8_t)(v >> 8);
            out[used++] = (uint8_t)v;
        }
    }
    if (digits % 4 == 1)
        return -EBADMSG;
    if (digits % 4 == 2)
        out[used++] = (uint8_t)(v >> 4);
    if (digits % 4 == 3) {
        out[used++] = (uint8_t)(v >> 10);
        out[used++] = (uint8_t)(v >> 2);
    }
    return used;
}
