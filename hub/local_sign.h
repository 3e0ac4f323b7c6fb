/* What the local Hub hands out and recognises again: URLs for content, tokens.
 * Pure functions. */
#ifndef HUB_LOCAL_SIGN_H
#define HUB_LOCAL_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#define SIGN_KEY_SIZE 32

/* A signature, in hex, over a purpose ("lfs", "xet-read"), the time it ends,
 * and whatever it is for. */
#define SIGN_TEXT_MAX 65
void sign_text(const uint8_t key[static SIGN_KEY_SIZE], const char *purpose,
    int64_t expires_s, const char *subject, char out[static SIGN_TEXT_MAX]);

/* Whether sign_text() made it, and expires_s has not passed. */
bool sign_check(const uint8_t key[static SIGN_KEY_SIZE], const char *purpose,
    int64_t expires_s, const char *subject, const char *signature);

#endif
