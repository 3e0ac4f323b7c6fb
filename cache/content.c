/* Identities of contents, as text and as running hashes. */
#include "cache/content.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *prefix;
    size_t size;
} kinds[] = {
    [CONTENT_NONE] = {"none", 0},
    [CONTENT_SHA256] = {"sha256", SHA256_SIZE},
    [CONTENT_GIT] = {"git", SHA1_SIZE},
    [CONTENT_PATH] = {"path", SHA256_SIZE},
};

size_t content_hash_size(enum content_kind kind)
{
    return kinds[kind].size;
}

void content_text(
    const struct content_id *id, char out[static CONTENT_TEXT_MAX])
{
    char hex[2 * DIGEST_MAX + 1];

    hex_format(id->hash, kinds[id->kind].size, hex);
    snprintf(out, CONTENT_TEXT_MAX, "%s-%s", kinds[id->kind].prefix, hex);
}

bool content_equal(const struct content_id *a, const struct content_id *b)
{
    return a->kind == b->kind && memcmp(a->hash, b->hash, DIGEST_MAX) == 0;
}

struct digest *content_digest_new(const struct content_id *id, uint64_t size)
{
    switch (id->kind) {
    case CONTENT_SHA256:
        return digest_new(DIGEST_SHA256);
    case CONTENT_GIT:
        return digest_git_new("blob", size);
    case CONTENT_NONE:
    case CONTENT_PATH:
        break;
    }
    return NULL;
}
