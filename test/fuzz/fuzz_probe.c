/* What a server at a mount's port answers to the probe. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf reply = {0};
    enum probe_answer answer;

    buf_add(&reply, data, size);
    answer = probe_judge(&reply);
    if (answer == PROBE_NOBODY || (answer == PROBE_SERVES && size < 32))
        abort();
    probe_complete(&reply);
    buf_free(&reply);
    return 0;
}
