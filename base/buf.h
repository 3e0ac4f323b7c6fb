/* A growable byte buffer: arrays, strings, bodies under construction. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* All-zero is a valid empty buffer. data is owned; it is NULL while cap is 0.
 * len bytes are in use. */
struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
};

void buf_free(struct buf *b); /* leaves an empty buffer */
void buf_clear(struct buf *b);

/* Room for n more bytes; returns where they go. buf_grow also counts them. */
uint8_t *buf_reserve(struct buf *b, size_t n);
uint8_t *buf_grow(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Drops n bytes from the front. */
void buf_skip(struct buf *b, size_t n);

/* The text with a terminating NUL that len does not count; valid until the
 * next change. */
const char *buf_str(struct buf *b);

/* Hands the memory (NUL-terminated) to the caller and empties b. */
char *buf_take(struct buf *b);

#endif
