/* Attributes on the wire, and the helpers every NFS procedure uses. */
#ifndef NFSD_NFS3_ATTR_H
#define NFSD_NFS3_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xdr/nfs3.h"

struct nfsd;
struct rpc_call;
struct vfs_attr;
struct xdr_put;

#define NFS3_FATTR_SIZE 84
#define NFS3_POST_OP_SIZE (4 + NFS3_FATTR_SIZE)
#define NFS3_POST_OP_FH_SIZE (4 + 4 + 32)

/* fattr3; post_op_attr and post_op_fh3 with something in them. */
void nfs3_put_fattr(
    struct xdr_put *o, const struct nfsd *s, const struct vfs_attr *a);
void nfs3_put_attr(
    struct xdr_put *o, const struct nfsd *s, const struct vfs_attr *a);
void nfs3_put_fh(struct xdr_put *o, const struct nfsd *s, uint64_t ino);

/* post_op_attr of an inode as it is now; empty if that is not in memory, or
 * ino is 0. */
void nfs3_put_post_op(struct xdr_put *o, const struct nfsd *s, uint64_t ino);

/* wcc_data of an object that the call has not changed: before as after. */
void nfs3_put_wcc_same(struct xdr_put *o, const struct nfsd *s, uint64_t ino);

/* Opens a handle. False: it is none of ours, and the call has failed. */
bool nfs3_object(struct rpc_call *call, const nfs_fh3 *fh, uint64_t *ino);

/* 0, or why the name cannot exist (RFC 1813 section 3, "General comments on
 * filenames"). */
int nfs3_name_check(const filename3 *name);

#endif
