/* A README with a card. */
#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "hub/local_card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json *card = NULL;
    struct buf why = {0};
    size_t n;

    if (card_find(text, size, &text, &n)) {
        int err = card_parse(text, n, &card, &why);

        assert(err == 0 ? json_is_object(card) : why.len > 0);
    }
    json_free(card);
    buf_free(&why);
    return 0;
}
