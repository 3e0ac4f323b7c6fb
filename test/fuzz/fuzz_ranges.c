/* Lists of ranges, of which one that is taken rises. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/local_cas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cas_range r[CAS_RANGES];
    char *text = xstrndup((const char *)data, size);
    size_t n = cas_ranges_parse(text, r);

    for (size_t i = 0; i < n; i++) {
        assert(r[i].first <= r[i].last);
        assert(i == 0 || r[i].first > r[i - 1].last);
    }
    free(text);
    return 0;
}
