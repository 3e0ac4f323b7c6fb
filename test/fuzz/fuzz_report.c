/* What a server reports through its pipe. */
#include <stddef.h>
#include <stdint.h>

#include "cli/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = {0};
    struct report report;

    buf_add(&text, data, size);
    if (report_parse(&text, &report))
        report_fini(&report);
    buf_free(&text);
    return 0;
}
