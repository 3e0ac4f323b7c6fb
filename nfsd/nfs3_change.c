/* The procedures that change something. vfs/vfs.h has no such operations yet,
 * so each of them checks its handles and answers NFS3ERR_ROFS with truthful
 * attributes; an operation takes the place of refuse() in its procedure. */
#include "nfsd/nfs3_proc.h"

#include <errno.h>

#include "base/mem.h"
#include "nfsd/nfs3_attr.h"
#include "nfsd/rpc_call.h"
#include "nfsd/server.h"
#include "vfs/vfs.h"

static op_fn read_only; /* then rpc_call_reply */

/* other: the second handle, or NULL. */
static void refuse(
    struct rpc_call *call, const nfs_fh3 *fh, const nfs_fh3 *other)
{
    struct nfs3_state *n = &call->nfs;
    struct vfs *vfs = call->server->vfs;

    if (!nfs3_object(call, fh, &n->ino))
        return;
    if (other != NULL && !nfs3_object(call, other, &n->other))
        return;
    vfs_getattr(vfs, n->ino, &n->attr, &call->op);
    if (other != NULL)
        vfs_getattr(vfs, n->other, &n->other_attr, &call->op);
    op_then(&call->op, read_only);
}

static void read_only(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);

    if (op->err == 0)
        rpc_call_fail(call, -EROFS);
    op_then(op, rpc_call_reply);
}

/* ---- One object: RFC 1813 3.3.2, 3.3.7 to 3.3.13, 3.3.21 */

void nfs3_setattr(struct rpc_call *call)
{
    refuse(call, &call->args.setattr.object, NULL);
}

void nfs3_write(struct rpc_call *call)
{
    refuse(call, &call->args.write.file, NULL);
}

void nfs3_create(struct rpc_call *call)
{
    refuse(call, &call->args.create.where.dir, NULL);
}

void nfs3_mkdir(struct rpc_call *call)
{
    refuse(call, &call->args.mkdir.where.dir, NULL);
}

void nfs3_symlink(struct rpc_call *call)
{
    refuse(call, &call->args.symlink.where.dir, NULL);
}

void nfs3_mknod(struct rpc_call *call)
{
    refuse(call, &call->args.mknod.where.dir, NULL);
}

void nfs3_remove(struct rpc_call *call)
{
    refuse(call, &call->args.remove.object.dir, NULL);
}

void nfs3_rmdir(struct rpc_call *call)
{
    refuse(call, &call->args.rmdir.object.dir, NULL);
}

void nfs3_commit(struct rpc_call *call)
{
    refuse(call, &call->args.commit.file, NULL);
}

void nfs3_wcc_fail(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_wcc_same(o, call->server, call->nfs.ino);
}

/* ---- Two objects: RENAME, RFC 1813 3.3.14, and LINK, 3.3.15 */

void nfs3_rename(struct rpc_call *call)
{
    const RENAME3args *args = &call->args.rename;

    refuse(call, &args->from.dir, &args->to.dir);
}

void nfs3_rename_fail(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_wcc_same(o, call->server, call->nfs.ino);
    nfs3_put_wcc_same(o, call->server, call->nfs.other);
}

void nfs3_link(struct rpc_call *call)
{
    const LINK3args *args = &call->args.link;

    refuse(call, &args->file, &args->link.dir);
}

void nfs3_link_fail(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_post_op(o, call->server, call->nfs.ino);
    nfs3_put_wcc_same(o, call->server, call->nfs.other);
}
