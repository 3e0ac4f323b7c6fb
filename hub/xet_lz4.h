/* LZ4 frames, as chunks of a xorb hold them. */
#ifndef HUB_XET_LZ4_H
#define HUB_XET_LZ4_H

#include <stddef.h>
#include <stdint.h>

struct xet_fault;

#define XET_LZ4_OVERHEAD ((size_t)15) /* of a frame with one block */

/* Memory for xet_lz4_pack, one for each thread. */
size_t xet_lz4_state_size(void);

/* A frame of one block into out, which holds cap bytes: its length, or 0 if it
 * would be longer. n: at most 256 KiB. */
size_t xet_lz4_pack(
    void *state, const uint8_t *p, size_t n, uint8_t *out, size_t cap);

struct xet_lz4_in {
    const uint8_t *p;
    size_t n;
};

/* Any legal frame but one with a dictionary: it has to give exactly `raw`
 * bytes, and to end with the input; all its check sums have to be right. */
int xet_lz4_unpack(
    struct xet_lz4_in frame, uint8_t *out, size_t raw, struct xet_fault *f);

#endif
