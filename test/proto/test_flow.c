/* Many connections and many calls at once: what is slow, dead or greedy costs
 * nobody else anything.
 *
 * Reads of slow/read-NN take 300 ms in memnfsd; what needs them is skipped
 * elsewhere. Times are compared with generous factors. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "test/lib/checks.h"
#include "test/lib/rpc_client.h"

#define ONE_MIB ((uint32_t)1 << 20)
#define SLOW_MS ((uint64_t)300)
#define N_SLOW 64
#define N_CONNS 500
#define HELD_BACK_MS 300 /* a server that takes nothing for so long */

static struct target target;
static struct handle root;
static struct handle file; /* the one that is read */
static struct handle slow[N_SLOW];
static unsigned n_slow;

static void add_getattr(struct client *c, struct buf *stream)
{
    struct buf record = {0};

    add_call(c, &record, NFS_PROGRAM, 3, NFSPROC3_GETATTR);
    add_opaque(&record, root.b, root.len);
    add_record(stream, &record);
    buf_free(&record);
}

static void add_read(struct client *c, struct buf *stream,
    const struct handle *h, uint64_t offset, uint32_t count)
{
    struct buf record = {0};

    add_call(c, &record, NFS_PROGRAM, 3, NFSPROC3_READ);
    add_opaque(&record, h->b, h->len);
    add_u64(&record, offset);
    add_u32(&record, count);
    add_record(stream, &record);
    buf_free(&record);
}

static bool getattr(struct client *c)
{
    struct buf b = {0};
    uint32_t detail;
    bool ok;

    add_getattr(c, &b);
    ok = client_send(c, b.data, b.len) && client_receive(c) &&
        client_verdict(c, c->xid, &detail, NULL) == V_SUCCESS;
    buf_free(&b);
    return ok;
}

static void find_files(struct client *c)
{
    bool found = find_path(c, &root, "dir/data", &file, NULL);

    for (n_slow = 0; n_slow < N_SLOW; n_slow++) {
        char path[32];

        snprintf(path, sizeof(path), "slow/read-%02u", n_slow);
        if (!find_path(c, &root, path, &slow[n_slow], NULL))
            break;
    }
    if (!found)
        bail_out("the export has no dir/data");
}

/* ---- Connections */

static void many_connections(void)
{
    static struct client conn[N_CONNS];
    unsigned good = 0;

    for (int i = 0; i < N_CONNS; i++)
        client_open(&conn[i], &target);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N_CONNS; i++)
            good += getattr(&conn[i]);
    }
    check(
        good == 3 * N_CONNS, "%d connections at once: %u calls", N_CONNS, good);
    for (int i = 0; i < N_CONNS; i++)
        client_close(&conn[i]);
}

/* A new connection for each call, closed politely or not. */
static void short_connections(void)
{
    unsigned good = 0;

    for (int i = 0; i < 500; i++) {
        struct client c;
        struct linger abort_it = {.l_onoff = 1};

        client_open(&c, &target);
        good += getattr(&c);
        if (i % 2 != 0)
            setsockopt(
                c.fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
        client_close(&c);
    }
    check(good == 500, "500 connections one after another: %u", good);
}

/* Connections that never show a handle go when more come; who has shown one
 * stays, and finds room again after it has left. */
static void silent_crowd(void)
{
    enum { N = 700 }; /* more than the server keeps */
    struct client *crowd = xcalloc(N, sizeof(*crowd));
    struct client guest;

    client_open(&guest, &target);
    check(getattr(&guest), "a guest among strangers");
    for (int i = 0; i < N; i++)
        client_open(&crowd[i], &target);
    check(client_closed(&crowd[0]), "the oldest stranger makes room");
    check(getattr(&guest), "the guest stays");
    client_close(&guest);
    client_open(&guest, &target);
    check(getattr(&guest), "the guest comes back");
    check(getattr(&crowd[N - 1]), "the last stranger becomes a guest");
    client_close(&guest);
    for (int i = 0; i < N; i++)
        client_close(&crowd[i]);
    free(crowd);
}

/* ---- Clients that do not read */

/* Asks for reads without ever taking a reply, until the server takes no more
 * calls. True if that happened before it had taken `most` bytes of them. */
static bool flood(struct client *c, size_t most, const struct handle *h)
{
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};
    struct buf b = {0};
    size_t sent = 0;

    for (int i = 0; i < 100; i++)
        add_read(c, &b, h, 0, ONE_MIB);
    while (sent < most && poll(&p, 1, HELD_BACK_MS) > 0) {
        size_t at = sent % b.len; /* goes on where the last send was cut */
        ssize_t n =
            send(c->fd, b.data + at, b.len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno != EAGAIN)
            bail_out("send: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
    buf_free(&b);
    return sent < most;
}

static void greedy(void)
{
    enum { N = 8 };
    struct client greedy[N];
    struct client other;
    uint64_t start;
    bool held = true;

    client_open(&other, &target);
    for (int i = 0; i < N; i++) {
        client_open(&greedy[i], &target);
        held &= flood(&greedy[i], (size_t)64 << 20, &file);
    }
    check(held, "clients that do not read are held back");
    start = now_ms();
    for (int i = 0; i < 100; i++)
        held &= getattr(&other);
    check(held && now_ms() - start < 2000, "others are served as before");
    for (int i = 0; i < N; i++)
        client_close(&greedy[i]);
    check(getattr(&other), "also when they have gone");
    client_close(&other);
}

/* Two hundred reads are asked for before the first reply is taken; then all
 * come, whole. */
static void late_reader(void)
{
    struct client c;
    struct buf b = {0};
    unsigned good = 0;

    client_open(&c, &target);
    for (int i = 0; i < 200; i++) {
        add_read(&c, &b, &file, 0, ONE_MIB);
        add_getattr(&c, &b);
    }
    client_send(&c, b.data, b.len);
    for (int i = 0; i < 400 && client_receive(&c); i++) {
        uint32_t xid;
        uint32_t detail;

        memcpy(&xid, c.reply.data, sizeof(xid));
        if (client_verdict(&c, __builtin_bswap32(xid), &detail, NULL) ==
                V_SUCCESS &&
            (c.reply.len > ONE_MIB || c.reply.len == 24 + 88))
            good++;
    }
    check(good == 400, "a client that reads late gets everything: %u", good);
    buf_free(&b);
    client_close(&c);
}

/* ---- Calls that wait */

static void slow_and_fast(void)
{
    struct client c;
    struct buf b = {0};
    uint32_t xid = 0;
    uint64_t start;

    client_open(&c, &target);
    start = now_ms();
    for (unsigned i = 0; i < 64; i++)
        add_read(&c, &b, &slow[i % n_slow], 0, 4096);
    add_getattr(&c, &b);
    client_send(&c, b.data, b.len);
    if (client_receive(&c))
        memcpy(&xid, c.reply.data, sizeof(xid));
    check(__builtin_bswap32(xid) == c.xid && now_ms() - start < SLOW_MS,
        "a fast call overtakes 64 that wait");
    for (int i = 0; i < 64; i++)
        client_receive(&c);
    check(now_ms() - start < 4 * SLOW_MS, "which wait side by side: %u ms",
        (unsigned)(now_ms() - start));
    buf_clear(&b);
    start = now_ms();
    for (unsigned i = 0; i < 16; i++)
        add_read(&c, &b, &slow[i], 0, ONE_MIB);
    client_send(&c, b.data, b.len);
    for (int i = 0; i < 16; i++)
        client_receive(&c);
    check(now_ms() - start < 4 * SLOW_MS, "and so do 16 of 1 MiB: %u ms",
        (unsigned)(now_ms() - start));
    buf_free(&b);
    client_close(&c);
}

/* More waiting bytes than one connection may have: they take turns, and a
 * listing or a GETATTR behind them does not. */
static void more_than_fits(void)
{
    struct client c;
    struct buf b = {0};
    uint32_t xid = 0;
    uint64_t start = now_ms();
    unsigned good = 0;

    client_open(&c, &target);
    for (unsigned i = 0; i < 64; i++)
        add_read(&c, &b, &slow[i], 0, ONE_MIB);
    add_getattr(&c, &b);
    client_send(&c, b.data, b.len);
    if (client_receive(&c))
        memcpy(&xid, c.reply.data, sizeof(xid));
    check(__builtin_bswap32(xid) == c.xid && now_ms() - start < SLOW_MS,
        "a fast call overtakes 64 reads of 1 MiB");
    for (int i = 0; i < 64; i++)
        good += client_receive(&c) && c.reply.len > ONE_MIB;
    check(good == 64, "which all come: %u", good);
    buf_free(&b);
    client_close(&c);
}

/* A client shuts down its side while its calls wait: they are answered. */
static void half_gone(void)
{
    struct client c;
    struct buf b = {0};
    int good = 0;

    client_open(&c, &target);
    for (unsigned i = 0; i < 10; i++)
        add_read(&c, &b, &slow[i], 0, 4096);
    client_send(&c, b.data, b.len);
    shutdown(c.fd, SHUT_WR);
    for (int i = 0; i < 10; i++)
        good += client_receive(&c) && c.reply.len > 4096;
    check(good == 10 && client_closed(&c),
        "a client that asks no more gets its answers: %d", good);
    buf_free(&b);
    client_close(&c);
}

/* A client goes away while its calls wait. */
static void gone_while_waiting(void)
{
    struct client other;
    bool ok = true;

    client_open(&other, &target);
    for (int i = 0; i < 20; i++) {
        struct client c;
        struct buf b = {0};

        client_open(&c, &target);
        for (unsigned k = 0; k < 64; k++)
            add_read(&c, &b, &slow[k], 0, ONE_MIB);
        client_send(&c, b.data, b.len);
        ok &= getattr(&other);
        client_close(&c);
        buf_free(&b);
    }
    check(ok && getattr(&other), "clients that go away while calls wait");
    client_close(&other);
}

int main(int argc, char **argv)
{
    struct client c;

    target = target_of(argc, argv);
    client_open(&c, &target);
    root = mount_root(&c, &target);
    find_files(&c);
    many_connections();
    short_connections();
    silent_crowd();
    greedy();
    late_reader();
    if (n_slow == N_SLOW) {
        slow_and_fast();
        more_than_fits();
        half_gone();
        gone_while_waiting();
    } else {
        check_skip("the export has no slow files");
    }
    check(getattr(&c), "the first connection is still served");
    client_close(&c);
    return checks_done();
}
