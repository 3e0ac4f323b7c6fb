/* A file of the cache that somebody else has written: what it says is there is
 * compared before it is believed. The first byte is the content's size. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cache/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct content_id id = {.kind = CONTENT_SHA256};
    const char *dir = getenv("TMPDIR");
    uint64_t content = size > 0 ? data[0] : 0;
    struct entry e = {.fd = -1};
    uint32_t record = 0;
    char *path;
    FILE *file;

    if (content == 0)
        return 0;
    path =
        xasprintf("%s/entry-%ld", dir != NULL ? dir : "/tmp", (long)getpid());
    file = fopen(path, "w");
    if (file == NULL || fwrite(data + 1, 1, size - 1, file) != size - 1)
        abort();
    fclose(file);
    if (entry_open(path, &id, content, &e) == 0) {
        if (entry_records(&e, 0, 1, &record) == 0 && record != 0)
            entry_check(&e, 0, 1);
        entry_close(&e);
    }
    unlink(path);
    free(path);
    return 0;
}
