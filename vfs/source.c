/* What every source shares. */
#include "vfs/source.h"

void source_page_free(struct source_page *page)
{
    buf_free(&page->next);
    buf_free(&page->mem);
    *page = (struct source_page){0};
}
