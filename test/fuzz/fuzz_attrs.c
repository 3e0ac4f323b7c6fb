/* .gitattributes: up to the first NUL a path, behind it the rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_attrs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = xstrndup((const char *)data, size);
    size_t n = strlen(path);
    const char *rules = (const char *)data + n + (n < size);
    struct attrs *a = attrs_parse(rules, size - n - (n < size));

    attrs_lfs(a, path);
    lfs_wanted(a, path, size, data, size < 512 ? size : 512);
    attrs_free(a);
    free(path);
    return 0;
}
