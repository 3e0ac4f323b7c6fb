/* nfsd/nfs3_status: every errno becomes a status that clients understand. */
#include "nfsd/nfs3_status.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xdr/mount3.h"
#include "xdr/nfs3.h"

#include <cmocka.h>

#include "base/mem.h"

static void known(void **state)
{
    static const struct {
        int err;
        uint32_t nfs;
        uint32_t mount;
    } map[] = {
        {0, NFS3_OK, MNT3_OK},
        {-EPERM, NFS3ERR_PERM, MNT3ERR_PERM},
        {-ENOENT, NFS3ERR_NOENT, MNT3ERR_NOENT},
        {-EIO, NFS3ERR_IO, MNT3ERR_IO},
        {-EACCES, NFS3ERR_ACCES, MNT3ERR_ACCES},
        {-EEXIST, NFS3ERR_EXIST, MNT3ERR_IO},
        {-ENOTDIR, NFS3ERR_NOTDIR, MNT3ERR_NOTDIR},
        {-EISDIR, NFS3ERR_ISDIR, MNT3ERR_IO},
        {-EINVAL, NFS3ERR_INVAL, MNT3ERR_INVAL},
        {-EFBIG, NFS3ERR_FBIG, MNT3ERR_IO},
        {-ENOSPC, NFS3ERR_NOSPC, MNT3ERR_IO},
        {-EROFS, NFS3ERR_ROFS, MNT3ERR_IO},
        {-ENAMETOOLONG, NFS3ERR_NAMETOOLONG, MNT3ERR_NAMETOOLONG},
        {-ENOTEMPTY, NFS3ERR_NOTEMPTY, MNT3ERR_IO},
        {-EDQUOT, NFS3ERR_DQUOT, MNT3ERR_IO},
        {-ESTALE, NFS3ERR_STALE, MNT3ERR_IO},
        {-EAGAIN, NFS3ERR_JUKEBOX, MNT3ERR_IO},
        {-NFS3_EBADHANDLE, NFS3ERR_BADHANDLE, MNT3ERR_IO},
        {-NFS3_ETOOSMALL, NFS3ERR_TOOSMALL, MNT3ERR_IO},
        {-ENETUNREACH, NFS3ERR_IO, MNT3ERR_IO},
        {-ETIMEDOUT, NFS3ERR_IO, MNT3ERR_IO},
        {-EBADMSG, NFS3ERR_IO, MNT3ERR_IO},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(map); i++) {
        assert_int_equal(nfs3_status(map[i].err), map[i].nfs);
        assert_int_equal(mount3_status(map[i].err), map[i].mount);
    }
}

/* These would reach programs as errors that they do not know. */
static void never(void **state)
{
    (void)state;
    for (int err = 1; err < 100000; err++) {
        uint32_t status = nfs3_status(-err);

        assert_int_not_equal(status, NFS3_OK);
        assert_int_not_equal(status, NFS3ERR_NOTSUPP);
        assert_int_not_equal(status, NFS3ERR_SERVERFAULT);
        assert_int_not_equal(status, NFS3ERR_BAD_COOKIE);
        assert_int_not_equal(mount3_status(-err), MNT3_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known),
        cmocka_unit_test(never),
    };

    return cmocka_run_group_tests_name("nfsd_status", tests, NULL, NULL);
}
