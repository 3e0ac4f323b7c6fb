/* The life of a connection.
 *
 *   accept -> read -> parse: one call per record -> replies -> one write
 *               ^       |                              |
 *               |       +-- too much waits: paused ----+-> go on when it is
 * less
 *               +--------------------------------------+
 *
 * All replies to one input go out in one write. Replies that come later, from
 * calls that had to wait, go out together before the loop sleeps. While paused
 * the socket is not read, so the client feels it. */
#include "nfsd/rpc_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"
#include "nfsd/rpc_call.h"
#include "nfsd/server.h"

#define IN_SIZE ((size_t)256 << 10)
#define SNDBUF_SIZE (256 << 10) /* measured: bigger is slower */
#define KEEPALIVE_S 60

/* Parsing pauses at any of these. A warm READ of 1 MiB is answered at once,
 * so UNSENT_MAX means: one at a time, out of memory that is still in the
 * core's cache. Cold ones wait side by side, as many as their lane admits. */
#define CALLS_MAX 256
#define UNSENT_MAX ((size_t)128 << 10)
#define READ_LANE_LIMIT ((size_t)16 << 20)
#define LIST_LANE_LIMIT ((size_t)16 << 20)

static op_fn serve, end; /* in this order */
static void run(struct rpc_conn *conn);

static bool paused(const struct rpc_conn *conn)
{
    return conn->closing || conn->n_calls >= CALLS_MAX ||
        conn->out.unsent > UNSENT_MAX;
}

void rpc_conn_known(struct rpc_conn *conn)
{
    struct nfsd *s = conn->server;

    if (!conn->stranger)
        return;
    conn->stranger = false;
    TAILQ_REMOVE(&s->strangers, conn, stranger_link);
    s->n_strangers--;
}

void rpc_conn_close(struct rpc_conn *conn)
{
    if (conn->closing)
        return;
    conn->closing = true;
    rpc_conn_known(conn); /* counts no more */
    for (int i = 0; i < RPC_LANES; i++)
        rpc_lane_close(&conn->lane[i], -ECONNRESET);
    handle_close((uv_handle_t *)&conn->tcp, &conn->op);
    op_wake(&conn->op, 0); /* what serve() held */
}

void rpc_conn_touch(struct rpc_conn *conn)
{
    if (conn->dirty || conn->running || conn->closing)
        return;
    conn->dirty = true;
    TAILQ_INSERT_TAIL(&conn->server->dirty, conn, dirty_link);
}

static void untouch(struct rpc_conn *conn)
{
    if (conn->dirty)
        TAILQ_REMOVE(&conn->server->dirty, conn, dirty_link);
    conn->dirty = false;
}

void rpc_conn_run_dirty(struct nfsd *server)
{
    struct rpc_conn *conn;

    while ((conn = TAILQ_FIRST(&server->dirty)) != NULL) {
        untouch(conn);
        run(conn);
    }
}

static void fail(struct rpc_conn *conn, const char *why)
{
    char text[PEER_TEXT_MAX];

    peer_text(&conn->peer, text);
    conn->server->stats.refused++;
    log_debug("rpc: close %s: %s", text, why);
    rpc_conn_close(conn);
}

/* Starts a call for each record, until there is no more input or the
 * connection pauses. True if some input is left. */
static bool parse(struct rpc_conn *conn)
{
    struct cur in =
        cur_over(conn->in + conn->in_start, conn->in_end - conn->in_start);

    while (!paused(conn)) {
        struct rpc_span record;
        int got = rpc_record_next(&conn->record, &in, &record);

        if (got < 0)
            fail(conn, "record too long");
        if (got <= 0)
            break;
        rpc_call_start(conn, &record);
    }
    conn->in_start = conn->in_end - cur_left(&in);
    return cur_left(&in) > 0;
}

static void alloc_in(uv_handle_t *handle, size_t size, uv_buf_t *out)
{
    struct rpc_conn *conn =
        container_of((uv_tcp_t *)(void *)handle, struct rpc_conn, tcp);

    (void)size;
    *out = uv_buf_init((char *)conn->in, IN_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct rpc_conn *conn =
        container_of((uv_tcp_t *)(void *)stream, struct rpc_conn, tcp);

    (void)buf;
    if (n == UV_EOF) {
        conn->ended = true;
    } else if (n < 0) {
        rpc_conn_close(conn);
        return;
    } else {
        conn->in_start = 0;
        conn->in_end = (size_t)n;
    }
    run(conn);
}

/* Reads while there is room for what comes. */
static void set_reading(struct rpc_conn *conn, bool on)
{
    if (conn->reading == on)
        return;
    conn->reading = on;
    if (on)
        uv_read_start((uv_stream_t *)&conn->tcp, alloc_in, on_read);
    else
        uv_read_stop((uv_stream_t *)&conn->tcp);
}

/* Whatever can be done now: parse, send, and decide whether to read on. */
static void run(struct rpc_conn *conn)
{
    bool more;

    conn->running = true;
    do {
        more = parse(conn);
        if (!conn->closing && rpc_out_flush(&conn->out) != 0)
            rpc_conn_close(conn);
    } while (more && !paused(conn));
    conn->running = false;
    if (conn->closing)
        return;
    /* A client that has shut down its side still gets its replies. */
    if (conn->ended && !more && conn->n_calls == 0 && conn->out.unsent == 0)
        rpc_conn_close(conn);
    else
        set_reading(conn, !more && !conn->ended && !paused(conn));
}

static void written(struct rpc_out *out, int err)
{
    struct rpc_conn *conn = container_of(out, struct rpc_conn, out);

    if (err != 0)
        rpc_conn_close(conn);
    else
        run(conn);
}

static void serve(struct op *op)
{
    struct rpc_conn *conn = container_of(op, struct rpc_conn, op);

    conn->server->stats.connections++;
    TAILQ_INSERT_TAIL(&conn->server->conns, conn, link);
    conn->stranger = true;
    TAILQ_INSERT_TAIL(&conn->server->strangers, conn, stranger_link);
    conn->server->n_strangers++;
    op_hold(op); /* until rpc_conn_close */
}

static void end(struct op *op)
{
    struct rpc_conn *conn = container_of(op, struct rpc_conn, op);

    untouch(conn);
    TAILQ_REMOVE(&conn->server->conns, conn, link);
    conn->server->stats.connections--;
    rpc_out_fini(&conn->out);
    rpc_record_fini(&conn->record);
    free(conn->in);
    free(conn);
}

static bool find_peer(struct rpc_conn *conn)
{
    struct sockaddr_storage sa;
    int len = sizeof(sa);

    return uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&sa, &len) == 0 &&
        peer_addr_of((struct sockaddr *)&sa, &conn->peer);
}

/* Whoever can reach the port could fill it with connections that say nothing,
 * and so keep out a client that comes back. */
static bool make_room(struct nfsd *s, const struct rpc_conn *newcomer)
{
    struct rpc_conn *oldest = TAILQ_FIRST(&s->strangers);

    if (s->n_strangers <= NFSD_STRANGERS_MAX &&
        s->stats.connections <= NFSD_CONNS_MAX)
        return true;
    if (!s->crowded)
        log_warn("nfsd: %llu connections are open, %zu of them by strangers: "
                 "the oldest of these go",
            (unsigned long long)s->stats.connections, s->n_strangers);
    s->crowded = true;
    if (oldest == newcomer)
        return false;
    fail(oldest, "room for others");
    return true;
}

/* The user of the other end, as peer_owner() says. The secret in the export
 * path stands in the table of mounts, where every local user can read it. */
static int find_owner(struct rpc_conn *conn, uid_t *uid)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_storage own = {0};
    int len = sizeof(peer);
    int err = uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&peer, &len);

    if (err == 0) {
        len = sizeof(own);
        err = uv_tcp_getsockname(&conn->tcp, (struct sockaddr *)&own, &len);
    }
    if (err != 0)
        return -ENOTCONN;
    err = peer_owner(&peer, &own, uid);
    /* One that was broken off meanwhile is found as little as a foreign one. */
    len = sizeof(peer);
    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&peer, &len) != 0)
        return -ENOTCONN;
    return err;
}

/* Over loopback, or over an address of this machine's own. */
static bool is_local(const struct rpc_conn *conn)
{
    struct sockaddr_storage sa;
    struct peer_addr own;
    int len = sizeof(sa);

    return peer_is_loopback(&conn->peer) ||
        (uv_tcp_getsockname(&conn->tcp, (struct sockaddr *)&sa, &len) == 0 &&
            peer_addr_of((struct sockaddr *)&sa, &own) &&
            memcmp(&own, &conn->peer, sizeof(own)) == 0);
}

/* What another user of this machine has no right to, whatever address he
 * comes from. */
static bool is_intruder(struct rpc_conn *conn, bool named)
{
    bool loopback = peer_is_loopback(&conn->peer);
    uid_t uid = 0;
    int err;

    if (named && loopback)
        return false;
    err = find_owner(conn, &uid);
    if (err == 0)
        return uid != 0 && uid != geteuid();
    return err != -ENOTSUP && (loopback || err != -ENOENT);
}

/* Says why not, or NULL. */
static const char *refusal(struct rpc_conn *conn)
{
    struct nfsd *s = conn->server;
    const char *why = NULL;
    bool named;

    if (!find_peer(conn))
        return "no address";
    named = peer_in_nets(&conn->peer, s->allow, s->n_allow);
    if (is_intruder(conn, named))
        why = "another user of this machine";
    else if (!named && !is_local(conn))
        why = "not loopback and not in the allow list";
    if (why != NULL) {
        peer_log_refused(&s->refused, &conn->peer, why);
        return why;
    }
    return make_room(s, conn) ? NULL : "too many connections";
}

static void set_options(struct rpc_conn *conn)
{
    int size = SNDBUF_SIZE;

    uv_tcp_nodelay(&conn->tcp, 1);
    uv_tcp_keepalive(&conn->tcp, 1, KEEPALIVE_S);
    uv_send_buffer_size((uv_handle_t *)&conn->tcp, &size);
}

void rpc_conn_accept(struct nfsd *server)
{
    struct rpc_conn *conn = xcalloc(1, sizeof(*conn));
    const char *why;

    conn->server = server;
    conn->in = xmalloc(IN_SIZE);
    conn->out.stream = (uv_stream_t *)&conn->tcp;
    conn->out.written = written;
    conn->out.lane = conn->lane;
    rpc_lane_init(&conn->lane[RPC_LANE_READ], &server->bulk, READ_LANE_LIMIT);
    rpc_lane_init(&conn->lane[RPC_LANE_LIST], &server->bulk, LIST_LANE_LIMIT);
    uv_tcp_init(server->loop, &conn->tcp);
    op_start(&conn->op, serve, end, &server->op);
    if (uv_accept(
            (uv_stream_t *)&server->listener, (uv_stream_t *)&conn->tcp) != 0) {
        rpc_conn_close(conn);
        return;
    }
    why = refusal(conn);
    if (why != NULL) {
        fail(conn, why);
        return;
    }
    set_options(conn);
    set_reading(conn, true);
}
