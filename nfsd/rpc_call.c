/* From a record to a reply. What RFC 5531 says about wrong calls happens in
 * dispatch(); everything else is the procedure's. */
#include "nfsd/rpc_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cur.h"
#include "base/log.h"
#include "base/mem.h"
#include "nfsd/rpc_conn.h"
#include "nfsd/rpc_record.h"
#include "nfsd/server.h"

#define SPARES_MAX 64
#define RECORD_KEEP 4096 /* a larger buffer is not kept with a spare call */

static op_fn dispatch, end; /* dispatch, what proc->run names, reply, end */

static const struct rpc_program *const programs[] = {
    &nfs3_program,
    &mount3_program,
};

static struct rpc_call *call_new(struct nfsd *server)
{
    struct rpc_call *call = STAILQ_FIRST(&server->spares);

    if (call == NULL)
        return xcalloc(1, sizeof(*call));
    STAILQ_REMOVE_HEAD(&server->spares, link);
    server->n_spares--;
    return call;
}

static void call_free(struct nfsd *server, struct rpc_call *call)
{
    if (call->record.cap > RECORD_KEEP)
        buf_free(&call->record);
    if (server->n_spares < SPARES_MAX) {
        STAILQ_INSERT_HEAD(&server->spares, call, link);
        server->n_spares++;
        return;
    }
    buf_free(&call->record);
    free(call);
}

void rpc_call_free_spares(struct nfsd *server)
{
    struct rpc_call *call;

    while ((call = STAILQ_FIRST(&server->spares)) != NULL) {
        STAILQ_REMOVE_HEAD(&server->spares, link);
        buf_free(&call->record);
        free(call);
    }
    server->n_spares = 0;
}

void rpc_call_start(struct rpc_conn *conn, const struct rpc_span *record)
{
    struct rpc_call *call = call_new(conn->server);
    struct buf mine = call->record;

    buf_clear(&mine);
    if (record->owner != NULL && record->len > RECORD_KEEP) {
        buf_free(&mine);
        mine = *record->owner;
        *record->owner = (struct buf){0};
    } else {
        buf_add(&mine, record->p, record->len);
    }
    *call =
        (struct rpc_call){.conn = conn, .server = conn->server, .record = mine};
    conn->n_calls++;
    op_start(&call->op, dispatch, end, &conn->op);
}

/* ---- Calls that do not reach a procedure */

static void reject_version(struct rpc_call *call)
{
    struct xdr_put o = rpc_out_begin(&call->conn->out);

    rpc_put_denied_version(&o, call->header.xid);
    rpc_out_end(&call->conn->out, &o, &call->body);
}

static void reject_auth(struct rpc_call *call, enum auth_stat reason)
{
    struct xdr_put o = rpc_out_begin(&call->conn->out);

    rpc_put_denied_auth(&o, call->header.xid, reason);
    rpc_out_end(&call->conn->out, &o, &call->body);
}

static void reject(struct rpc_call *call, enum accept_stat stat)
{
    struct xdr_put o = rpc_out_begin(&call->conn->out);

    rpc_put_accepted(&o, call->header.xid, stat);
    if (stat == PROG_MISMATCH) {
        xdr_put_u32(&o, call->program->version);
        xdr_put_u32(&o, call->program->version);
    }
    rpc_out_end(&call->conn->out, &o, &call->body);
}

/* True: the header is that of a call we may look at. */
static bool read_header(struct rpc_call *call, struct cur *c)
{
    switch (rpc_header_read(c, &call->header)) {
    case HEADER_CALL:
        return true;
    case HEADER_NOT_A_CALL:
        break;
    case HEADER_BROKEN:
        call->server->stats.refused++;
        rpc_conn_close(call->conn);
        break;
    case HEADER_SHORT:
        reject(call, GARBAGE_ARGS);
        break;
    case HEADER_VERSION:
        reject_version(call);
        break;
    case HEADER_AUTH:
        reject_auth(call, call->header.auth);
        break;
    }
    return false;
}

static bool find_proc(struct rpc_call *call)
{
    const struct rpc_header *h = &call->header;
    const struct rpc_program *p = NULL;

    for (size_t i = 0; i < ARRAY_LEN(programs) && p == NULL; i++) {
        if (programs[i]->number == h->program)
            p = programs[i];
    }
    call->program = p;
    if (p == NULL)
        reject(call, PROG_UNAVAIL);
    else if (h->version != p->version)
        reject(call, PROG_MISMATCH);
    else if (h->proc >= p->n_procs)
        reject(call, PROC_UNAVAIL);
    else if (h->proc != 0 && p->needs_auth_sys && h->cred.flavor != AUTH_SYS)
        reject_auth(call, AUTH_TOOWEAK);
    else
        call->proc = &p->proc[h->proc];
    return call->proc != NULL;
}

static bool read_args(struct rpc_call *call, struct cur *c)
{
    size_t n = cur_left(c);
    bool ok = call->proc->args == NULL
        ? n == 0
        : xdr_decode(call->proc->args, c->p, n, &call->args);

    if (!ok)
        reject(call, GARBAGE_ARGS);
    return ok;
}

static void dispatch(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    struct cur c = cur_over(call->record.data, call->record.len);

    if (!read_header(call, &c) || !find_proc(call) || !read_args(call, &c))
        return;
    op_then(op, rpc_call_reply);
    if (call->proc->run != NULL)
        call->proc->run(call);
}

/* ---- What procedures use */

void rpc_call_fail(struct rpc_call *call, int err)
{
    op_hold(&call->op);
    op_wake(&call->op, err);
}

bool rpc_call_admit(struct rpc_call *call, enum rpc_lane_id lane, size_t n)
{
    if (!rpc_lane_enter(&call->conn->lane[lane], n, &call->op))
        return false;
    call->body.lane = lane;
    call->body.charge = n;
    return true;
}

/* ---- The end */

void rpc_call_reply(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    const struct rpc_proc *proc = call->proc;
    int err = op_catch(op);
    struct xdr_put o;

    log_debug("rpc: %08x %s of inode %llu: %s", call->header.xid, proc->name,
        (unsigned long long)call->nfs.ino, err != 0 ? strerror(-err) : "ok");
    if (call->conn->closing)
        return;
    call->server->stats.calls++;
    o = rpc_out_begin(&call->conn->out);
    rpc_put_accepted(&o, call->header.xid, SUCCESS);
    if (!proc->plain)
        xdr_put_u32(&o, call->program->status(err));
    if (err == 0 && proc->put_ok != NULL)
        proc->put_ok(call, &o);
    if (err != 0 && proc->put_fail != NULL)
        proc->put_fail(call, &o);
    rpc_out_end(&call->conn->out, &o, &call->body);
}

static void end(struct op *op)
{
    struct rpc_call *call = container_of(op, struct rpc_call, op);
    struct rpc_conn *conn = call->conn;
    struct rpc_body *body = &call->body;

    nfs3_state_fini(&call->nfs);
    for (size_t i = 0; i < body->n; i++)
        bytes_put(body->piece[i].ref);
    if (body->charge != 0)
        rpc_lane_leave(&conn->lane[body->lane], body->charge);
    conn->n_calls--;
    rpc_conn_touch(conn);
    call_free(conn->server, call);
}
