/* The mount protocol (RFC 1813 Appendix I). The export's path holds a secret,
 * so it is compared in constant time and appears in no answer: EXPORT and
 * DUMP say "/". A path below the export is walked, and gives that directory's
 * handle. UMNT only forgets a line of DUMP. */
#include "nfsd/mount3.h"

#include <errno.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "nfsd/nfs3_fh.h"
#include "nfsd/nfs3_status.h"
#include "nfsd/rpc_call.h"
#include "nfsd/rpc_conn.h"
#include "nfsd/server.h"
#include "vfs/vfs.h"

#define SHOWN_PATH "/"

static op_fn walk, check; /* of MNT; then rpc_call_reply */

/* ---- MNT, RFC 1813 5.2.1 */

/* 0 and what follows the export's path, or -ENOENT. */
static int match_export(struct rpc_call *call)
{
    const dirpath *path = &call->args.mount;
    const char *want = call->server->export_path;
    const char *have = path->dirpath_val;
    size_t n = strlen(want);

    if (path->dirpath_len < n ||
        !mac_equal((const uint8_t *)want, (const uint8_t *)have, n))
        return -ENOENT;
    if (path->dirpath_len > n && have[n] != '/')
        return -ENOENT;
    call->mount.rest = have + n;
    call->mount.n_rest = path->dirpath_len - n;
    return 0;
}

static void mnt(struct rpc_call *call)
{
    int err = call->args.mount.dirpath_len > MNTPATHLEN ? -ENAMETOOLONG
                                                        : match_export(call);

    if (err != 0) {
        rpc_call_fail(call, err);
        return;
    }
    rpc_conn_known(call->conn);
    vfs_getattr(call->server->vfs, VFS_ROOT_INO, &call->mount.attr, &call->op);
    op_then(&call->op, walk);
}

/* Down one component; slashes may be doubled and trailing. */
static void walk(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    struct mount3_state *m = &call->mount;
    const char *name;
    size_t n = 0;

    while (m->n_rest > 0 && *m->rest == '/') {
        m->rest++;
        m->n_rest--;
    }
    if (op->err != 0 || m->n_rest == 0) {
        op_then(op, check);
        return;
    }
    name = m->rest;
    while (n < m->n_rest && name[n] != '/' && name[n] != '\0')
        n++;
    if (n < m->n_rest && name[n] == '\0') {
        rpc_call_fail(call, -ENOENT);
        op_then(op, rpc_call_reply);
        return;
    }
    m->rest += n;
    m->n_rest -= n;
    vfs_lookup(call->server->vfs, m->attr.ino, name, n, &m->attr, op);
    op_then(op, walk);
}

static void remember(struct rpc_call *call)
{
    struct mount3_table *t = &call->server->mounts;

    for (size_t i = 0; i < t->n; i++) {
        if (memcmp(&t->client[i], &call->conn->peer, sizeof(t->client[i])) == 0)
            return;
    }
    if (t->n < MOUNT3_TABLE_MAX)
        t->client[t->n++] = call->conn->peer;
}

static void check(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);

    if (op->err == 0 && call->mount.attr.kind != VFS_DIR)
        rpc_call_fail(call, -ENOTDIR);
    if (op->err == 0)
        remember(call);
    op_then(op, rpc_call_reply);
}

static void mnt_ok(struct rpc_call *call, struct xdr_put *o)
{
    xdr_put_u32(o, NFS3_FH_SIZE);
    nfs3_fh_make(
        call->server, call->mount.attr.ino, xdr_put_room(o, NFS3_FH_SIZE));
    xdr_put_u32(o, 1); /* one flavor */
    xdr_put_u32(o, AUTH_SYS);
}

/* ---- The rest, RFC 1813 5.2.2 to 5.2.5 */

static void put_text(struct xdr_put *o, const char *text)
{
    xdr_put_bytes(o, text, strlen(text));
}

static void dump_ok(struct rpc_call *call, struct xdr_put *o)
{
    const struct mount3_table *t = &call->server->mounts;
    char host[PEER_TEXT_MAX];

    for (size_t i = 0; i < t->n; i++) {
        peer_text(&t->client[i], host);
        xdr_put_bool(o, true);
        put_text(o, host);
        put_text(o, SHOWN_PATH);
    }
    xdr_put_bool(o, false);
}

/* UMNT and UMNTALL: there is one export, so they mean the same. */
static void forget(struct rpc_call *call)
{
    struct mount3_table *t = &call->server->mounts;

    for (size_t i = 0; i < t->n; i++) {
        if (memcmp(&t->client[i], &call->conn->peer, sizeof(t->client[i])) ==
            0) {
            t->client[i] = t->client[--t->n];
            return;
        }
    }
}

static void export_ok(struct rpc_call *call, struct xdr_put *o)
{
    (void)call;
    xdr_put_bool(o, true);
    put_text(o, SHOWN_PATH);
    xdr_put_bool(o, false); /* no groups: who may connect may mount */
    xdr_put_bool(o, false);
}

static const struct rpc_proc procs[] = {
    [MOUNTPROC3_NULL] = {"MOUNT NULL", .plain = true},
    [MOUNTPROC3_MNT] = {"MNT", (xdr_fn *)xdr_dirpath, mnt, .put_ok = mnt_ok},
    [MOUNTPROC3_DUMP] = {"DUMP", .put_ok = dump_ok, .plain = true},
    [MOUNTPROC3_UMNT] = {"UMNT", (xdr_fn *)xdr_dirpath, forget, .plain = true},
    [MOUNTPROC3_UMNTALL] = {"UMNTALL", .run = forget, .plain = true},
    [MOUNTPROC3_EXPORT] = {"EXPORT", .put_ok = export_ok, .plain = true},
};

const struct rpc_program mount3_program = {
    .number = MOUNT_PROGRAM,
    .version = MOUNT_V3,
    .proc = procs,
    .n_procs = ARRAY_LEN(procs),
    .status = mount3_status,
};
