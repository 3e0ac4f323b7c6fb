/* The 22 procedures of RFC 1813 in one table; their order is the standard's. */
#include "nfsd/nfs3.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "nfsd/nfs3_attr.h"
#include "nfsd/nfs3_proc.h"
#include "nfsd/nfs3_status.h"
#include "nfsd/rpc_call.h"

#define ARGS(type) .args = (xdr_fn *)xdr_##type##3args

static const struct rpc_proc procs[] = {
    [NFSPROC3_NULL] = {"NULL", .plain = true},
    [NFSPROC3_GETATTR] = {"GETATTR", ARGS(GETATTR), nfs3_getattr,
        nfs3_getattr_ok},
    [NFSPROC3_SETATTR] = {"SETATTR", ARGS(SETATTR), nfs3_setattr,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_LOOKUP] = {"LOOKUP", ARGS(LOOKUP), nfs3_lookup, nfs3_lookup_ok,
        nfs3_object_fail},
    [NFSPROC3_ACCESS] = {"ACCESS", ARGS(ACCESS), nfs3_access, nfs3_access_ok,
        nfs3_object_fail},
    [NFSPROC3_READLINK] = {"READLINK", ARGS(READLINK), nfs3_readlink,
        nfs3_readlink_ok, nfs3_object_fail},
    [NFSPROC3_READ] = {"READ", ARGS(READ), nfs3_read, nfs3_read_ok,
        nfs3_object_fail},
    [NFSPROC3_WRITE] = {"WRITE", ARGS(WRITE), nfs3_write,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_CREATE] = {"CREATE", ARGS(CREATE), nfs3_create,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_MKDIR] = {"MKDIR", ARGS(MKDIR), nfs3_mkdir,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_SYMLINK] = {"SYMLINK", ARGS(SYMLINK), nfs3_symlink,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_MKNOD] = {"MKNOD", ARGS(MKNOD), nfs3_mknod,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_REMOVE] = {"REMOVE", ARGS(REMOVE), nfs3_remove,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_RMDIR] = {"RMDIR", ARGS(RMDIR), nfs3_rmdir,
        .put_fail = nfs3_wcc_fail},
    [NFSPROC3_RENAME] = {"RENAME", ARGS(RENAME), nfs3_rename,
        .put_fail = nfs3_rename_fail},
    [NFSPROC3_LINK] = {"LINK", ARGS(LINK), nfs3_link,
        .put_fail = nfs3_link_fail},
    [NFSPROC3_READDIR] = {"READDIR", ARGS(READDIR), nfs3_readdir,
        nfs3_readdir_ok, nfs3_object_fail},
    [NFSPROC3_READDIRPLUS] = {"READDIRPLUS", ARGS(READDIRPLUS),
        nfs3_readdirplus, nfs3_readdir_ok, nfs3_object_fail},
    [NFSPROC3_FSSTAT] = {"FSSTAT", ARGS(FSSTAT), nfs3_fsstat, nfs3_fsstat_ok,
        nfs3_object_fail},
    [NFSPROC3_FSINFO] = {"FSINFO", ARGS(FSINFO), nfs3_fsinfo, nfs3_fsinfo_ok,
        nfs3_object_fail},
    [NFSPROC3_PATHCONF] = {"PATHCONF", ARGS(PATHCONF), nfs3_pathconf,
        nfs3_pathconf_ok, nfs3_object_fail},
    [NFSPROC3_COMMIT] = {"COMMIT", ARGS(COMMIT), nfs3_commit,
        .put_fail = nfs3_wcc_fail},
};

const struct rpc_program nfs3_program = {
    .number = NFS_PROGRAM,
    .version = NFS_V3,
    .proc = procs,
    .n_procs = ARRAY_LEN(procs),
    .status = nfs3_status,
    .needs_auth_sys = true,
};

void nfs3_object_fail(struct rpc_call *call, struct xdr_put *o)
{
    nfs3_put_post_op(o, call->server, call->nfs.ino);
}

void nfs3_state_fini(struct nfs3_state *n)
{
    vfs_data_free(&n->data);
    buf_free(&n->text);
    bytes_put(n->list.page);
}
