/* The layout of shards, for hub/xet_shard*.c. */
#ifndef HUB_XET_MDB_H
#define HUB_XET_MDB_H

#include <stddef.h>
#include <stdint.h>

struct xet_fault;
struct xet_shard;

#define MDB_RECORD ((size_t)48)
#define MDB_TAG ((size_t)32)
#define MDB_VERSION 2
#define MDB_FOOTER ((size_t)200)
#define MDB_FOOTER_VERSION 1
#define MDB_HAS_PROOFS 0x80000000U /* flags of a file */
#define MDB_HAS_SHA256 0x40000000U

/* Where the words of a footer stand. */
enum mdb_footer {
    MDB_FILES_AT = 8,
    MDB_XORBS_AT = 16,
    MDB_LOOKUPS = 24, /* offset and count, of three tables */
    MDB_KEY = 72,
    MDB_CREATED = 104,
    MDB_EXPIRY = 112,
    MDB_ON_DISK = 168, /* bytes of xorbs, of files, and unpacked of xorbs */
    MDB_SIZES = 176,
    MDB_RAW = 184,
    MDB_FOOTER_AT = 192
};

extern const uint8_t mdb_tag[MDB_TAG];

/* Lengths of the entries of look-up tables. */
extern const size_t mdb_lookup_size[3];

/* The footer of the shard p, whose sections were read into s: they begin at
 * xorbs_at and end at s->end. */
int mdb_read_footer(const uint8_t *p, size_t n, uint64_t xorbs_at,
    struct xet_shard *s, struct xet_fault *f);

#endif
