/* Files of a shard as the CAS takes them in: what they are made of, and the
 * bytes that come of it. */
#ifndef HUB_LOCAL_CAS_FILE_H
#define HUB_LOCAL_CAS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "hub/local_meta_xet.h"
#include "hub/xet_shard.h"

struct blobs;
struct buf;

/* A xorb that a shard names. */
struct cas_part {
    struct meta_xorb row;
    struct xet_xorb x;
    UT_hash_handle hh; /* by row.hash */
};

struct cas_shard {
    struct repo repo;
    struct xet_shard shard;
    struct buf parts; /* of struct cas_part * */
    struct cas_part *by_hash;
    size_t n_chunks; /* of all parts */
    struct cas_content {
        uint8_t sha256[SHA256_SIZE];
        bool there; /* as a blob; its bytes were seen before */
    } * content;    /* of each file of the shard */
};

void cas_shard_free(void *s);

struct cas_part **cas_shard_parts(const struct cas_shard *s, size_t *n);

/* From now on it is the shard's. */
void cas_part_add(struct cas_shard *s, struct cas_part *part);

/* NULL when the shard names none with this hash. */
struct cas_part *cas_part_find(
    const struct cas_shard *s, const struct xet_hash *hash);

/* Puts together what is not there, checking each chunk; the blobs of all files
 * are durable then, and content says under which hashes. -EBADMSG: one is not
 * what the shard says, and *why tells. Blocks. */
int cas_assemble(struct blobs *blobs, struct cas_shard *s, struct buf *why);

#endif
