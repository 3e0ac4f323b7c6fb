/* Errors in foreign bytes. */
#include "hub/xet_fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

int xet_fault(struct xet_fault *f, uint64_t at, const char *fmt, ...)
{
    va_list ap;

    if (f == NULL)
        return -EBADMSG;
    f->at = at;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, ap);
    va_end(ap);
    return -EBADMSG;
}

int xet_fault_within(struct xet_fault *f, uint64_t base, int err)
{
    if (err != 0 && f != NULL)
        f->at += base;
    return err;
}
