/* nfsd/nfsd: starting, stopping, and what must hold from one run of the
 * server to the next. Client and server share one thread: the client's socket
 * takes what a test sends, then the loop runs until an answer is there. */
#include "nfsd/nfsd.h"

#include <errno.h>
#include <ifaddrs.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/digest.h"
#include "nfsd/nfs3_fh.h"
#include "nfsd/rpc_conn.h"
#include "nfsd/server.h"
#include "nfsd/xdr_put.h"
#include "test/lib/memvfs/memvfs.h"
#include "test/lib/rpc_client.h"
#include "test/lib/waiter.h"
#include "vfs/vfs.h"

#define EXPORT_PATH "/0123456789abcdef"

struct bench {
    uv_loop_t loop;
    struct vfs *vfs;
    struct nfsd *nfsd;
    struct nfsd_config config;
    struct target target;
};

static int start(struct bench *b)
{
    int err = nfsd_start(&b->config, &b->nfsd);

    if (err == 0) {
        b->target =
            (struct target){"127.0.0.1", nfsd_port(b->nfsd), EXPORT_PATH};
        assert_int_not_equal(b->target.port, 0);
    }
    return err;
}

static void stop(struct bench *b)
{
    struct waiter w;

    wait_begin(&w);
    nfsd_stop(b->nfsd, &w.op);
    assert_int_equal(wait_for(&w, &b->loop), 0);
    b->nfsd = NULL;
}

static int set_up(void **state)
{
    struct bench *b = xcalloc(1, sizeof(*b));

    uv_loop_init(&b->loop);
    b->vfs = memvfs_new(&b->loop, 1000, 1000);
    b->config = (struct nfsd_config){
        .loop = &b->loop,
        .vfs = b->vfs,
        .export_path = EXPORT_PATH,
        .handle_id = 42,
        .handle_key = {1, 2, 3},
    };
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    if (b->nfsd != NULL)
        stop(b); /* a check has failed */
    uv_run(&b->loop, UV_RUN_DEFAULT);
    memvfs_free(b->vfs);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    free(b);
    return 0;
}

/* Runs the loop until the client has something to read, or the end. */
static void serve(struct bench *b, struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    uint64_t deadline = now_ms() + DEADLINE_MS;

    while (poll(&p, 1, 0) == 0) {
        assert_true(now_ms() < deadline);
        uv_run(&b->loop, UV_RUN_NOWAIT);
    }
}

static void send_call(
    struct client *c, uint32_t program, uint32_t proc, const struct buf *args)
{
    struct buf record = {0};

    add_call(c, &record, program, 3, proc);
    buf_add(&record, args->data, args->len);
    assert_true(client_send_record(c, &record));
    buf_free(&record);
}

/* The results' first word: a status. */
static uint32_t status_of(struct client *c)
{
    struct buf results = {0};
    uint32_t detail;
    uint32_t status;

    assert_true(client_receive(c));
    assert_int_equal(client_verdict(c, c->xid, &detail, &results), V_SUCCESS);
    assert_true(results.len >= 4);
    memcpy(&status, results.data, 4);
    buf_free(&results);
    return __builtin_bswap32(status);
}

static uint32_t getattr(struct bench *b, struct client *c, const uint8_t *fh)
{
    struct buf args = {0};

    add_opaque(&args, fh, NFS3_FH_SIZE);
    send_call(c, NFS_PROGRAM, NFSPROC3_GETATTR, &args);
    buf_free(&args);
    serve(b, c);
    return status_of(c);
}

/* ---- Starting */

static void addresses(void **state)
{
    struct bench *b = *state;
    struct nfsd_net net;

    b->config.listen_addr = "0.0.0.0";
    assert_int_equal(start(b), -EINVAL); /* not without an allow list */
    b->config.listen_addr = "localhost";
    assert_int_equal(start(b), -EINVAL);
    assert_int_equal(nfsd_net_parse("203.0.113.0/24", &net), 0);
    b->config.allow = &net;
    b->config.n_allow = 1;
    b->config.listen_addr = "203.0.113.1"; /* nobody has it (RFC 5737) */
    assert_int_equal(start(b), -EADDRNOTAVAIL);
    b->config.listen_addr = "0.0.0.0";
    assert_int_equal(start(b), 0);
    stop(b);
    b->config.n_allow = 0;
    b->config.listen_addr = "127.0.0.2";
    assert_int_equal(start(b), 0);
    stop(b);
}

static void ports(void **state)
{
    struct bench *b = *state;
    struct nfsd *first;

    assert_int_equal(start(b), 0);
    first = b->nfsd;
    b->config.port = b->target.port;
    assert_int_equal(start(b), -EADDRINUSE);
    b->nfsd = first;
    stop(b);
    assert_int_equal(start(b), 0); /* the same port again at once */
    assert_int_equal(b->target.port, b->config.port);
    stop(b);
}

/* ---- Handles */

static void same_handles_again(void **state)
{
    struct bench *b = *state;
    uint8_t first[NFS3_FH_SIZE];
    uint8_t fh[NFS3_FH_SIZE];
    struct client c;

    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, VFS_ROOT_INO, first);
    stop(b);
    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, VFS_ROOT_INO, fh);
    assert_memory_equal(first, fh, NFS3_FH_SIZE);
    client_open(&c, &b->target);
    assert_int_equal(getattr(b, &c, first), NFS3_OK);
    client_close(&c);
    stop(b);
}

static void handles_of_others(void **state)
{
    struct bench *b = *state;
    uint8_t fh[NFS3_FH_SIZE];
    struct client c;

    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, VFS_ROOT_INO, fh);
    stop(b);
    b->config.handle_key[31] ^= 1;
    assert_int_equal(start(b), 0);
    client_open(&c, &b->target);
    assert_int_equal(getattr(b, &c, fh), NFS3ERR_BADHANDLE);
    client_close(&c);
    stop(b);
    b->config.handle_key[31] ^= 1;
    b->config.handle_id++;
    assert_int_equal(start(b), 0);
    client_open(&c, &b->target);
    assert_int_equal(getattr(b, &c, fh), NFS3ERR_BADHANDLE);
    client_close(&c);
    stop(b);
}

/* A mount's own handle of a file that is gone is stale and not bad. */
static void stale_handles(void **state)
{
    static const uint64_t gone[] = {0, 2, 1000000, UINT64_MAX};
    struct bench *b = *state;
    struct client c;

    assert_int_equal(start(b), 0);
    client_open(&c, &b->target);
    for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
        uint8_t fh[NFS3_FH_SIZE];

        nfs3_fh_make(b->nfsd, gone[i], fh);
        assert_int_equal(getattr(b, &c, fh), NFS3ERR_STALE);
    }
    client_close(&c);
    stop(b);
}

/* ---- Stopping */

static void stop_with_idle_clients(void **state)
{
    struct bench *b = *state;
    struct client c[20];
    uint8_t fh[NFS3_FH_SIZE];

    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, VFS_ROOT_INO, fh);
    for (int i = 0; i < 20; i++) {
        client_open(&c[i], &b->target);
        assert_int_equal(getattr(b, &c[i], fh), NFS3_OK);
    }
    assert_int_equal(nfsd_stats(b->nfsd).connections, 20);
    assert_int_equal(nfsd_stats(b->nfsd).calls, 20);
    stop(b);
    for (int i = 0; i < 20; i++) {
        assert_true(client_closed(&c[i]));
        client_close(&c[i]);
    }
}

static void send_read(struct client *c, const uint8_t *fh)
{
    struct buf args = {0};

    add_opaque(&args, fh, NFS3_FH_SIZE);
    add_u64(&args, 0);
    add_u32(&args, 1 << 20);
    send_call(c, NFS_PROGRAM, NFSPROC3_READ, &args);
    buf_free(&args);
}

/* Forty reads, of which some wait for the file and some for their turn. */
static void stop_with_waiting_calls(void **state)
{
    struct bench *b = *state;
    uint64_t ino = memvfs_file(b->vfs, VFS_ROOT_INO, "slow", 4 << 20);
    uint8_t fh[NFS3_FH_SIZE];
    uint8_t root[NFS3_FH_SIZE];
    struct client c;
    uint64_t begin = now_ms();

    memvfs_set_delay(b->vfs, ino, 200);
    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, ino, fh);
    nfs3_fh_make(b->nfsd, VFS_ROOT_INO, root);
    client_open(&c, &b->target);
    for (int i = 0; i < 40; i++)
        send_read(&c, fh);
    assert_int_equal(getattr(b, &c, root), NFS3_OK);
    stop(b);
    assert_true(now_ms() - begin >= 200); /* it waited for those under way */
    assert_true(client_closed(&c));
    client_close(&c);
}

/* ---- Clients that do not read */

/* Sends a call over and over until the server has stopped taking them. */
static void flood(
    struct bench *b, struct client *c, uint32_t proc, const struct buf *args)
{
    struct buf record = {0};
    struct buf stream = {0};
    size_t sent = 0;

    add_call(c, &record, NFS_PROGRAM, 3, proc);
    buf_add(&record, args->data, args->len);
    for (int i = 0; i < 100; i++)
        add_record(&stream, &record);
    for (int held = 0; held < 100; held++) {
        size_t at = sent % stream.len; /* goes on where it was cut */
        ssize_t n = send(c->fd, stream.data + at, stream.len - at,
            MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            sent += (size_t)n;
            held = 0;
        }
        uv_run(&b->loop, UV_RUN_NOWAIT);
    }
    buf_free(&record);
    buf_free(&stream);
}

static void unread_replies(void **state)
{
    static const uint32_t procs[] = {NFSPROC3_GETATTR, NFSPROC3_READ};
    struct bench *b = *state;
    uint64_t ino = memvfs_file(b->vfs, VFS_ROOT_INO, "file", 4 << 20);
    uint8_t fh[NFS3_FH_SIZE];

    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, ino, fh);
    for (size_t i = 0; i < ARRAY_LEN(procs); i++) {
        struct buf args = {0};
        struct client c;
        const struct rpc_conn *conn;

        add_opaque(&args, fh, NFS3_FH_SIZE);
        if (procs[i] == NFSPROC3_READ) {
            add_u64(&args, 0);
            add_u32(&args, 1 << 20);
        }
        client_open(&c, &b->target);
        flood(b, &c, procs[i], &args);
        conn = TAILQ_FIRST(&b->nfsd->conns);
        assert_non_null(conn);
        assert_false(conn->reading);
        assert_in_range(conn->out.unsent, 1, (1 << 20) + (256 << 10));
        client_close(&c);
        while (nfsd_stats(b->nfsd).connections > 0)
            uv_run(&b->loop, UV_RUN_ONCE);
        assert_int_equal(b->nfsd->bulk.held, 0);
        buf_free(&args);
    }
    stop(b);
}

static void waiting_calls(void **state)
{
    struct bench *b = *state;
    uint64_t ino = memvfs_file(b->vfs, VFS_ROOT_INO, "slow", 4 << 20);
    uint8_t fh[NFS3_FH_SIZE];
    struct buf args = {0};
    struct client c;
    const struct rpc_conn *conn;

    memvfs_set_delay(b->vfs, ino, 1000);
    assert_int_equal(start(b), 0);
    nfs3_fh_make(b->nfsd, ino, fh);
    add_opaque(&args, fh, NFS3_FH_SIZE);
    add_u64(&args, 0);
    add_u32(&args, 1);
    client_open(&c, &b->target);
    flood(b, &c, NFSPROC3_READ, &args);
    conn = TAILQ_FIRST(&b->nfsd->conns);
    assert_non_null(conn);
    assert_in_range(conn->n_calls, 64, 256);
    client_close(&c);
    buf_free(&args);
    stop(b);
}

/* ---- Peers */

/* An address of this machine that is not loopback, as text. */
static bool own_address(char *out, size_t size)
{
    struct ifaddrs *all;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
        struct peer_addr a;

        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
            !peer_addr_of(i->ifa_addr, &a) || peer_is_loopback(&a))
            continue;
        uv_ip4_name((struct sockaddr_in *)(void *)i->ifa_addr, out, size);
        found = true;
    }
    freeifaddrs(all);
    return found;
}

/* This machine need not be named, by whatever address of it. */
static void own_addresses(void **state)
{
    struct bench *b = *state;
    struct nfsd_net net;
    struct client c;
    uint8_t fh[NFS3_FH_SIZE];
    char own[64];

    if (!own_address(own, sizeof(own)))
        skip();
    b->config.listen_addr = "0.0.0.0";
    b->config.allow = &net;
    b->config.n_allow = 1;
    assert_int_equal(nfsd_net_parse("203.0.113.0/24", &net), 0);
    assert_int_equal(start(b), 0);
    snprintf(b->target.host, sizeof(b->target.host), "%s", own);
    nfs3_fh_make(b->nfsd, VFS_ROOT_INO, fh);
    client_open(&c, &b->target);
    assert_int_equal(getattr(b, &c, fh), NFS3_OK);
    client_close(&c);
    stop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_handles_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(handles_of_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stale_handles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            stop_with_idle_clients, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            stop_with_waiting_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unread_replies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_addresses, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("nfsd_server", tests, NULL, NULL);
}
/* The last include: it defines the functions of vfs/vfs.h. */
#include "test/lib/memvfs/memvfs.c" /* NOLINT(bugprone-suspicious-include) */
