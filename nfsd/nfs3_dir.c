/* Names and directories: LOOKUP, READDIR, READDIRPLUS.
 *
 * A listing is encoded entry by entry while the file system walks the
 * directory, into a page that becomes part of the reply as it is. Cookies are
 * the file system's and never go bad, so the cookie verifier is always zero
 * and not looked at (RFC 1813 3.3.16 allows it where cookies stay valid). */
#include "nfsd/nfs3_proc.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "nfsd/nfs3_attr.h"
#include "nfsd/nfs3_fh.h"
#include "nfsd/nfs3_status.h"
#include "nfsd/rpc_call.h"
#include "nfsd/server.h"
#include "vfs/vfs.h"

/* What a reply has besides entries: attributes, verifier, the end of the list
 * and eof. The client's limits count it (RFC 1813 3.3.16: "all XDR
 * overhead"). */
#define LIST_END_SIZE 8
#define LIST_FRAME_SIZE                                                        \
    (NFS3_POST_OP_SIZE + NFS3_COOKIEVERFSIZE + LIST_END_SIZE)
#define ENTRY_FRAME_SIZE 24 /* follows, fileid, length of the name, cookie */
#define ENTRY_PLUS_SIZE (NFS3_POST_OP_SIZE + NFS3_POST_OP_FH_SIZE)

static op_fn admit, finish; /* of a listing; then rpc_call_reply */

/* ---- LOOKUP, RFC 1813 3.3.3 */

void nfs3_lookup(struct rpc_call *call)
{
    const diropargs3 *what = &call->args.lookup.what;
    struct nfs3_state *n = &call->nfs;
    int err;

    if (!nfs3_object(call, &what->dir, &n->ino))
        return;
    err = nfs3_name_check(&what->name);
    if (err != 0)
        rpc_call_fail(call, err);
    else
        vfs_lookup(call->server->vfs, n->ino, what->name.filename3_val,
            what->name.filename3_len, &n->attr, &call->op);
}

void nfs3_lookup_ok(struct rpc_call *call, struct xdr_put *o)
{
    struct nfs3_state *n = &call->nfs;

    xdr_put_u32(o, NFS3_FH_SIZE);
    nfs3_fh_make(call->server, n->attr.ino, xdr_put_room(o, NFS3_FH_SIZE));
    nfs3_put_attr(o, call->server, &n->attr);
    nfs3_put_post_op(o, call->server, n->ino);
}

/* ---- READDIR, RFC 1813 3.3.16, and READDIRPLUS, 3.3.17 */

void nfs3_readdir(struct rpc_call *call)
{
    const READDIR3args *args = &call->args.readdir;

    call->nfs.list.dir_left = SIZE_MAX;
    if (nfs3_object(call, &args->dir, &call->nfs.ino))
        op_then(&call->op, admit);
}

void nfs3_readdirplus(struct rpc_call *call)
{
    const READDIRPLUS3args *args = &call->args.readdirplus;

    call->nfs.list.plus = true;
    call->nfs.list.dir_left = args->dircount;
    if (nfs3_object(call, &args->dir, &call->nfs.ino))
        op_then(&call->op, admit);
}

static bool add_entry(void *ctx, const struct vfs_dirent *e)
{
    struct rpc_call *call = ctx;
    struct nfs3_list *l = &call->nfs.list;
    size_t name_size = xdr_padded(e->name_len);
    size_t dir_size = ENTRY_FRAME_SIZE + name_size;
    size_t size = dir_size + (l->plus ? ENTRY_PLUS_SIZE : 0);

    if (size > xdr_put_left(&l->out) || dir_size > l->dir_left) {
        l->full = true;
        return false;
    }
    l->dir_left -= dir_size;
    l->n_entries++;
    xdr_put_u32(&l->out, TRUE);
    xdr_put_u64(&l->out, e->attr.ino);
    xdr_put_bytes(&l->out, e->name, e->name_len);
    xdr_put_u64(&l->out, e->cookie);
    if (l->plus) {
        nfs3_put_attr(&l->out, call->server, &e->attr);
        nfs3_put_fh(&l->out, call->server, e->attr.ino);
    }
    return true;
}

static void admit(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    struct nfs3_list *l = &call->nfs.list;
    const READDIR3args *args = &call->args.readdir;
    uint32_t limit = args->count;
    size_t size;

    /* The two begin alike up to here. */
    if (l->plus)
        limit = call->args.readdirplus.maxcount;
    size = limit < NFS3_IO_MAX ? limit : NFS3_IO_MAX;
    if (op->err == 0 && size < LIST_FRAME_SIZE)
        rpc_call_fail(call, -NFS3_ETOOSMALL);
    if (op->err != 0) {
        op_then(op, rpc_call_reply);
        return;
    }
    if (!rpc_call_admit(call, RPC_LANE_LIST, size)) {
        op_then(op, admit);
        return;
    }
    l->page = bytes_new(&call->server->pages, size);
    l->out = (struct xdr_put){
        .p = l->page->p, .end = l->page->p + size - LIST_FRAME_SIZE};
    vfs_readdir(call->server->vfs, call->nfs.ino, args->cookie, add_entry, call,
        &l->eof, op);
    op_then(op, finish);
}

static void finish(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    const struct nfs3_list *l = &call->nfs.list;

    if (op->err == 0 && l->n_entries == 0 && l->full)
        rpc_call_fail(call, -NFS3_ETOOSMALL);
    op_then(op, rpc_call_reply);
}

void nfs3_readdir_ok(struct rpc_call *call, struct xdr_put *o)
{
    struct nfs3_list *l = &call->nfs.list;

    l->out.end += LIST_END_SIZE;
    xdr_put_u32(&l->out, FALSE); /* no entry follows */
    xdr_put_bool(&l->out, l->eof);
    nfs3_put_post_op(o, call->server, call->nfs.ino);
    xdr_put_u64(o, 0); /* cookieverf */
    call->body.piece[0] = (struct rpc_piece){
        l->page, l->page->p, (size_t)(l->out.p - l->page->p)};
    call->body.n = 1;
    l->page = NULL; /* the reference has passed to the reply */
}
