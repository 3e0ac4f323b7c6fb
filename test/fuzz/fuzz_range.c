/* Range and conditional headers: the first 8 bytes are the size, then one
 * value a line. A range that is taken lies inside the file. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/mem.h"
#include "hub/local_range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_over(data, size);
    uint64_t length = cur_u64le(&c);
    char *text = xstrndup((const char *)c.p, cur_left(&c));
    char *rest = text;
    struct condition cond = {.etag = "\"a\"", .mtime_s = 1788256800};
    const char *range = strsep(&rest, "\n");
    struct range r = range_parse(range, length);

    if (r.kind == RANGE_PART)
        assert(r.first <= r.last && r.last < length);
    cond.if_range = strsep(&rest, "\n");
    cond.if_none_match = strsep(&rest, "\n");
    cond.if_match = strsep(&rest, "\n");
    cond.if_modified_since = strsep(&rest, "\n");
    cond.if_unmodified_since = strsep(&rest, "\n");
    condition_range(&cond);
    condition_check(&cond);
    free(text);
    return 0;
}
