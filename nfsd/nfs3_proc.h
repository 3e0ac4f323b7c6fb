/* The procedures of nfs3.c's table, as rpc_proc describes them: `run` takes a
 * name like nfs3_getattr, what writes its results nfs3_getattr_ok and, where
 * failures have attributes, nfs3_getattr_fail. */
#ifndef NFSD_NFS3_PROC_H
#define NFSD_NFS3_PROC_H

struct rpc_call;
struct xdr_put;

typedef void nfs3_run_fn(struct rpc_call *call);
typedef void nfs3_put_fn(struct rpc_call *call, struct xdr_put *o);

/* Post-op attributes of the object, or directory, of the first handle: the
 * failure of most procedures. */
nfs3_put_fn nfs3_object_fail;

/* nfs3_meta.c */
nfs3_run_fn nfs3_getattr, nfs3_access, nfs3_readlink;
nfs3_run_fn nfs3_fsstat, nfs3_fsinfo, nfs3_pathconf;
nfs3_put_fn nfs3_getattr_ok, nfs3_access_ok, nfs3_readlink_ok;
nfs3_put_fn nfs3_fsstat_ok, nfs3_fsinfo_ok, nfs3_pathconf_ok;

/* nfs3_dir.c */
nfs3_run_fn nfs3_lookup, nfs3_readdir, nfs3_readdirplus;
nfs3_put_fn nfs3_lookup_ok, nfs3_readdir_ok;

/* nfs3_io.c */
nfs3_run_fn nfs3_read;
nfs3_put_fn nfs3_read_ok;

/* nfs3_change.c */
nfs3_run_fn nfs3_setattr, nfs3_write, nfs3_create, nfs3_mkdir, nfs3_symlink;
nfs3_run_fn nfs3_mknod, nfs3_remove, nfs3_rmdir, nfs3_rename, nfs3_link;
nfs3_run_fn nfs3_commit;
nfs3_put_fn nfs3_wcc_fail, nfs3_rename_fail, nfs3_link_fail;

#endif
