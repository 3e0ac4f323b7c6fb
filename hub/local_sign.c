/* Signatures: HMAC-SHA-256 with the root's own key over all that must not be
 * changed. Lengths go before texts, so that no two subjects share one. */
#include "hub/local_sign.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/timer.h"

static void mac(const uint8_t *key, const char *purpose, int64_t expires_s,
    const char *subject, uint8_t out[static SHA256_SIZE])
{
    struct buf text = {0};

    buf_addf(&text, "%zu:%s %lld %s", strlen(purpose), purpose,
        (long long)expires_s, subject);
    mac_sign(key, text.data, text.len, out);
    buf_free(&text);
}

void sign_text(const uint8_t key[static SIGN_KEY_SIZE], const char *purpose,
    int64_t expires_s, const char *subject, char out[static SIGN_TEXT_MAX])
{
    uint8_t value[SHA256_SIZE];

    mac(key, purpose, expires_s, subject, value);
    hex_format(value, sizeof(value), out);
}

bool sign_check(const uint8_t key[static SIGN_KEY_SIZE], const char *purpose,
    int64_t expires_s, const char *subject, const char *signature)
{
    uint8_t want[SHA256_SIZE];
    uint8_t got[SHA256_SIZE];

    mac(key, purpose, expires_s, subject, want);
    return hex_parse(signature, got, sizeof(got)) &&
        mac_equal(want, got, sizeof(want)) &&
        expires_s > clock_wall_ns() / 1000000000;
}
