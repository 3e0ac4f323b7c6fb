/* Bytes of one file of a repo at a commit. */
#ifndef HUB_RESOLVE_H
#define HUB_RESOLVE_H

#include <stdint.h>

#include "hub/repo.h"

struct op;

/* What is to be read. The strings belong to whoever made it. */
struct hub_file {
    struct hub *hub;
    struct hub_commit at;
    const char *path; /* in the repo */
    uint64_t size_bytes;
    enum hub_hash hash_kind;
    uint8_t hash[32];
};

/* Takes bytes as they arrive; 0, or -errno to stop. */
struct hub_sink {
    int (*data)(struct hub_sink *sink, const uint8_t *p, size_t n);
};

/* Brings bytes [offset, offset + len) to the sink, each once and in order: a
 * transfer that breaks goes on where it broke. file and sink are borrowed
 * until the wake. Before a byte of an answer is passed on, what it says about
 * commit, hash, size and range has been compared with what was asked.
 *
 * Ends with 0 only after exactly len bytes; with the sink's error; -ESTALE
 * when the Hub has other content there; -EINVAL for a range outside of the
 * file; else as api_start(). */
void hub_file_read(const struct hub_file *file, uint64_t offset, uint64_t len,
    struct hub_sink *sink, struct op *op);

#endif
