/* One content on disk: a single sparse file with the content's bytes at their
 * own offsets, so that a warm read is one pread of plain bytes, followed by a
 * trailer with a checksum for each block that is present.
 *
 *   0            size        aligned to 8        + 64
 *   | content    | padding   | header, 64 bytes  | checksum32 of block 0, 1,
 * ...
 *
 * header: "hffsdata", version u32, block size u32, content size u64, kind u32,
 * flags u32 (1: the whole content matched its hash), hash 32. Numbers are
 * little-endian. A checksum of 0 means: block absent.
 *
 * A block's bytes are written before its checksum. After a kill all that was
 * written is there; after a power loss a checksum may have survived without
 * its bytes, which the first use of the block finds out. Nothing is synced.
 *
 * All functions block and belong on the pool; they return 0 or -errno. */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/content.h"

#define ENTRY_BLOCK ((size_t)32 << 10)

struct entry {
    int fd; /* -1: not open */
    uint64_t size;
    bool verified; /* flag of the header */
};

static inline uint64_t entry_blocks(uint64_t size)
{
    return (size + ENTRY_BLOCK - 1) / ENTRY_BLOCK;
}

/* Length of block i of a content: ENTRY_BLOCK but for the last one. */
static inline size_t entry_block_size(uint64_t size, uint64_t i)
{
    uint64_t left = size - i * ENTRY_BLOCK;

    return left < ENTRY_BLOCK ? (size_t)left : ENTRY_BLOCK;
}

/* Opens what is there; -ENOENT if there is none. A file that is not an entry
 * for this content is removed and counts as none. */
int entry_open(const char *path, const struct content_id *id, uint64_t size,
    struct entry *e);

/* Opens it, or makes an empty one, with missing directories. Whoever else
 * makes the same one at the same moment, in this process or another, gets the
 * same file. */
int entry_create(const char *path, const struct content_id *id, uint64_t size,
    struct entry *e);

void entry_close(struct entry *e);

/* Checksums of blocks [first, first + n). */
int entry_records(
    const struct entry *e, uint64_t first, size_t n, uint32_t *out);

/* Compares blocks [first, first + n) with their checksums. A block that
 * differs becomes absent, and the result is -EBADMSG. */
int entry_check(const struct entry *e, uint64_t first, size_t n);

/* Stores whole blocks: offset is a multiple of ENTRY_BLOCK, and offset + len
 * too, or the content's end. */
int entry_write(
    const struct entry *e, uint64_t offset, const uint8_t *p, size_t len);

int entry_set_verified(struct entry *e);

#endif
