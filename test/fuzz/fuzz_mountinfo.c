/* The mount table and fstab: names in them are made by whoever mounts. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/fstab.h"
#include "cli/mount_cmd.h"
#include "cli/mount_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mount_spec spec = {.host = "127.0.0.1",
        .port = 4711,
        .export_path = "/0123456789abcdef0123456789abcdef",
        .point = "/mnt/my mount"};
    struct mount_table table = {0};
    struct own_mount own;
    char *text = xstrndup((const char *)data, size);

    mountinfo_parse((const char *)data, size, &table);
    for (size_t i = 0; i < table.n; i++) {
        mount_entry_own(&table.entry[i], &own);
        if (mount_table_at(&table, table.entry[i].point) == NULL)
            abort();
    }
    mount_table_free(&table);
    fstab_search(text, &spec);
    free(text);
    return 0;
}
