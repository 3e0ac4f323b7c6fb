/* One MOUNT v3 MNT call, made by hand: 31 words are not worth a library's
 * blocking client, and only nfsd/ knows that library. */
#include "cli/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/timer.h"

#define PROBE_XID 0x68666673
#define LAST_FRAGMENT 0x80000000u
#define REPLY_MAX 4096
#define PATH_MAX_BYTES 255

static void put_u32(struct buf *b, uint32_t value)
{
    uint32_t wire = htonl(value);

    buf_add(b, &wire, sizeof(wire));
}

/* RFC 5531 9: a call with AUTH_SYS of nobody in particular, and an empty
 * verifier; RFC 1813 5.2.1: the path to mount. */
static void put_call(struct buf *b, const char *path)
{
    static const uint8_t zeros[4];
    static const uint32_t head[] = {PROBE_XID, 0, 2, 100005, 3, 1};
    static const uint32_t auth_sys[] = {1, 20, 0, 0, 65534, 65534, 0, 0, 0};
    size_t len = strlen(path);
    uint32_t size = (uint32_t)(sizeof(head) + sizeof(auth_sys) + 4 +
        ((len + 3) & ~(size_t)3));

    put_u32(b, LAST_FRAGMENT | size);
    for (size_t i = 0; i < ARRAY_LEN(head); i++)
        put_u32(b, head[i]);
    for (size_t i = 0; i < ARRAY_LEN(auth_sys); i++)
        put_u32(b, auth_sys[i]);
    put_u32(b, (uint32_t)len);
    buf_add(b, path, len);
    buf_add(b, zeros, (4 - len % 4) % 4);
}

enum probe_answer probe_judge(const struct buf *reply)
{
    struct cur c = cur_over(reply->data, reply->len);
    uint32_t size = cur_u32be(&c) & ~LAST_FRAGMENT;
    uint32_t xid = cur_u32be(&c);
    uint32_t type = cur_u32be(&c);
    uint32_t refused = cur_u32be(&c);
    uint32_t verf_len;
    uint32_t accept;
    uint32_t status;

    cur_u32be(&c); /* the verifier's flavour */
    verf_len = cur_u32be(&c);
    if (verf_len > 400)
        return PROBE_OTHER;
    cur_skip(&c, (verf_len + 3) & ~3u);
    accept = cur_u32be(&c);
    status = cur_u32be(&c);
    if (!cur_ok(&c) || size > REPLY_MAX || xid != PROBE_XID || type != 1 ||
        refused != 0 || accept != 0 || status != 0)
        return PROBE_OTHER;
    return PROBE_SERVES;
}

bool probe_complete(const struct buf *reply)
{
    struct cur c = cur_over(reply->data, reply->len);
    uint32_t size = cur_u32be(&c) & ~LAST_FRAGMENT;

    return reply->len >= REPLY_MAX || (cur_ok(&c) && cur_left(&c) >= size);
}

/* Waits until the socket is ready or the time is up. */
static bool wait_for(int fd, short events, uint64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    uint64_t now = clock_mono_ms();
    int n;

    do {
        n = poll(&p, 1, now < deadline_ms ? (int)(deadline_ms - now) : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static bool connected(int fd, const struct sockaddr *addr, uint64_t deadline_ms)
{
    socklen_t size = addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                : sizeof(struct sockaddr_in6);
    int err = 0;
    socklen_t n = sizeof(err);

    if (connect(fd, addr, size) == 0)
        return true;
    if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, deadline_ms))
        return false;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0 && err == 0;
}

static enum probe_answer ask(int fd, const char *path, uint64_t deadline_ms)
{
    struct buf call = {0};
    struct buf reply = {0};
    enum probe_answer answer = PROBE_NOBODY;
    ssize_t got = 1;

    put_call(&call, path);
    /* A fresh socket takes 400 bytes at once. */
    if (send(fd, call.data, call.len, 0) != (ssize_t)call.len)
        got = 0;
    while (got > 0 && !probe_complete(&reply) &&
        wait_for(fd, POLLIN, deadline_ms)) {
        got = read(fd, buf_reserve(&reply, REPLY_MAX), REPLY_MAX);
        if (got > 0)
            reply.len += (size_t)got;
    }
    if (probe_complete(&reply))
        answer = probe_judge(&reply);
    else if (got <= 0)
        answer = PROBE_OTHER; /* it took the connection and closed it */
    buf_free(&call);
    buf_free(&reply);
    return answer;
}

enum probe_answer probe_export(const char *host, uint16_t port,
    const char *export_path, unsigned timeout_ms)
{
    uint64_t deadline_ms = clock_mono_ms() + timeout_ms;
    struct sockaddr_storage addr = {0};
    enum probe_answer answer = PROBE_NOBODY;
    int fd;

    if (strlen(export_path) > PATH_MAX_BYTES ||
        (uv_ip4_addr(host, port, (struct sockaddr_in *)&addr) != 0 &&
            uv_ip6_addr(host, port, (struct sockaddr_in6 *)&addr) != 0))
        return PROBE_NOBODY;
    fd = socket(addr.ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return PROBE_NOBODY;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connected(fd, (struct sockaddr *)&addr, deadline_ms))
        answer = ask(fd, export_path, deadline_ms);
    close(fd);
    return answer;
}
