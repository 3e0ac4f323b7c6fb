/* The border between errno and nfsstat3 (house style: one place). */
#ifndef NFSD_NFS3_STATUS_H
#define NFSD_NFS3_STATUS_H

#include <stdint.h>

/* What a procedure fails with when its handle is not one of ours, and when
 * the client's buffer takes not even one entry. */
#define NFS3_EBADHANDLE EBADF
#define NFS3_ETOOSMALL ENOBUFS

/* 0 or -errno. */
uint32_t nfs3_status(int err);

/* The same for MOUNT, which knows fewer. */
uint32_t mount3_status(int err);

#endif
