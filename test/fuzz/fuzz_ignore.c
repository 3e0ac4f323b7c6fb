/* .gitignore: up to the first NUL a path, behind it the rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/local_ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = xstrndup((const char *)data, size);
    size_t n = strlen(path);
    const char *rules = (const char *)data + n + (n < size);
    struct ignore *g = ignore_parse(rules, size - n - (n < size));

    ignore_has(g, path);
    ignore_free(g);
    free(path);
    return 0;
}
