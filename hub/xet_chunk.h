/* One chunk as a xorb holds it: a header of eight bytes, and its bytes as they
 * are, or compressed. */
#ifndef HUB_XET_CHUNK_H
#define HUB_XET_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#include "hub/xet_fault.h"
#include "hub/xet_split.h"

struct buf;

#define XET_HEADER ((size_t)8)
#define XET_PACKED_MAX (2 * XET_CHUNK_MAX) /* of a foreign writer */

enum xet_scheme {
    XET_STORED, /* the numbers of the format */
    XET_LZ4,    /* an LZ4 frame */
    XET_BG4_LZ4 /* bytes grouped by four, then an LZ4 frame */
};

const char *xet_scheme_name(enum xet_scheme scheme);

/* ---- Reading */

struct xet_header {
    enum xet_scheme scheme;
    uint32_t packed; /* bytes behind the header */
    uint32_t raw;    /* bytes of the chunk: 1 to XET_CHUNK_MAX */
};

int xet_header_parse(const uint8_t p[static XET_HEADER], struct xet_header *out,
    struct xet_fault *f);

/* h->packed bytes from p become h->raw bytes in out. scratch holds
 * XET_CHUNK_MAX bytes, too. What comes out has still to be held against a
 * hash. Places in a fault count from p. */
int xet_unpack(const struct xet_header *h, const uint8_t *p, uint8_t *out,
    uint8_t *scratch, struct xet_fault *f);

/* ---- Writing */

/* The genuine client's ways to choose: by a guess, or always the same. Whatever
 * does not get smaller is stored. */
enum xet_policy { XET_AUTO, XET_NEVER, XET_ALWAYS_LZ4, XET_ALWAYS_BG4_LZ4 };

/* Compresses chunks, on one thread at a time. */
struct xet_packer;
struct xet_packer *xet_packer_new(enum xet_policy policy);
void xet_packer_free(struct xet_packer *p);

/* Appends a chunk of 1 to XET_CHUNK_MAX bytes with its header; returns the
 * header. The guess is made for the first of 32 chunks, and holds for those;
 * xet_packer_section() begins anew: at the first chunk of a file and of a
 * xorb. */
void xet_packer_section(struct xet_packer *p);
struct xet_header xet_pack(
    struct xet_packer *p, const uint8_t *chunk, size_t n, struct buf *out);

#endif
