/* The growable buffer. It grows by half again, so that n bytes added one by
 * one cost O(n), and never shrinks by itself. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    size_t need;

    if (__builtin_add_overflow(b->len, n, &need))
        abort();
    if (need > b->cap) {
        b->cap = max_size(need, b->cap + b->cap / 2 + 64);
        b->data = xrealloc(b->data, b->cap);
    }
    return b->data + b->len;
}

uint8_t *buf_grow(struct buf *b, size_t n)
{
    uint8_t *p = buf_reserve(b, n);

    b->len += n;
    return p;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n != 0)
        memcpy(buf_grow(b, n), p, n);
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    *buf_grow(b, 1) = (uint8_t)c;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    assert(n >= 0);
    buf_reserve(b, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void buf_skip(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len -= n;
    if (b->len != 0 && n != 0)
        memmove(b->data, b->data + n, b->len);
}

const char *buf_str(struct buf *b)
{
    *buf_reserve(b, 1) = 0;
    return (const char *)b->data;
}

char *buf_take(struct buf *b)
{
    char *text;

    buf_str(b);
    text = (char *)b->data;
    *b = (struct buf){0};
    return text;
}
