/* UTF-8, as RFC 3629 has it: no overlong forms, no surrogates, nothing past
 * U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the sequence at p, which has `left` > 0 bytes; 0 if there is
 * no whole, valid one. */
size_t utf8_length(const uint8_t *p, size_t left);

/* All of it is. */
bool utf8_ok(const char *text, size_t n);

#endif
