/* See the header. A failed system call that a test does not expect ends the
 * program: the TAP reader sees the missing plan. */
#include "test/lib/rpc_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/mem.h"
#include "nfsd/xdr_place.h"
#include "test/lib/checks.h"

#define LAST_FRAGMENT 0x80000000U
#define READ_SIZE ((size_t)256 << 10)
#define ARGS_MAX ((size_t)1 << 20)

uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct target target_of(int argc, char **argv)
{
    struct target t = {0};
    const char *colon = argc == 3 ? strrchr(argv[1], ':') : NULL;

    if (colon == NULL || (size_t)(colon - argv[1]) >= sizeof(t.host)) {
        fprintf(stderr, "usage: %s HOST:PORT EXPORT\n", argv[0]);
        exit(2);
    }
    memcpy(t.host, argv[1], (size_t)(colon - argv[1]));
    t.port = (uint16_t)strtoul(colon + 1, NULL, 10);
    t.export_path = argv[2];
    return t;
}

void client_open(struct client *c, const struct target *t)
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    int on = 1;

    *c = (struct client){.flavor = AUTH_SYS, .xid = 0x1000};
    sa.sin_port = htons(t->port);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || inet_pton(AF_INET, t->host, &sa.sin_addr) != 1 ||
        connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
        bail_out("connect to %s:%u: %s", t->host, t->port, strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void client_close(struct client *c)
{
    close(c->fd);
    buf_free(&c->in);
    buf_free(&c->reply);
    c->fd = -1;
}

/* ---- Bytes */

void add_u32(struct buf *b, uint32_t v)
{
    v = htonl(v);
    buf_add(b, &v, sizeof(v));
}

void add_u64(struct buf *b, uint64_t v)
{
    add_u32(b, (uint32_t)(v >> 32));
    add_u32(b, (uint32_t)v);
}

void add_opaque(struct buf *b, const void *p, size_t n)
{
    add_u32(b, (uint32_t)n);
    buf_add(b, p, n);
    buf_add(b, "\0\0\0", (4 - n % 4) % 4);
}

void add_auth(struct buf *b, uint32_t flavor, const void *body, size_t n)
{
    add_u32(b, flavor);
    add_opaque(b, body, n);
}

void add_auth_sys(struct buf *b, uint32_t uid, uint32_t gid)
{
    struct buf body = {0};

    add_u32(&body, 12345); /* stamp */
    add_opaque(&body, "tester", 6);
    add_u32(&body, uid);
    add_u32(&body, gid);
    add_u32(&body, 0);
    add_auth(b, AUTH_SYS, body.data, body.len);
    buf_free(&body);
}

void add_call_start(struct client *c, struct buf *b, uint32_t program,
    uint32_t version, uint32_t proc)
{
    add_u32(b, ++c->xid);
    add_u32(b, CALL);
    add_u32(b, 2);
    add_u32(b, program);
    add_u32(b, version);
    add_u32(b, proc);
}

void add_call(struct client *c, struct buf *b, uint32_t program,
    uint32_t version, uint32_t proc)
{
    add_call_start(c, b, program, version, proc);
    if (c->flavor == AUTH_SYS)
        add_auth_sys(b, c->uid, c->gid);
    else
        add_auth(b, c->flavor, "", 0);
    add_auth(b, AUTH_NONE, "", 0);
}

void add_record(struct buf *stream, const struct buf *record)
{
    add_u32(stream, (uint32_t)record->len | LAST_FRAGMENT);
    buf_add(stream, record->data, record->len);
}

/* ---- The wire */

bool client_send(struct client *c, const void *p, size_t n)
{
    const char *at = p;

    while (n > 0) {
        ssize_t sent = send(c->fd, at, n, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool client_send_record(struct client *c, const struct buf *record)
{
    struct buf stream = {0};
    bool ok;

    add_record(&stream, record);
    ok = client_send(c, stream.data, stream.len);
    buf_free(&stream);
    return ok;
}

/* More bytes into c->in. False: the end, or time is up. */
static bool receive_some(struct client *c, uint64_t deadline)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    uint64_t now = now_ms();
    ssize_t got;

    if (now >= deadline || poll(&p, 1, (int)(deadline - now)) <= 0)
        return false;
    got = recv(c->fd, buf_reserve(&c->in, READ_SIZE), READ_SIZE, 0);
    if (got <= 0)
        return false;
    c->in.len += (size_t)got;
    return true;
}

/* Moves one whole record, which may have fragments, to c->reply. */
static bool take_record(struct client *c)
{
    struct cur in = cur_over(c->in.data, c->in.len);
    uint32_t marker = 0;

    buf_clear(&c->reply);
    while ((marker & LAST_FRAGMENT) == 0) {
        size_t n;

        if (cur_left(&in) < 4)
            return false;
        marker = cur_u32be(&in);
        n = marker & ~LAST_FRAGMENT;
        if (cur_left(&in) < n)
            return false;
        buf_add(&c->reply, cur_take(&in, n), n);
    }
    buf_skip(&c->in, c->in.len - cur_left(&in));
    return true;
}

bool client_receive(struct client *c)
{
    uint64_t deadline = now_ms() + DEADLINE_MS;

    while (c->in.len == 0 || !take_record(c)) {
        if (!receive_some(c, deadline))
            return false;
    }
    return true;
}

bool client_closed(struct client *c)
{
    uint64_t deadline = now_ms() + DEADLINE_MS;

    while (receive_some(c, deadline))
        buf_clear(&c->in);
    return now_ms() < deadline;
}

static enum verdict accepted(
    struct cur *in, uint32_t *detail, struct buf *results)
{
    cur_skip(in, 4); /* the verifier's flavor; its body: */
    cur_skip(in, cur_u32be(in));
    *detail = cur_u32be(in);
    if (!cur_ok(in))
        return V_NONE;
    if (*detail == PROG_MISMATCH) {
        *detail = cur_u32be(in) << 16;
        *detail |= cur_u32be(in);
        return cur_ok(in) && cur_left(in) == 0 ? V_MISMATCH : V_NONE;
    }
    if (*detail != SUCCESS)
        return cur_left(in) == 0 ? V_ACCEPTED : V_NONE;
    if (results != NULL)
        buf_add(results, in->p, cur_left(in));
    return V_SUCCESS;
}

static enum verdict denied(struct cur *in, uint32_t *detail)
{
    enum verdict v = V_AUTH;

    if (cur_u32be(in) == RPC_MISMATCH) {
        *detail = cur_u32be(in) << 16;
        *detail |= cur_u32be(in);
        v = V_VERSION;
    } else {
        *detail = cur_u32be(in);
    }
    return cur_ok(in) && cur_left(in) == 0 ? v : V_NONE;
}

enum verdict client_verdict(
    struct client *c, uint32_t xid, uint32_t *detail, struct buf *results)
{
    struct cur in = cur_over(c->reply.data, c->reply.len);
    uint32_t got = cur_u32be(&in);
    uint32_t direction = cur_u32be(&in);
    uint32_t stat = cur_u32be(&in);

    *detail = 0;
    if (!cur_ok(&in) || got != xid || direction != REPLY)
        return V_NONE;
    return stat == MSG_ACCEPTED ? accepted(&in, detail, results)
                                : denied(&in, detail);
}

/* ---- Whole calls */

struct call {
    uint32_t program;
    uint32_t version;
    uint32_t proc;
    xdr_fn *xdr_args;
    void *args;
    xdr_fn *xdr_res;
    void *res;
};

static void add_args(struct buf *b, const struct call *call)
{
    XDR xdrs;

    if (call->xdr_args == NULL)
        return;
    xdrmem_create(
        &xdrs, (char *)buf_reserve(b, ARGS_MAX), ARGS_MAX, XDR_ENCODE);
    if (!call->xdr_args(&xdrs, call->args))
        bail_out("arguments of procedure %u do not fit", call->proc);
    b->len += xdr_getpos(&xdrs);
}

static bool make_call(struct client *c, const struct call *call)
{
    struct buf record = {0};
    struct buf results = {0};
    uint32_t detail;
    bool ok;

    add_call(c, &record, call->program, call->version, call->proc);
    add_args(&record, call);
    ok = client_send_record(c, &record) && client_receive(c) &&
        client_verdict(c, c->xid, &detail, &results) == V_SUCCESS;
    if (ok && call->xdr_res == NULL)
        ok = results.len == 0;
    else if (ok)
        ok = xdr_decode(call->xdr_res, results.data, results.len, call->res);
    buf_free(&record);
    buf_free(&c->reply); /* the results point into their own buffer: keep it */
    c->reply = results;
    return ok;
}

bool nfs_call(struct client *c, uint32_t proc, xdr_fn *xdr_args, void *args,
    xdr_fn *xdr_res, void *res)
{
    const struct call call = {
        NFS_PROGRAM, NFS_V3, proc, xdr_args, args, xdr_res, res};

    return make_call(c, &call);
}

bool mount_call(struct client *c, uint32_t proc, xdr_fn *xdr_args, void *args,
    xdr_fn *xdr_res, void *res)
{
    const struct call call = {
        MOUNT_PROGRAM, MOUNT_V3, proc, xdr_args, args, xdr_res, res};

    return make_call(c, &call);
}

struct handle handle_of(const nfs_fh3 *fh)
{
    struct handle h = {.len = fh->data.data_len};

    memcpy(h.b, fh->data.data_val, h.len);
    return h;
}

nfs_fh3 fh_of(const struct handle *h)
{
    return (nfs_fh3){.data = {h->len, (char *)(uintptr_t)h->b}};
}

struct handle mount_root(struct client *c, const struct target *t)
{
    dirpath path = {
        (u_int)strlen(t->export_path), (char *)(uintptr_t)t->export_path};
    mountres3 res = {0};
    const fhandle3 *fh = &res.mountres3_u.mountinfo.fhandle;
    struct handle h = {0};

    if (!mount_call(c, MOUNTPROC3_MNT, (xdr_fn *)xdr_dirpath, &path,
            (xdr_fn *)xdr_mountres3, &res) ||
        res.fhs_status != MNT3_OK)
        bail_out("cannot mount %s", t->export_path);
    h.len = fh->fhandle3_len;
    memcpy(h.b, fh->fhandle3_val, h.len);
    xdr_free((xdrproc_t)xdr_mountres3, (char *)&res);
    return h;
}

bool find_path(struct client *c, const struct handle *root, const char *path,
    struct handle *out, fattr3 *attr)
{
    *out = *root;
    while (*path != '\0') {
        size_t n = strcspn(path, "/");
        LOOKUP3args args = {.what.dir = fh_of(out)};
        LOOKUP3res res = {0};

        args.what.name = (filename3){(u_int)n, (char *)(uintptr_t)path};
        if (!NFS_CALL(c, LOOKUP, &args, &res) || res.status != NFS3_OK)
            return false;
        *out = handle_of(&res.LOOKUP3res_u.resok.object);
        if (attr != NULL)
            *attr =
                res.LOOKUP3res_u.resok.obj_attributes.post_op_attr_u.attributes;
        path += n + (path[n] == '/');
    }
    return true;
}
