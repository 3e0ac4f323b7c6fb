/* Listings from a Hub: the first line names the folder, the rest is the page.
 * Whatever comes out must be a child of that folder. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/repo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct hub_page *page)
{
    for (size_t i = 0; i < page->n; i++) {
        const struct hub_entry *e = &page->entry[i];
        size_t offset = (size_t)(e->name - (const char *)page->text.data);

        assert(e->name_len > 0);
        assert(offset + e->name_len <= page->text.len);
        assert(memchr(e->name, '/', e->name_len) == NULL);
        assert(memchr(e->name, '\0', e->name_len) == NULL);
        assert(!e->dir || e->hash_kind == HUB_HASH_NONE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t n = line != NULL ? (size_t)(line - data) : 0;
    size_t skip = line != NULL ? n + 1 : 0;
    struct hub_page page = {0};
    char *dir = xstrndup((const char *)data, n);
    int err =
        hub_page_parse(&page, dir, (const char *)data + skip, size - skip);

    assert(err <= 0);
    assert(err == 0 || page.n == 0);
    check(&page);
    hub_page_free(&page);
    free(dir);
    return 0;
}
