/* The identity of a file's content: what the cache is keyed by, so that two
 * paths, revisions, repos or mounts with the same bytes share them. */
#ifndef CACHE_CONTENT_H
#define CACHE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

enum content_kind {
    CONTENT_NONE,   /* unknown; such a file has a CONTENT_PATH id made for it */
    CONTENT_SHA256, /* of the bytes: LFS files */
    CONTENT_GIT,    /* git blob id, SHA-1: plain files of a repo */
    CONTENT_PATH,   /* SHA-256 of endpoint, repo, commit and path: a place that
                       never changes, for bytes without a known hash */
};

struct content_id {
    enum content_kind kind;
    uint8_t hash[DIGEST_MAX]; /* unused bytes are zero */
};

/* "sha256-<hex>", "git-<hex>", "path-<hex>": unique, safe as a file name. */
#define CONTENT_TEXT_MAX 80
void content_text(
    const struct content_id *id, char out[static CONTENT_TEXT_MAX]);

bool content_equal(const struct content_id *a, const struct content_id *b);

/* Bytes of the hash that count: 20 or 32; 0 for CONTENT_NONE. */
size_t content_hash_size(enum content_kind kind);

/* A running hash that must end in id->hash; NULL when the kind names no hash
 * of the bytes. size is the content's (git's ids begin with it). */
struct digest *content_digest_new(const struct content_id *id, uint64_t size);

#endif
