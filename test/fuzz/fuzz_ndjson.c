/* Bodies of commits, in pieces whose size is the first byte. What is taken has
 * a path that can be a file's. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "hub/local_ndjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
    const uint8_t *p;
    size_t n;
    size_t piece;
};

static long read_text(void *ctx, void *p, size_t n, uint64_t at)
{
    const struct text *t = ctx;

    if (at >= t->n)
        return 0;
    n = min_size(min_size(n, t->piece), t->n - at);
    memcpy(p, t->p + at, n);
    return (long)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = {.piece = 1};
    struct ndjson in = {.read = read_text, .ctx = &t};
    struct commit_line l;
    const char *line;
    size_t n;

    if (size > 0)
        t = (struct text){data + 1, size - 1, 1 + (size_t)data[0]};
    while (ndjson_next(&in, &line, &n) == 1) {
        assert(n > 0 && memchr(line, '\n', n) == NULL);
        if (commit_line_parse(line, n, &l) == NULL) {
            assert((l.kind == LINE_HEADER) == (l.path == NULL));
            assert(l.path == NULL || commit_path_ok(l.path));
            assert(l.kind != LINE_HEADER || l.summary != NULL);
        }
        commit_line_fini(&l);
    }
    ndjson_fini(&in);
    return 0;
}
