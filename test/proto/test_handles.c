/* File handles cannot be made up: whatever is changed in one, it is refused,
 * by every procedure, and the reply is well-formed. */
#include <string.h>

#include "base/digest.h"
#include "test/lib/rpc_client.h"
#include "test/lib/checks.h"

static struct client c;

static uint32_t getattr(const struct handle *h)
{
    GETATTR3args args = {fh_of(h)};
    GETATTR3res res = {0};

    return NFS_CALL(&c, GETATTR, &args, &res) ? res.status : UINT32_MAX;
}

static void changed(const struct handle *good)
{
    unsigned refused = 0;

    for (unsigned bit = 0; bit < good->len * 8; bit++) {
        struct handle h = *good;

        h.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused += getattr(&h) == NFS3ERR_BADHANDLE;
    }
    check(refused == good->len * 8, "each bit matters: %u of %u", refused,
        good->len * 8);
    refused = 0;
    for (uint32_t len = 0; len <= NFS3_FHSIZE; len++) {
        struct handle h = *good;

        h.len = len;
        refused += len != good->len && getattr(&h) == NFS3ERR_BADHANDLE;
    }
    check(refused == NFS3_FHSIZE, "each other length is refused: %u", refused);
    refused = 0;
    for (int i = 0; i < 1000; i++) {
        struct handle h = {.len = good->len};

        random_bytes(h.b, h.len);
        refused += getattr(&h) == NFS3ERR_BADHANDLE;
    }
    check(refused == 1000, "random ones are refused");
}

/* The MAC of one handle does not serve another inode. */
static void mixed(const struct handle *a, const struct handle *b)
{
    unsigned refused = 0;

    for (uint32_t cut = 1; cut < a->len; cut++) {
        struct handle h = *a;

        memcpy(h.b + cut, b->b + cut, h.len - cut);
        if (memcmp(h.b, a->b, h.len) == 0 || memcmp(h.b, b->b, h.len) == 0 ||
            getattr(&h) == NFS3ERR_BADHANDLE)
            refused++;
    }
    check(refused == a->len - 1, "halves of two handles are refused");
}

/* Every procedure with a bad handle, the rest of the arguments being zero:
 * BADHANDLE, and results of the length that failure has. */
static void every_procedure(void)
{
    static const struct {
        uint32_t proc;
        uint32_t args_words; /* after the handle */
        size_t results;
    } p[] = {
        {NFSPROC3_GETATTR, 0, 4},
        {NFSPROC3_SETATTR, 7, 12},
        {NFSPROC3_LOOKUP, 1, 8},
        {NFSPROC3_ACCESS, 1, 8},
        {NFSPROC3_READLINK, 0, 8},
        {NFSPROC3_READ, 3, 8},
        {NFSPROC3_WRITE, 5, 12},
        {NFSPROC3_CREATE, 8, 12},
        {NFSPROC3_MKDIR, 7, 12},
        {NFSPROC3_SYMLINK, 8, 12},
        {NFSPROC3_REMOVE, 1, 12},
        {NFSPROC3_RMDIR, 1, 12},
        {NFSPROC3_RENAME, 3, 20},
        {NFSPROC3_LINK, 2, 16},
        {NFSPROC3_READDIR, 5, 8},
        {NFSPROC3_READDIRPLUS, 6, 8},
        {NFSPROC3_FSSTAT, 0, 8},
        {NFSPROC3_FSINFO, 0, 8},
        {NFSPROC3_PATHCONF, 0, 8},
        {NFSPROC3_COMMIT, 3, 12},
    };

    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        struct buf b = {0};
        struct buf results = {0};
        uint32_t detail;
        bool ok;

        add_call(&c, &b, NFS_PROGRAM, 3, p[i].proc);
        add_opaque(&b, (char[32]){0}, 32);
        for (uint32_t w = 0; w < p[i].args_words; w++)
            add_u32(&b, 0);
        ok = client_send_record(&c, &b) && client_receive(&c) &&
            client_verdict(&c, c.xid, &detail, &results) == V_SUCCESS &&
            results.len == p[i].results && results.data[2] == 0x27 &&
            results.data[3] == 0x11; /* 10001 */
        check(ok, "procedure %u: %zu bytes", p[i].proc, results.len);
        buf_free(&b);
        buf_free(&results);
    }
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);
    struct handle root;
    READDIRPLUS3args args = {.dircount = 8192, .maxcount = 8192};
    READDIRPLUS3res res = {0};

    client_open(&c, &t);
    root = mount_root(&c, &t);
    check(getattr(&root) == NFS3_OK, "the root's handle is good");
    changed(&root);
    args.dir = fh_of(&root);
    if (!NFS_CALL(&c, READDIRPLUS, &args, &res) || res.status != NFS3_OK)
        bail_out("cannot list the root");
    for (entryplus3 *e = res.READDIRPLUS3res_u.resok.reply.entries; e != NULL;
         e = e->nextentry) {
        struct handle h = handle_of(&e->name_handle.post_op_fh3_u.handle);
        struct buf keep = c.reply;

        c.reply = (struct buf){0}; /* the list lies in it */
        mixed(&root, &h);
        buf_free(&c.reply);
        c.reply = keep;
    }
    xdr_free((xdrproc_t)xdr_READDIRPLUS3res, (char *)&res);
    every_procedure();
    check(getattr(&root) == NFS3_OK, "and the good one is still good");
    client_close(&c);
    return checks_done();
}
