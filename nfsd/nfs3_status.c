/* The one table. NFS3ERR_NOTSUPP is not in it: where Linux has no fall-back it
 * reaches programs as "Unknown error 524"; SERVERFAULT becomes EREMOTEIO. */
#include "nfsd/nfs3_status.h"

#include <errno.h>
#include <stddef.h>
#include "xdr/mount3.h"
#include "xdr/nfs3.h"

#include "base/mem.h"

static const uint16_t status_of[] = {
    [EPERM] = NFS3ERR_PERM,
    [ENOENT] = NFS3ERR_NOENT,
    [EIO] = NFS3ERR_IO,
    [ENXIO] = NFS3ERR_NXIO,
    [EAGAIN] = NFS3ERR_JUKEBOX,
    [EACCES] = NFS3ERR_ACCES,
    [EEXIST] = NFS3ERR_EXIST,
    [EXDEV] = NFS3ERR_XDEV,
    [ENODEV] = NFS3ERR_NODEV,
    [ENOTDIR] = NFS3ERR_NOTDIR,
    [EISDIR] = NFS3ERR_ISDIR,
    [EINVAL] = NFS3ERR_INVAL,
    [EFBIG] = NFS3ERR_FBIG,
    [ENOSPC] = NFS3ERR_NOSPC,
    [EROFS] = NFS3ERR_ROFS,
    [EMLINK] = NFS3ERR_MLINK,
    [ENAMETOOLONG] = NFS3ERR_NAMETOOLONG,
    [ENOTEMPTY] = NFS3ERR_NOTEMPTY,
    [EDQUOT] = NFS3ERR_DQUOT,
    [ESTALE] = NFS3ERR_STALE,
    [EOPNOTSUPP] = NFS3ERR_PERM,
    [NFS3_EBADHANDLE] = NFS3ERR_BADHANDLE,
    [NFS3_ETOOSMALL] = NFS3ERR_TOOSMALL,
};

uint32_t nfs3_status(int err)
{
    size_t at = (size_t)-err;

    if (err == 0)
        return NFS3_OK;
    if (at < ARRAY_LEN(status_of) && status_of[at] != 0)
        return status_of[at];
    return NFS3ERR_IO;
}

/* Where both have a status, it has the same number (RFC 1813 5.1.5). */
uint32_t mount3_status(int err)
{
    uint32_t status = nfs3_status(err);

    switch (status) {
    case MNT3_OK:
    case MNT3ERR_PERM:
    case MNT3ERR_NOENT:
    case MNT3ERR_ACCES:
    case MNT3ERR_NOTDIR:
    case MNT3ERR_INVAL:
    case MNT3ERR_NAMETOOLONG:
        return status;
    default:
        return MNT3ERR_IO;
    }
}
