/* GETATTR, ACCESS, READLINK and what describes the file system: procedures
 * about one object that needs no more than its attributes. */
#include "nfsd/nfs3_proc.h"

#include <errno.h>

#include "base/mem.h"
#include "base/path.h"
#include "nfsd/nfs3_attr.h"
#include "nfsd/rpc_call.h"
#include "nfsd/server.h"
#include "vfs/vfs.h"

/* Linux looks names up one by one once it takes to READDIR; the larger its
 * pieces, the later that is. `find` on 10,000 names makes 7,600 LOOKUPs at
 * 64 KiB, 800 at 256 KiB, and none here. */
#define LIST_PREFERRED NFS3_IO_MAX
#define IO_MULTIPLE 4096
#define FILE_SIZE_MAX INT64_MAX /* clients keep offsets in a signed number */

static op_fn check_link; /* after vfs_readlink */

/* All of these begin by asking for the attributes. */
static void get_object(struct rpc_call *call, const nfs_fh3 *fh)
{
    struct nfs3_state *n = &call->nfs;

    if (nfs3_object(call, fh, &n->ino))
        vfs_getattr(call->server->vfs, n->ino, &n->attr, &call->op);
}

static void put_attr(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_attr(o, call->server, &call->nfs.attr);
}

/* ---- GETATTR, RFC 1813 3.3.1 */

void nfs3_getattr(struct rpc_call *call)
{
    get_object(call, &call->args.getattr.object);
}

void nfs3_getattr_ok(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_fattr(o, call->server, &call->nfs.attr);
}

/* ---- ACCESS, RFC 1813 3.3.4 */

void nfs3_access(struct rpc_call *call)
{
    get_object(call, &call->args.access.object);
}

static bool in_group(const struct rpc_cred *cred, uint32_t gid)
{
    if (cred->gid == gid)
        return true;
    for (uint32_t i = 0; i < cred->n_groups; i++) {
        if (cred->group[i] == gid)
            return true;
    }
    return false;
}

/* The three bits rwx that apply to the caller. Root may do what anybody may,
 * and always reads and searches; a file that nobody may execute is no program
 * for root either. */
static uint32_t mode_bits(const struct rpc_cred *cred, const struct vfs_attr *a)
{
    uint32_t any = (a->mode | a->mode >> 3 | a->mode >> 6) & 1;

    if (cred->uid == 0)
        return 6 | (a->kind == VFS_DIR ? 1 : any);
    if (cred->uid == a->uid)
        return a->mode >> 6 & 7;
    if (in_group(cred, a->gid))
        return a->mode >> 3 & 7;
    return a->mode & 7;
}

static uint32_t granted(
    const struct rpc_cred *cred, const struct vfs_attr *a, bool read_only)
{
    uint32_t bits = mode_bits(cred, a);
    bool dir = a->kind == VFS_DIR;
    uint32_t may = 0;

    if (bits & 4)
        may |= ACCESS3_READ;
    if (bits & 1)
        may |= dir ? ACCESS3_LOOKUP : ACCESS3_EXECUTE;
    if ((bits & 2) && !read_only)
        may |= ACCESS3_MODIFY | ACCESS3_EXTEND | (dir ? ACCESS3_DELETE : 0);
    return may;
}

void nfs3_access_ok(struct rpc_call *call, struct xdr_put *o)
{
    bool read_only = vfs_info(call->server->vfs).read_only;
    uint32_t may = granted(&call->header.cred, &call->nfs.attr, read_only);

    put_attr(call, o);
    xdr_put_u32(o, may & call->args.access.access);
}

/* ---- READLINK, RFC 1813 3.3.5 */

void nfs3_readlink(struct rpc_call *call)
{
    struct nfs3_state *n = &call->nfs;

    if (!nfs3_object(call, &call->args.readlink.symlink, &n->ino))
        return;
    vfs_readlink(call->server->vfs, n->ino, &n->text, &call->op);
    op_then(&call->op, check_link);
}

static void check_link(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);

    if (call->nfs.text.len > PATH_TOTAL_MAX)
        rpc_call_fail(call, -ENAMETOOLONG);
    op_then(op, rpc_call_reply);
}

void nfs3_readlink_ok(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_post_op(o, call->server, call->nfs.ino);
    xdr_put_bytes(o, call->nfs.text.data, call->nfs.text.len);
}

/* ---- FSSTAT, RFC 1813 3.3.18 */

void nfs3_fsstat(struct rpc_call *call)
{
    get_object(call, &call->args.fsstat.fsroot);
}

void nfs3_fsstat_ok(struct rpc_call *call, struct xdr_put *o)
{
    struct vfs_info info = vfs_info(call->server->vfs);

    put_attr(call, o);
    xdr_put_u64(o, info.total_bytes);
    xdr_put_u64(o, info.free_bytes);
    xdr_put_u64(o, info.free_bytes); /* available to the caller */
    xdr_put_u64(o, info.total_files);
    xdr_put_u64(o, info.free_files);
    xdr_put_u64(o, info.free_files);
    xdr_put_u32(o, 0); /* invarsec: it may change at any time */
}

/* ---- FSINFO, RFC 1813 3.3.19 */

void nfs3_fsinfo(struct rpc_call *call)
{
    get_object(call, &call->args.fsinfo.fsroot);
}

void nfs3_fsinfo_ok(struct rpc_call *call, struct xdr_put *o)
{
    bool read_only = vfs_info(call->server->vfs).read_only;

    put_attr(call, o);
    for (int i = 0; i < 2; i++) { /* reads, then writes */
        xdr_put_u32(o, NFS3_IO_MAX);
        xdr_put_u32(o, NFS3_IO_MAX);
        xdr_put_u32(o, IO_MULTIPLE);
    }
    xdr_put_u32(o, LIST_PREFERRED);
    xdr_put_u64(o, FILE_SIZE_MAX);
    xdr_put_u32(o, 0); /* time_delta: */
    xdr_put_u32(o, 1); /* a nanosecond */
    xdr_put_u32(
        o, FSF3_SYMLINK | FSF3_HOMOGENEOUS | (read_only ? 0 : FSF3_CANSETTIME));
}

/* ---- PATHCONF, RFC 1813 3.3.20 */

void nfs3_pathconf(struct rpc_call *call)
{
    get_object(call, &call->args.pathconf.object);
}

void nfs3_pathconf_ok(struct rpc_call *call, struct xdr_put *o)
{
    put_attr(call, o);
    xdr_put_u32(o, 1); /* linkmax: there are no hard links */
    xdr_put_u32(o, PATH_NAME_MAX);
    xdr_put_bool(o, true);  /* no_trunc: too long is an error */
    xdr_put_bool(o, true);  /* chown_restricted */
    xdr_put_bool(o, false); /* case_insensitive */
    xdr_put_bool(o, true);  /* case_preserving */
}
