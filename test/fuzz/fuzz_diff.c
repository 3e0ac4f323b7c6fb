/* Two texts, with the first 0xff between them: there are hunks just when they
 * are not the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "hub/local_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *before = (const char *)data;
    const uint8_t *cut = size > 0 ? memchr(data, 0xff, size) : NULL;
    size_t n = cut != NULL ? (size_t)(cut - data) : size;
    const char *after = before + n + (cut != NULL);
    size_t m = size - n - (cut != NULL);
    struct buf out = {0};

    diff_is_text(before, n);
    diff_hunks(before, n, after, m, &out);
    assert((out.len == 0) ==
        (n == m && (n == 0 || memcmp(before, after, n) == 0)));
    buf_free(&out);
    return 0;
}
