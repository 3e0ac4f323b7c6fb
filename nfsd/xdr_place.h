/* Decoding variable arrays without copying them.
 *
 * rpcgen's code calls xdr_bytes() for every `opaque<>`; xdr/nfs3.x and
 * mount3.x let that name mean xdr_place(), which leaves the bytes where they
 * are and points at them. Whoever decodes keeps the record as long as the
 * arguments. */
#ifndef NFSD_XDR_PLACE_H
#define NFSD_XDR_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rpc/rpc.h>

/* As xdr_bytes(); on decoding, *p points into the stream. */
bool_t xdr_place(XDR *xdrs, char **p, u_int *len, u_int max);

/* What rpcgen makes for each type. Not called through libtirpc's xdrproc_t,
 * which takes "...": on arm64 macOS such arguments travel another way. */
typedef bool_t xdr_fn(XDR *xdrs, void *value);

/* Decodes all n bytes of args into out. False if they do not fit the
 * description: too short, too long, over a maximum, or followed by more. The
 * memory must be aligned to 4 bytes. */
bool xdr_decode(xdr_fn *fn, const uint8_t *args, size_t n, void *out);

#endif
