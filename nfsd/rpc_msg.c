/* Headers by hand: a call's is ten words and two short bodies, a reply's six
 * words, and both are on the path of every call. */
#include "nfsd/rpc_msg.h"

#include "base/cur.h"

#define AUTH_SYS_NAME_MAX 255 /* RFC 5531 appendix A: machinename<255> */

/* An opaque_auth: flavor and body. False if the body is over the maximum. */
static bool read_auth(struct cur *c, uint32_t *flavor, struct cur *body)
{
    const uint8_t *p;
    uint32_t len;

    *flavor = cur_u32be(c);
    len = cur_u32be(c);
    if (len > RPC_AUTH_BODY_MAX)
        return false;
    p = cur_take(c, xdr_padded(len));
    *body = p != NULL ? cur_over(p, len) : cur_over("", 0);
    return true;
}

static bool read_auth_sys(struct cur *c, struct rpc_cred *cred)
{
    uint32_t name_len;

    cur_skip(c, 4); /* stamp: of no meaning to a server */
    name_len = cur_u32be(c);
    if (name_len > AUTH_SYS_NAME_MAX)
        return false;
    cur_skip(c, xdr_padded(name_len));
    cred->uid = cur_u32be(c);
    cred->gid = cur_u32be(c);
    cred->n_groups = cur_u32be(c);
    if (cred->n_groups > RPC_GROUPS_MAX)
        return false;
    for (uint32_t i = 0; i < cred->n_groups; i++)
        cred->group[i] = cur_u32be(c);
    return cur_ok(c) && cur_left(c) == 0;
}

static enum auth_stat read_cred(struct cur *body, struct rpc_cred *cred)
{
    switch (cred->flavor) {
    case AUTH_NONE:
        return cur_left(body) == 0 ? AUTH_OK : AUTH_BADCRED;
    case AUTH_SYS:
        return read_auth_sys(body, cred) ? AUTH_OK : AUTH_BADCRED;
    default: /* AUTH_SHORT too: we never hand out a short form */
        return AUTH_REJECTEDCRED;
    }
}

static enum rpc_header_kind deny(struct rpc_header *h, enum auth_stat reason)
{
    h->auth = reason;
    return HEADER_AUTH;
}

/* The verifier of AUTH_NONE and AUTH_SYS is empty (RFC 5531 section 8.1). */
static enum rpc_header_kind read_auths(struct cur *c, struct rpc_header *h)
{
    struct cur body;
    struct cur verifier;
    uint32_t flavor;
    enum auth_stat reason;

    if (!read_auth(c, &h->cred.flavor, &body))
        return deny(h, AUTH_BADCRED);
    if (!cur_ok(c))
        return HEADER_SHORT;
    reason = read_cred(&body, &h->cred);
    if (reason != AUTH_OK)
        return deny(h, reason);
    if (!read_auth(c, &flavor, &verifier))
        return deny(h, AUTH_BADVERF);
    if (!cur_ok(c))
        return HEADER_SHORT;
    if (flavor != AUTH_NONE || cur_left(&verifier) != 0)
        return deny(h, AUTH_BADVERF);
    return HEADER_CALL;
}

enum rpc_header_kind rpc_header_read(struct cur *c, struct rpc_header *h)
{
    uint32_t direction;
    uint32_t version;

    h->auth = AUTH_OK;
    h->cred.n_groups = h->cred.uid = h->cred.gid = 0;
    h->xid = cur_u32be(c);
    direction = cur_u32be(c);
    if (!cur_ok(c) || direction > REPLY)
        return HEADER_BROKEN;
    if (direction == REPLY)
        return HEADER_NOT_A_CALL;
    version = cur_u32be(c);
    if (!cur_ok(c))
        return HEADER_SHORT;
    if (version != RPC_VERSION)
        return HEADER_VERSION;
    h->program = cur_u32be(c);
    h->version = cur_u32be(c);
    h->proc = cur_u32be(c);
    return read_auths(c, h);
}

void rpc_put_accepted(struct xdr_put *o, uint32_t xid, enum accept_stat stat)
{
    uint8_t *p = xdr_put_room(o, RPC_REPLY_HEADER_SIZE);

    store_u32be(p, xid);
    store_u32be(p + 4, REPLY);
    store_u32be(p + 8, MSG_ACCEPTED);
    store_u32be(p + 12, AUTH_NONE);
    store_u32be(p + 16, 0);
    store_u32be(p + 20, stat);
}

static void put_denied(struct xdr_put *o, uint32_t xid, enum reject_stat why)
{
    xdr_put_u32(o, xid);
    xdr_put_u32(o, REPLY);
    xdr_put_u32(o, MSG_DENIED);
    xdr_put_u32(o, why);
}

void rpc_put_denied_version(struct xdr_put *o, uint32_t xid)
{
    put_denied(o, xid, RPC_MISMATCH);
    xdr_put_u32(o, RPC_VERSION);
    xdr_put_u32(o, RPC_VERSION);
}

void rpc_put_denied_auth(struct xdr_put *o, uint32_t xid, enum auth_stat reason)
{
    put_denied(o, xid, AUTH_ERROR);
    xdr_put_u32(o, reason);
}
