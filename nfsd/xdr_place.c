/* The one place where libtirpc's streams are used: an xdrmem stream over the
 * arguments of a call. */
#include "nfsd/xdr_place.h"

#include <string.h>

#include "base/mem.h"

#define XDR_ALIGN 4U

static u_int padded(u_int n)
{
    return (n + XDR_ALIGN - 1) & ~(XDR_ALIGN - 1);
}

static bool_t place(XDR *xdrs, char **p, u_int n)
{
    *p = (char *)XDR_INLINE(xdrs, padded(n));
    return *p != NULL;
}

/* Only tests encode arguments. */
static bool_t copy(XDR *xdrs, const char *p, u_int n)
{
    static const char zero[XDR_ALIGN];

    return XDR_PUTBYTES(xdrs, (char *)p, n) &&
        XDR_PUTBYTES(xdrs, (char *)zero, padded(n) - n);
}

bool_t xdr_place(XDR *xdrs, char **p, u_int *len, u_int max)
{
    if (xdrs->x_op == XDR_FREE)
        return TRUE; /* nothing was allocated */
    if (!xdr_u_int(xdrs, len) || *len > max)
        return FALSE;
    return xdrs->x_op == XDR_DECODE ? place(xdrs, p, *len)
                                    : copy(xdrs, *p, *len);
}

bool xdr_decode(xdr_fn *fn, const uint8_t *args, size_t n, void *out)
{
    XDR xdrs;

    xdrmem_create(&xdrs, (char *)args, (u_int)n, XDR_DECODE);
    return fn(&xdrs, out) && xdr_getpos(&xdrs) == n;
}
