/* Specifications of faults: any text is taken or refused, with a reason. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "hub/local_fault_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct fault_rule *rule = NULL;
    struct buf why = {0};

    if (fault_parse(text, &rule, &why) == 0) {
        assert(rule->n_actions > 0 && why.len == 0);
        fault_glob(rule->glob, text);
        fault_rule_free(rule);
    } else {
        assert(why.len > 0);
    }
    buf_free(&why);
    free(text);
    return 0;
}
