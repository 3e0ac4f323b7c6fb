/* Shards: which chunks make up files, and which chunks xorbs hold. One is the
 * commit record of an upload, the answer to a dedup query, and the form in
 * which a CAS and its clients keep both. */
#ifndef HUB_XET_SHARD_H
#define HUB_XET_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/xet_fault.h"
#include "hub/xet_hash.h"

struct xet_xorb;

#define XET_SHARD_MAX ((size_t)64 << 20)
#define XET_CHUNK_ELIGIBLE 0x80000000 /* dedup queries may ask for it */
#define XET_NEVER_EXPIRES UINT64_MAX
#define XET_VERIFY_CHUNKS ((uint64_t)1 << 26) /* of files: some 4 TB */

struct xet_shard_file {
    struct xet_hash hash;
    bool has_sha256;
    uint8_t sha256[32]; /* in the usual order */
    size_t first;       /* of its terms */
    size_t n;
    uint64_t size;
    uint64_t at; /* where it stands, in a shard that was read */
};

struct xet_term {
    struct xet_hash xorb;
    uint32_t raw;   /* bytes of all its chunks */
    uint32_t start; /* chunks start to end - 1 of the xorb */
    uint32_t end;
    struct xet_hash proof; /* xet_hash_term() of them */
};

struct xet_shard_xorb {
    struct xet_hash hash;
    uint32_t raw;
    uint32_t on_disk; /* as uploaded; 0: not said */
    size_t first;     /* of its chunks */
    size_t n;
    uint64_t at;
};

struct xet_shard_chunk {
    struct xet_hash hash; /* under the shard's key, if it has one */
    uint32_t offset;      /* of its bytes among the xorb's */
    uint32_t raw;
    uint32_t flags;
};

struct xet_shard_footer {
    struct xet_hash key; /* of chunk hashes; zero: none */
    uint64_t created;    /* seconds since 1970 */
    uint64_t expiry;
    uint64_t n_lookups[3]; /* of files, xorbs, chunks; 0: no table */
};

/* All-zero is an empty shard. */
struct xet_shard {
    bool has_proofs; /* terms have them; of an upload they must */
    bool has_footer;
    struct xet_shard_footer footer;
    size_t end; /* of the sections, in a shard that was read */
    struct buf files, terms, xorbs, chunks;
};

void xet_shard_fini(struct xet_shard *s);

size_t xet_shard_n_files(const struct xet_shard *s);
size_t xet_shard_n_xorbs(const struct xet_shard *s);
struct xet_shard_file *xet_shard_file(const struct xet_shard *s, size_t i);
struct xet_shard_xorb *xet_shard_xorb(const struct xet_shard *s, size_t i);
struct xet_term *xet_shard_term(const struct xet_shard *s, size_t i);
struct xet_shard_chunk *xet_shard_chunk(const struct xet_shard *s, size_t i);

/* ---- Reading. Every variant; without a footer, what follows the sections is
 * left alone. xet_shard_fini() also after a fault. */
int xet_shard_parse(
    const uint8_t *p, size_t n, struct xet_shard *out, struct xet_fault *f);

/* Recomputes what can be: that each term's chunks exist, that their bytes add
 * up, that its proof is theirs, and that they have the file's hash. find gives
 * a xorb's chunks, or NULL. Files of more than XET_VERIFY_CHUNKS in all, which
 * few terms can name, are refused: it takes some seconds at the most. */
typedef const struct xet_xorb *xet_shard_find_fn(
    void *ctx, const struct xet_hash *xorb);
int xet_shard_verify(const struct xet_shard *s, xet_shard_find_fn *find,
    void *ctx, struct xet_fault *f);

/* The same with the xorbs that are in the shard itself; files that need others
 * are passed over, and all of a shard whose chunk hashes are under a key. */
int xet_shard_verify_alone(const struct xet_shard *s, struct xet_fault *f);

/* What a shard says of its xorb i: hashes and lengths. xet_xorb_fini() it. */
struct xet_xorb xet_shard_xorb_of(const struct xet_shard *s, size_t i);

/* ---- Writing: terms belong to the file that was added last. */
void xet_shard_add_file(struct xet_shard *s, const struct xet_hash *hash,
    const uint8_t *sha256); /* NULL: none, as for buckets */
void xet_shard_add_term(struct xet_shard *s, const struct xet_term *term);
void xet_shard_add_xorb(
    struct xet_shard *s, const struct xet_xorb *x, uint32_t on_disk);

/* Marks the chunks that files begin with, as a CAS does. */
void xet_shard_mark_eligible(struct xet_shard *s);

/* Appends the shard, files and xorbs in the order of their hashes. With a
 * footer if s->has_footer, of which tables are made if wanted; its key is used
 * for chunk hashes, which have to be plain here. */
void xet_shard_write(const struct xet_shard *s, bool tables, struct buf *out);

/* The length of that, without footer and tables. */
size_t xet_shard_length(const struct xet_shard *s);

#endif
