/* Checking UTF-8; nothing here decodes it. */
#include "base/utf8.h"

size_t utf8_length(const uint8_t *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80      ? 1
        : (p[0] & 0xe0) == 0xc0 ? 2
        : (p[0] & 0xf0) == 0xe0 ? 3
        : (p[0] & 0xf8) == 0xf0 ? 4
                                : 0;
    uint32_t v;

    if (n <= 1 || n > left)
        return n <= 1 ? n : 0;
    v = p[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (p[i] & 0x3f);
    }
    if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    return n;
}

bool utf8_ok(const char *text, size_t n)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t step;

    for (size_t i = 0; i < n; i += step) {
        step = utf8_length(p + i, n - i);
        if (step == 0)
            return false;
    }
    return true;
}
