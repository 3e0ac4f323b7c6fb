/* The CAS of the local Hub: who may come in, and what its routes share.
 *
 *     /_hffs/cas/...    the CAS API, with tokens that the Hub's API gave out
 *     /_hffs/xorb/...   parts of xorbs, at URLs that plans of files sign
 */
#ifndef HUB_LOCAL_CAS_H
#define HUB_LOCAL_CAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/local_meta.h"
#include "hub/xet_hash.h"
#include "hub/xet_xorb.h"

struct blob_in;
struct buf;
struct call;
struct meta_db;
struct meta_file;

#define CAS_PATH "_hffs/cas"
#define CAS_XORB_BODY (XET_XORB_MAX + ((size_t)1 << 20)) /* with a footer */

/* ---- Steps of a route, as in local_call.h. */

/* The request's token, and the repo that it is for; its user becomes the
 * caller. 401 when it is not good, 403 when it may not write. */
int cas_enter(
    struct call *c, struct meta_db *db, bool write, struct repo *repo);

/* The hash in the next segment, behind which c->at moves. */
int cas_take_hash(struct call *c, struct xet_hash *out);

/* The same behind a prefix, of which there are two. */
int cas_take_prefixed_hash(struct call *c, struct xet_hash *out);

/* The file with that hash, if the caller may read it in this repo. */
int cas_find_file(struct call *c, struct meta_db *db, const struct repo *repo,
    const struct xet_hash *hash, struct meta_file *out);

/* ---- Others */

/* Appends a token for this repo to out. When it ends. */
int64_t cas_token(
    struct call *c, const struct repo *repo, bool write, struct buf *out);

/* 0 when the caller may make files of this xorb: it has brought it, or may read
 * a file with a part of it. -ENOENT if not. */
int cas_may_use(struct call *c, struct meta_db *db, int64_t xorb);

/* What was put aside, in memory; cas_unmap() in any case. */
struct cas_map {
    const uint8_t *p;
    size_t n;
};
int cas_map(const struct blob_in *in, uint64_t size, struct cas_map *out);
void cas_unmap(struct cas_map *m);

/* ---- Ranges of bytes, inclusive: "0-99,200-299". */
#define CAS_RANGES 500 /* in one request */
struct cas_range {
    uint64_t first;
    uint64_t last;
};

/* How many there are, or 0 when the text is anything else. They rise and do
 * not overlap. */
size_t cas_ranges_parse(
    const char *text, struct cas_range out[static CAS_RANGES]);

/* The URL for these parts of a xorb; appended. */
void cas_sign(struct call *c, const struct xet_hash *xorb, const char *ranges,
    struct buf *url);

/* Whether the request's own URL was signed; out: the ranges in it. */
size_t cas_signed(struct call *c, const struct xet_hash *xorb,
    struct cas_range out[static CAS_RANGES]);

/* A Xet hash in JSON. */
struct jsonw;
void json_xet(struct jsonw *w, const char *key, const struct xet_hash *hash);

#endif
