/* The footer of a stored xorb: the list of its chunks. */
#ifndef HUB_XET_FOOTER_H
#define HUB_XET_FOOTER_H

#include <stddef.h>
#include <stdint.h>

#include "hub/xet_xorb.h"

#define XET_FOOTER_IDENT "XETBLOB" /* where the chunks end */
#define XET_IDENT ((size_t)7)
#define XET_FOOTER_MAX ((size_t)40 * XET_XORB_CHUNKS + 96)

/* The footer alone, from the last n bytes of an object of `total` bytes, of
 * which it may take up to XET_FOOTER_MAX. Its hashes and offsets are whatever
 * it says, but rise and fit. Version 0 knows no raw_end: zeros. */
int xet_footer_parse(const uint8_t *tail, size_t n, uint64_t total,
    struct xet_xorb *out, struct xet_fault *f);

/* The footer of a whole object says what was found in its chunks. Sets
 * x->footer. */
int xet_footer_check(
    const uint8_t *p, size_t n, struct xet_xorb *x, struct xet_fault *f);

/* Appends the footer of version 1 with its length word. */
void xet_footer_write(const struct xet_xorb *x, struct buf *out);

#endif
