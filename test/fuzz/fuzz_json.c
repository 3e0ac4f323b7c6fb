/* base/json over foreign text: whatever is accepted can be walked, and written
 * so that it reads the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct json *v)
{
    const struct json *child;
    size_t n = 1;

    (void)json_as_str(v);
    json_each (child, v) {
        const char *text;
        uint64_t number;
        bool flag;

        if (json_is_object(v)) {
            text = json_str(v, json_key(child));
            assert(text == NULL || strlen(text) <= SIZE_MAX / 2);
            (void)json_u64(v, json_key(child), &number);
            (void)json_bool(v, json_key(child), &flag);
        }
        n += walk(child);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = {0};
    struct jsonw w = {.to = &text};
    struct json *root = NULL;
    struct json *again = NULL;

    if (json_parse((const char *)data, size, &root) != 0)
        return 0;
    jsonw_copy(&w, NULL, root);
    /* What cJSON prints for a number may be longer than it was, no more. */
    if (json_parse((const char *)text.data, text.len, &again) == 0)
        assert(walk(again) == walk(root));
    json_free(again);
    json_free(root);
    buf_free(&text);
    return 0;
}
