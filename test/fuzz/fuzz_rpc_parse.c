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

static xdr_fn *const procs[] = {
    (xdr_fn *)xdr_dirpath,
    (xdr_fn *)xdr_GETATTR3args,
    (xdr_fn *)xdr_SETATTR3args,
    (xdr_fn *)xdr_LOOKUP3args,
    (xdr_fn *)xdr_ACCESS3args,
    (xdr_fn *)xdr_READLINK3args,
    (xdr_fn *)xdr_READ3args,
    (xdr_fn *)xdr_WRITE3args,
    (xdr_fn *)xdr_CREATE3args,
    (xdr_fn *)xdr_MKDIR3args,
    (xdr_fn *)xdr_SYMLINK3args,
    (xdr_fn *)xdr_MKNOD3args,
    (xdr_fn *)xdr_REMOVE3args,
    (xdr_fn *)xdr_RMDIR3args,
    (xdr_fn *)xdr_RENAME3args,
    (xdr_fn *)xdr_LINK3args,
    (xdr_fn *)xdr_READDIR3args,
    (xdr_fn *)xdr_READDIRPLUS3args,
    (xdr_fn *)xdr_FSSTAT3args,
    (xdr_fn *)xdr_FSINFO3args,
    (xdr_fn *)xdr_PATHCONF3args,
    (xdr_fn *)xdr_COMMIT3args,
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
        if (xdr_decode((xdr_fn *)xdr_RENAME3args, c.p, cur_left(&c), &args)) {
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
