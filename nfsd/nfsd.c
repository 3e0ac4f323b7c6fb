/* The server as a whole: start, listen, stop. */
#include "nfsd/nfsd.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"
#include "nfsd/rpc_call.h"
#include "nfsd/rpc_conn.h"
#include "nfsd/server.h"

#define BACKLOG 512
#define LOOPBACK "127.0.0.1"

static op_fn serve, end; /* in this order */

static int parse_addr(
    const char *text, uint16_t port, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    if (uv_ip4_addr(text, port, (struct sockaddr_in *)out) == 0)
        return 0;
    if (uv_ip6_addr(text, port, (struct sockaddr_in6 *)out) == 0)
        return 0;
    return -EINVAL;
}

/* An address that others can reach only together with who they may be. */
static int check_addr(const struct sockaddr_storage *sa, size_t n_allow)
{
    struct peer_addr addr;

    if (!peer_addr_of((const struct sockaddr *)sa, &addr))
        return -EINVAL;
    return peer_is_loopback(&addr) || n_allow > 0 ? 0 : -EINVAL;
}

int nfsd_listen_check(const char *addr, size_t n_allow)
{
    struct sockaddr_storage sa;
    int err = parse_addr(addr, 0, &sa);

    return err != 0 ? err : check_addr(&sa, n_allow);
}

static void flush(uv_prepare_t *flusher)
{
    rpc_conn_run_dirty(container_of(flusher, struct nfsd, flusher));
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct nfsd *s =
        container_of((uv_tcp_t *)(void *)listener, struct nfsd, listener);

    if (status == 0) {
        rpc_conn_accept(s);
        return;
    }
    s->stats.refused++;
    if (!s->failing)
        log_warn("nfsd: accept: %s", uv_strerror(status));
    s->failing = true;
}

static struct nfsd *server_new(const struct nfsd_config *config)
{
    struct nfsd *s = xcalloc(1, sizeof(*s));
    size_t allow_size = config->n_allow * sizeof(*config->allow);

    s->loop = config->loop;
    s->vfs = config->vfs;
    s->allow = xmalloc(allow_size);
    if (allow_size > 0)
        memcpy(s->allow, config->allow, allow_size);
    s->n_allow = config->n_allow;
    s->export_path = xstrdup(config->export_path);
    s->handle_id = config->handle_id;
    s->mac = mac16_new(config->handle_key);
    s->bulk.limit = NFSD_BULK_LIMIT;
    op_list_init(&s->stopped);
    TAILQ_INIT(&s->conns);
    TAILQ_INIT(&s->strangers);
    TAILQ_INIT(&s->dirty);
    STAILQ_INIT(&s->spares);
    uv_tcp_init(s->loop, &s->listener);
    uv_prepare_init(s->loop, &s->flusher);
    uv_prepare_start(&s->flusher, flush);
    uv_unref((uv_handle_t *)&s->flusher);
    return s;
}

static void serve(struct op *op)
{
    op_hold(op); /* until stop() */
}

static void stop(struct nfsd *s)
{
    struct rpc_conn *conn;
    struct rpc_conn *next;

    for (conn = TAILQ_FIRST(&s->conns); conn != NULL; conn = next) {
        next = TAILQ_NEXT(conn, link);
        rpc_conn_close(conn);
    }
    handle_close((uv_handle_t *)&s->listener, &s->op);
    handle_close((uv_handle_t *)&s->flusher, &s->op);
    op_wake(&s->op, 0); /* what serve() held */
}

static void end(struct op *op)
{
    struct nfsd *s = container_of(op, struct nfsd, op);

    assert(s->bulk.held == 0);
    rpc_call_free_spares(s);
    bytes_pool_fini(&s->pages);
    mac16_free(s->mac);
    free(s->export_path);
    free(s->allow);
    op_list_wake(&s->stopped, 0);
    free(s);
}

int nfsd_start(const struct nfsd_config *config, struct nfsd **out)
{
    const char *text =
        config->listen_addr != NULL ? config->listen_addr : LOOPBACK;
    struct sockaddr_storage sa;
    struct nfsd *s;
    int err = parse_addr(text, config->port, &sa);

    if (err == 0)
        err = check_addr(&sa, config->n_allow);
    if (err != 0)
        return err;
    s = server_new(config);
    op_start(&s->op, serve, end, NULL);
    err = uv_tcp_bind(&s->listener, (const struct sockaddr *)&sa, 0);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (err != 0) {
        stop(s); /* frees itself when the loop runs */
        return err;
    }
    *out = s;
    return 0;
}

void nfsd_stop(struct nfsd *s, struct op *op)
{
    op_list_wait(&s->stopped, op);
    stop(s);
}

uint16_t nfsd_port(const struct nfsd *s)
{
    struct sockaddr_storage sa;
    int len = sizeof(sa);

    if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&sa, &len) != 0)
        return 0;
    return ntohs(sa.ss_family == AF_INET6
            ? ((const struct sockaddr_in6 *)&sa)->sin6_port
            : ((const struct sockaddr_in *)&sa)->sin_port);
}

struct nfsd_stats nfsd_stats(const struct nfsd *s)
{
    return s->stats;
}
