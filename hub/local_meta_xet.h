/* What the CAS of the local Hub knows: xorbs and their chunks, files and the
 * terms they are made of. The bytes of a xorb are a blob as any other, under
 * their SHA-256, and so are those of a file. As in local_meta.h, everything
 * blocks and runs inside a struct meta_job. */
#ifndef HUB_LOCAL_META_XET_H
#define HUB_LOCAL_META_XET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "hub/local_meta.h"
#include "hub/xet_hash.h"
#include "hub/xet_xorb.h"

struct meta_xorb {
    int64_t id;
    struct xet_hash hash;
    uint8_t sha256[SHA256_SIZE];
    uint64_t size; /* of the blob */
};

int meta_xorb_find(
    struct meta_db *db, const struct xet_hash *hash, struct meta_xorb *out);
int meta_xorb_get(struct meta_db *db, int64_t id, struct meta_xorb *out);

/* What is in it; its body is not looked at. xet_xorb_fini() in any case. */
int meta_xorb_chunks(struct meta_db *db, int64_t id, struct xet_xorb *out);

/* Adds it, and sets its id; or says that the one which is there has these
 * bytes from now on. */
int meta_xorb_put(struct meta_db *db, struct meta_xorb *xorb,
    const struct xet_xorb *x, int64_t time_s);

/* Something refers to it anew. */
int meta_xorb_touch(struct meta_db *db, int64_t id, int64_t time_s);

/* The user has shown to have its chunks; has done so: -ENOENT if not. */
int meta_xorb_claim(struct meta_db *db, int64_t id, const char *user);
int meta_xorb_claimed(struct meta_db *db, int64_t id, const char *user);

/* The repos that have files with chunks of it, until fn says false. */
int meta_xorb_holders(
    struct meta_db *db, int64_t id, meta_repo_fn *fn, void *ctx);

/* ---- Chunks that dedup queries may ask for. */
int meta_chunk_put(
    struct meta_db *db, const struct xet_hash *chunk, int64_t xorb);

/* Xorbs that may have it, since part of the hash is the same, the latest
 * first, until fn says false. */
typedef bool meta_id_fn(void *ctx, int64_t id);
int meta_chunk_each(struct meta_db *db, const struct xet_hash *chunk,
    meta_id_fn *fn, void *ctx);

/* ---- Files. What one content is called depends on how it was cut. */
struct meta_file {
    int64_t id; /* 0: the empty file, if that is not there */
    struct xet_hash hash;
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
};

struct meta_term {
    uint64_t at; /* of its bytes in the file */
    int64_t xorb;
    uint32_t first; /* chunks first to past - 1 */
    uint32_t past;
    uint32_t raw;
};

int meta_file_find(
    struct meta_db *db, const struct xet_hash *hash, struct meta_file *out);

/* The Xet hash of a content: of the first file that came with it. */
int meta_file_of(struct meta_db *db, const uint8_t sha256[static SHA256_SIZE],
    struct xet_hash *out);

/* Adds it with its terms, and sets its id. */
int meta_file_put(struct meta_db *db, struct meta_file *file,
    const struct meta_term *term, size_t n, int64_t time_s);

/* The terms with bytes from `from` to `to` - 1, appended to out. */
int meta_file_terms(struct meta_db *db, const struct meta_file *file,
    uint64_t from, uint64_t to, struct buf *out);

/* ---- Collecting */

/* Forgets files from before that time whose content is in no repo, and xorbs
 * of no file, which it counts: some of each. *more: there may be others. */
int meta_xet_sweep(
    struct meta_db *db, int64_t before_s, uint64_t *n_xorbs, bool *more);

/* Says what of all this does not fit, and adds the claims on contents. */
struct verify_rows;
int meta_xet_verify(struct meta_db *db, struct verify_rows *v);

#endif
