/* Shards. What is accepted is written again, read again, and is the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hub/xet_shard.h"
#include "hub/xet_xorb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any xorb has these chunks. */
static const struct xet_xorb *find(void *ctx, const struct xet_hash *hash)
{
    (void)hash;
    return ctx;
}

static void again(struct xet_shard *s)
{
    struct buf one = {0}, two = {0};
    struct xet_shard copy;

    s->footer.key = (struct xet_hash){0}; /* they are under it already */
    xet_shard_write(s, true, &one);
    assert(xet_shard_parse(one.data, one.len, &copy, NULL) == 0);
    assert(xet_shard_n_files(&copy) == xet_shard_n_files(s));
    assert(xet_shard_n_xorbs(&copy) == xet_shard_n_xorbs(s));
    xet_shard_write(&copy, true, &two);
    assert(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
    if (!s->has_footer)
        assert(one.len == xet_shard_length(s));
    xet_shard_fini(&copy);
    buf_free(&one);
    buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xet_xorb_chunk chunk[2] = {{.raw_end = 12}, {.raw_end = 131072}};
    struct xet_xorb x = {.n = 2, .chunk = chunk};
    struct xet_fault f = {.text = ""};
    struct xet_shard s;
    int err = xet_shard_parse(data, size, &s, &f);

    assert((err == 0) == (f.text[0] == '\0') && f.at <= size);
    if (err == 0) {
        xet_shard_verify(&s, find, &x, &f);
        xet_shard_verify_alone(&s, &f);
        xet_shard_mark_eligible(&s);
        again(&s);
    }
    xet_shard_fini(&s);
    return 0;
}
