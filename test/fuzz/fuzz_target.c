/* Request targets and form bodies. What is accepted has no byte and no segment
 * that could lead out of a repo. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "hub/local_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void target(const char *text)
{
    struct target t;

    if (target_parse(text, &t) == 0) {
        assert(t.n_seg > 0);
        for (size_t i = 0; i < t.n_seg; i++) {
            assert(strcmp(t.seg[i], "..") != 0 && strcmp(t.seg[i], ".") != 0);
            assert(utf8_ok(t.seg[i], strlen(t.seg[i])));
        }
        for (size_t i = 0; i <= t.n_seg; i++)
            free(target_rest(&t, i));
        assert(strlen(target_query(&t)) < strlen(t.raw));
    }
    target_fini(&t);
}

static void form(const uint8_t *data, size_t size)
{
    struct form f;

    if (form_parse((const char *)data, size, 64, &f) == 0) {
        assert(f.n <= 64);
        for (size_t i = 0; i < f.n; i++)
            assert(form_get(&f, f.field[i].name) != NULL ||
                strstr(f.field[i].name, "[]") != NULL);
        form_flag(&f, "recursive");
    }
    form_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);

    target(text);
    form(data, size);
    free(text);
    return 0;
}
