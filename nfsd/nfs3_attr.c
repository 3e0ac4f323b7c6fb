/* The encoders below run for every call and every entry of a listing, so they
 * ask for room once and then store. */
#include "nfsd/nfs3_attr.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "nfsd/nfs3_fh.h"
#include "nfsd/nfs3_status.h"
#include "nfsd/rpc_call.h"
#include "nfsd/rpc_conn.h"
#include "nfsd/server.h"
#include "nfsd/xdr_put.h"
#include "vfs/vfs.h"

#define NS_PER_S 1000000000

static const uint32_t type_of[] = {
    [VFS_FILE] = NF3REG,
    [VFS_DIR] = NF3DIR,
    [VFS_SYMLINK] = NF3LNK,
};

/* nfstime3 counts unsigned 32-bit seconds: 1970 to 2106. */
static uint8_t *store_time(uint8_t *p, int64_t ns)
{
    int64_t seconds = ns / NS_PER_S;
    uint32_t rest = (uint32_t)(ns % NS_PER_S);

    if (ns < 0)
        seconds = rest = 0;
    if (seconds > UINT32_MAX) {
        seconds = UINT32_MAX;
        rest = NS_PER_S - 1;
    }
    store_u32be(p, (uint32_t)seconds);
    store_u32be(p + 4, rest);
    return p + 8;
}

static void store_fattr(
    uint8_t *p, const struct nfsd *s, const struct vfs_attr *a)
{
    store_u32be(p, type_of[a->kind]);
    store_u32be(p + 4, a->mode & 07777);
    store_u32be(p + 8, a->nlink);
    store_u32be(p + 12, a->uid);
    store_u32be(p + 16, a->gid);
    store_u64be(p + 20, a->size_bytes);
    store_u64be(p + 28, a->used_bytes);
    store_u64be(p + 36, 0);            /* rdev: there are no devices */
    store_u64be(p + 44, s->handle_id); /* fsid: one for the whole export */
    store_u64be(p + 52, a->ino);
    p = store_time(p + 60, a->atime_ns);
    p = store_time(p, a->mtime_ns);
    store_time(p, a->ctime_ns);
}

void nfs3_put_fattr(
    struct xdr_put *o, const struct nfsd *s, const struct vfs_attr *a)
{
    store_fattr(xdr_put_room(o, NFS3_FATTR_SIZE), s, a);
}

void nfs3_put_attr(
    struct xdr_put *o, const struct nfsd *s, const struct vfs_attr *a)
{
    uint8_t *p = xdr_put_room(o, NFS3_POST_OP_SIZE);

    store_u32be(p, TRUE);
    store_fattr(p + 4, s, a);
}

void nfs3_put_fh(struct xdr_put *o, const struct nfsd *s, uint64_t ino)
{
    uint8_t *p = xdr_put_room(o, NFS3_POST_OP_FH_SIZE);

    store_u32be(p, TRUE);
    store_u32be(p + 4, NFS3_FH_SIZE);
    nfs3_fh_make(s, ino, p + 8);
}

void nfs3_put_post_op(struct xdr_put *o, const struct nfsd *s, uint64_t ino)
{
    struct vfs_attr a;

    if (ino != 0 && vfs_attr_now(s->vfs, ino, &a))
        nfs3_put_attr(o, s, &a);
    else
        xdr_put_u32(o, FALSE);
}

void nfs3_put_wcc_same(struct xdr_put *o, const struct nfsd *s, uint64_t ino)
{
    struct vfs_attr a;
    uint8_t *p;

    if (ino == 0 || !vfs_attr_now(s->vfs, ino, &a)) {
        xdr_put_u64(o, 0); /* neither */
        return;
    }
    p = xdr_put_room(o, 4 + 8 + 8 + 8);
    store_u32be(p, TRUE);
    store_u64be(p + 4, a.size_bytes);
    p = store_time(p + 12, a.mtime_ns);
    store_time(p, a.ctime_ns);
    nfs3_put_attr(o, s, &a);
}

bool nfs3_object(struct rpc_call *call, const nfs_fh3 *fh, uint64_t *ino)
{
    if (nfs3_fh_open(call->server, fh, ino)) {
        rpc_conn_known(call->conn);
        return true;
    }
    rpc_call_fail(call, -NFS3_EBADHANDLE);
    return false;
}

int nfs3_name_check(const filename3 *name)
{
    const char *p = name->filename3_val;
    size_t n = name->filename3_len;

    if (n > PATH_NAME_MAX)
        return -ENAMETOOLONG;
    if (n == 0 || memchr(p, '/', n) != NULL || memchr(p, '\0', n) != NULL)
        return -EACCES;
    return 0;
}
