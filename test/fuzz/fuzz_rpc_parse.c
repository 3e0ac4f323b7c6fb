/* The parsers of nfsd without its sockets, and so much faster: the record
 * splitter, the call's header, and the arguments of every procedure. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "xdr/mount3.h"
#include "xdr/nfs3.h"

#include "base/cur.h"
#include "base/mem.h"
#include "nfsd/rpc_msg.h"
#include "nfsd/rpc_record.h"
#include "nfsd/xdr_place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const xdrproc_t procs[] = {
    (xdrproc_t)xdr_dirpath,
    (xdrproc_t)xdr_GETATTR3args,
    (xdrproc_t)xdr_SETATTR3args,
    (xdrproc_t)xdr_LOOKUP3args,
    (xdrproc_t)xdr_ACCESS3args,
    (xdrproc_t)xdr_READLINK3args,
    (xdrproc_t)xdr_READ3args,
    (xdrproc_t)xdr_WRITE3args,
    (xdrproc_t)xdr_CREATE3args,
    (xdrproc_t)xdr_MKDIR3args,
    (xdrproc_t)xdr_SYMLINK3args,
    (xdrproc_t)xdr_MKNOD3args,
    (xdrproc_t)xdr_REMOVE3args,
    (xdrproc_t)xdr_RMDIR3args,
    (xdrproc_t)xdr_RENAME3args,
    (xdrproc_t)xdr_LINK3args,
    (xdrproc_t)xdr_READDIR3args,
    (xdrproc_t)xdr_READDIRPLUS3args,
    (xdrproc_t)xdr_FSSTAT3args,
    (xdrproc_t)xdr_FSINFO3args,
    (xdrproc_t)xdr_PATHCONF3args,
    (xdrproc_t)xdr_COMMIT3args,
};

static void must_lie_in(const struct cur *args, const filename3 *name)
{
    const uint8_t *p = (const uint8_t *)name->filename3_val;

    assert(p >= args->p && p + name->filename3_len <= args->end);
}

static void parse_record(const struct rpc_span *record)
{
    uint8_t *copy = xmalloc(record->len); /* aligned, and no byte more */
    struct cur c = cur_over(copy, record->len);
    struct rpc_header h;
    union {
        RENAME3args rename;
        WRITE3args write;
        SETATTR3args setattr;
        MKNOD3args mknod;
        SYMLINK3args symlink;
        CREATE3args create;
    } args;

    memcpy(copy, record->p, record->len);
    if (rpc_header_read(&c, &h) == HEADER_CALL) {
        assert(h.cred.n_groups <= RPC_GROUPS_MAX);
        for (size_t i = 0; i < ARRAY_LEN(procs); i++)
            xdr_decode(procs[i], c.p, cur_left(&c), &args);
        if (xdr_decode((xdrproc_t)xdr_RENAME3args, c.p, cur_left(&c), &args)) {
            must_lie_in(&c, &args.rename.from.name);
            must_lie_in(&c, &args.rename.to.name);
        }
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_record r = {0};
    struct rpc_span record;
    size_t half = size / 2;
    struct cur in = cur_over(data, half);

    while (rpc_record_next(&r, &in, &record) == 1)
        parse_record(&record);
    in = cur_over(data + half, size - half);
    while (rpc_record_next(&r, &in, &record) == 1)
        parse_record(&record);
    rpc_record_fini(&r);
    return 0;
}
