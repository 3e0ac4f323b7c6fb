/* What is wrong with a Xet object, and where. */
#ifndef HUB_XET_FAULT_H
#define HUB_XET_FAULT_H

#include <stdint.h>

#include "base/mem.h"

struct xet_fault {
    uint64_t at;    /* offset of the field in the object */
    char text[120]; /* "compressed length 262145, 262144 is the most" */
};

/* Fills f, which may be NULL, and returns -EBADMSG. */
int xet_fault(struct xet_fault *f, uint64_t at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* For a part that begins at `base` of the object: err, with f->at moved by that
 * if it is an error. */
int xet_fault_within(struct xet_fault *f, uint64_t base, int err);

#endif
