/* READ. File data is never copied here: the reply refers to the blocks that
 * the file system found it in. */
#include "nfsd/nfs3_proc.h"

#include "base/mem.h"
#include "nfsd/nfs3_attr.h"
#include "nfsd/rpc_call.h"
#include "nfsd/server.h"
#include "vfs/vfs.h"

static op_fn admit; /* then rpc_call_reply */

/* ---- READ, RFC 1813 3.3.6 */

void nfs3_read(struct rpc_call *call)
{
    if (nfs3_object(call, &call->args.read.file, &call->nfs.ino))
        op_then(&call->op, admit);
}

static void admit(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    const READ3args *args = &call->args.read;
    uint32_t count = args->count < NFS3_IO_MAX ? args->count : NFS3_IO_MAX;

    if (op->err != 0) {
        op_then(op, rpc_call_reply);
        return;
    }
    if (!rpc_call_admit(call, RPC_LANE_READ, count)) {
        op_then(op, admit);
        return;
    }
    vfs_read(call->server->vfs, call->nfs.ino, args->offset, count,
        &call->nfs.data, op);
    op_then(op, rpc_call_reply);
}

/* The references pass to the reply. */
static void take_parts(struct rpc_body *body, struct vfs_data *data)
{
    for (size_t i = 0; i < data->n_parts; i++) {
        const struct vfs_data_part *part = &data->part[i];

        body->piece[i] = (struct rpc_piece){part->ref, part->p, part->len};
    }
    body->n = data->n_parts;
    *data = (struct vfs_data){0};
}

void nfs3_read_ok(struct rpc_call *call, struct xdr_put *o)
{
    struct vfs_data *data = &call->nfs.data;

    nfs3_put_post_op(o, call->server, call->nfs.ino);
    xdr_put_u32(o, (uint32_t)data->len);
    xdr_put_bool(o, data->eof);
    xdr_put_u32(o, (uint32_t)data->len); /* of the data that follows */
    call->server->stats.read_bytes += data->len;
    take_parts(&call->body, data);
}
