/* A connection. Calls collect in one buffer and leave in one write. Replies
 * arrive in one buffer; once the length of a large one is known, just its rest
 * is asked for, so that the next one begins at the buffer's start and nothing
 * is ever moved. */
#include "test/bench/load_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10) /* taken at once while records are small */
#define ANSWER_MS 60000

struct conn {
    int fd;
    uint8_t *out;
    size_t out_len;
    size_t out_done;
    uint8_t *in;
    size_t have;   /* bytes in `in`, from its start */
    size_t joined; /* bytes of the record's fragments that are joined */
};

struct conn *conn_open(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *address = NULL;
    struct conn *c = calloc(1, sizeof(*c));
    int one = 1;

    if (c == NULL || (c->out = malloc((size_t)DEPTH_MAX * CALL_MAX)) == NULL ||
        (c->in = malloc(REPLY_MAX + CHUNK)) == NULL)
        die("memory", strerror(errno));
    if (getaddrinfo(host, port, &hints, &address) != 0)
        die(host, "no such address");
    c->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, address->ai_addr, address->ai_addrlen) != 0)
        die("connect", strerror(errno));
    freeaddrinfo(address);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return c;
}

void conn_close(struct conn *c)
{
    if (c == NULL)
        return;
    close(c->fd);
    free(c->out);
    free(c->in);
    free(c);
}

int conn_fd(const struct conn *c)
{
    return c->fd;
}

void conn_call(struct conn *c, unsigned slot, const struct call *call)
{
    if (c->out_len + CALL_MAX > (size_t)DEPTH_MAX * CALL_MAX)
        die("call", "more in flight than there is room for");
    c->out_len += call_encode(c->out + c->out_len, slot, call);
}

bool conn_flush(struct conn *c)
{
    while (c->out_done < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_done, c->out_len - c->out_done,
            MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0)
            die("send", strerror(errno));
        c->out_done += (size_t)n;
    }
    c->out_len = c->out_done = 0;
    return false;
}

static uint32_t mark_at(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return ntohl(v);
}

/* Makes one record of fragments (RFC 5531, 11) in place at `at`, as far as
 * they are there. True when it is whole: *size is its length, without marks,
 * and it begins after the first mark. *missing is what to wait for. */
static bool whole_record(
    struct conn *c, size_t at, size_t *size, size_t *missing)
{
    for (;;) {
        size_t from = at + (c->joined != 0 ? 4 + c->joined : 0);
        size_t length;
        bool last;

        *missing = 0;
        if (c->have < from + 4)
            return false;
        length = mark_at(c->in + from) & 0x7fffffff;
        last = mark_at(c->in + from) >> 31 != 0;
        if (c->joined + length + 4 > REPLY_MAX || (length == 0 && !last))
            die("reply", "a record of a length that nobody sends");
        if (c->have < from + 4 + length) {
            *missing = from + 4 + length - c->have;
            return false;
        }
        if (c->joined != 0) {
            memmove(c->in + from, c->in + from + 4, c->have - from - 4);
            c->have -= 4;
        }
        c->joined += length;
        if (last) {
            *size = c->joined;
            c->joined = 0;
            return true;
        }
    }
}

/* Hands out whole records; returns how much of a large one is missing. */
static size_t drain(struct conn *c, reply_fn *fn, void *ctx)
{
    size_t missing = 0;
    size_t at = 0;
    size_t size;

    while (whole_record(c, at, &size, &missing)) {
        struct reply r;

        if (!reply_decode(c->in + at + 4, size, &r))
            die("reply", "the call was refused");
        fn(ctx, c, r.xid, &r);
        at += 4 + size;
    }
    if (at != 0) {
        memmove(c->in, c->in + at, c->have - at);
        c->have -= at;
    }
    return missing;
}

void conn_receive(struct conn *c, reply_fn *fn, void *ctx)
{
    size_t want = drain(c, fn, ctx);

    for (;;) {
        size_t room = want != 0 ? want : CHUNK;
        ssize_t n = recv(c->fd, c->in + c->have, room, MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            die("receive", n < 0 ? strerror(errno) : "the server hung up");
        c->have += (size_t)n;
        want = drain(c, fn, ctx);
        if ((size_t)n < room)
            return;
    }
}

struct answer {
    struct reply *out;
    bool there;
};

static void on_answer(
    void *ctx, struct conn *c, unsigned slot, const struct reply *r)
{
    struct answer *a = ctx;

    (void)c;
    (void)slot;
    *a->out = *r;
    a->there = true;
}

void conn_ask(struct conn *c, const struct call *call, struct reply *r)
{
    struct answer a = {.out = r};

    conn_call(c, 0, call);
    while (!a.there) {
        bool full = conn_flush(c);
        struct pollfd p = {
            .fd = c->fd, .events = (short)(POLLIN | (full ? POLLOUT : 0))};

        if (poll(&p, 1, ANSWER_MS) == 0)
            die("reply", "none in a minute");
        if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            conn_receive(c, on_answer, &a);
    }
}
