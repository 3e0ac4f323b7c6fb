/* The small text forms of base/: dates, base64, hex, names. What is accepted
 * comes back the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/timer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void date(const char *text)
{
    char written[32];
    int64_t ns;
    int64_t back;

    if (time_parse_rfc3339(text, &ns) != 0)
        return;
    time_format_rfc3339(ns, written);
    /* An offset may lead to a year that is not read back. */
    if (time_parse_rfc3339(written, &back) == 0)
        assert(back <= ns && ns - back < 1000000);
}

static void base64(const char *text, size_t size)
{
    uint8_t *plain = xmalloc(size / 4 * 3 + 3);
    uint8_t *again = xmalloc(size / 4 * 3 + 3);
    long n = base64_parse(text, size, plain);

    if (n >= 0) {
        char *written = base64_format(plain, (size_t)n, true);

        assert(base64_parse(written, strlen(written), again) == n);
        assert(memcmp(plain, again, (size_t)n) == 0);
        free(written);
    }
    free(plain);
    free(again);
}

static void hex(const char *text)
{
    uint8_t value[20];
    char written[41];

    if (!hex_parse(text, value, sizeof(value)))
        return;
    hex_format(value, sizeof(value), written);
    for (size_t i = 0; i < 40; i++)
        assert((text[i] | 0x20) == (written[i] | 0x20));
}

static void names(const char *text, size_t size)
{
    if (path_component_ok(text, size))
        assert(size <= PATH_NAME_MAX && memchr(text, '/', size) == NULL &&
            path_ok(text, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmalloc(size + 1);

    if (size != 0)
        memcpy(text, data, size);
    text[size] = '\0';
    date(text);
    base64(text, size);
    hex(text);
    names(text, size);
    free(text);
    return 0;
}
