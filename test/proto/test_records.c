/* Record marking (RFC 5531 section 11): a stream of calls may be cut and
 * fragmented anyhow, and what is not a record ends its connection alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "test/lib/rpc_client.h"
#include "test/lib/checks.h"

#define LAST_FRAGMENT 0x80000000U
#define ONE_MIB ((size_t)1 << 20)

static struct handle root;

/* A GETATTR of the root as one record. */
static void add_getattr(struct client *c, struct buf *stream)
{
    struct buf record = {0};

    add_call(c, &record, NFS_PROGRAM, 3, NFSPROC3_GETATTR);
    add_opaque(&record, root.b, root.len);
    add_record(stream, &record);
    buf_free(&record);
}

/* The next n replies are good GETATTRs, each to another of the last n xids.
 * (Their order is the server's affair.) */
static bool take_replies(struct client *c, uint32_t n)
{
    uint32_t first = c->xid - n + 1;
    uint8_t *seen = calloc(n, 1);
    uint32_t good = 0;

    while (good < n && client_receive(c)) {
        struct buf results = {0};
        uint32_t detail;
        uint32_t xid;
        bool ok;

        memcpy(&xid, c->reply.data, sizeof(xid));
        xid = __builtin_bswap32(xid);
        ok = xid - first < n && !seen[xid - first]++ &&
            client_verdict(c, xid, &detail, &results) == V_SUCCESS &&
            results.len == 4 + 84;
        buf_free(&results);
        if (!ok)
            break;
        good++;
    }
    free(seen);
    return good == n;
}

static void pipelined(const struct target *t)
{
    struct client c;
    struct buf stream = {0};

    client_open(&c, t);
    for (int i = 0; i < 1000; i++)
        add_getattr(&c, &stream);
    check(client_send(&c, stream.data, stream.len) && take_replies(&c, 1000),
        "1000 calls in one send get 1000 replies");
    buf_free(&stream);
    client_close(&c);
}

static void torn(const struct target *t)
{
    struct client c;
    struct buf stream = {0};
    bool ok = true;

    client_open(&c, t);
    for (int i = 0; i < 20; i++)
        add_getattr(&c, &stream);
    for (size_t i = 0; i < stream.len; i++)
        ok &= client_send(&c, stream.data + i, 1);
    check(ok && take_replies(&c, 20), "20 calls in single bytes");
    buf_clear(&stream);
    add_getattr(&c, &stream);
    add_getattr(&c, &stream);
    c.xid -= 2;
    ok = true;
    for (size_t cut = 1; cut < stream.len && ok; cut++) {
        ok = client_send(&c, stream.data, cut) &&
            client_send(&c, stream.data + cut, stream.len - cut);
        c.xid += 2;
        ok = ok && take_replies(&c, 2);
        c.xid -= 2;
    }
    check(ok, "two calls cut at every place");
    buf_free(&stream);
    client_close(&c);
}

/* The record again as fragments of size bytes, with empty ones between. */
static void add_fragments(
    struct buf *out, const struct buf *record, size_t size, bool empty)
{
    for (size_t at = 0; at < record->len; at += size) {
        size_t n = min_size(size, record->len - at);
        bool last = at + n == record->len;

        if (empty)
            add_u32(out, 0);
        add_u32(out, (uint32_t)n | (last && !empty ? LAST_FRAGMENT : 0));
        buf_add(out, record->data + at, n);
    }
    if (empty)
        add_u32(out, LAST_FRAGMENT); /* an empty last one */
}

static void fragmented(const struct target *t)
{
    struct client c;
    struct buf record = {0};
    struct buf stream = {0};
    size_t size;
    bool ok = true;

    client_open(&c, t);
    add_call(&c, &record, NFS_PROGRAM, 3, NFSPROC3_GETATTR);
    add_opaque(&record, root.b, root.len);
    for (size = 1; size <= record.len && ok; size++) {
        buf_clear(&stream);
        add_fragments(&stream, &record, size, false);
        add_fragments(&stream, &record, size, true);
        ok = client_send(&c, stream.data, stream.len) && take_replies(&c, 1) &&
            take_replies(&c, 1);
    }
    check(ok, "fragments of every size, with and without empty ones");
    buf_clear(&stream);
    for (int i = 0; i < 100000; i++)
        add_u32(&stream, 0);
    add_getattr(&c, &stream);
    check(client_send(&c, stream.data, stream.len) && take_replies(&c, 1),
        "100,000 empty fragments before a call");
    buf_free(&record);
    buf_free(&stream);
    client_close(&c);
}

/* A WRITE with `size` bytes of data in fragments of 64 KiB. */
static void add_write(struct client *c, struct buf *stream, size_t size)
{
    struct buf record = {0};

    add_call(c, &record, NFS_PROGRAM, 3, NFSPROC3_WRITE);
    add_opaque(&record, root.b, root.len);
    add_u64(&record, 0);
    add_u32(&record, (uint32_t)size);
    add_u32(&record, UNSTABLE);
    add_u32(&record, (uint32_t)size);
    memset(buf_grow(&record, size), 'w', size);
    add_fragments(stream, &record, 65536, false);
    buf_free(&record);
}

static void large(const struct target *t)
{
    struct client c;
    struct buf stream = {0};
    bool ok;

    client_open(&c, t);
    for (int i = 0; i < 3; i++) {
        uint32_t detail;

        buf_clear(&stream);
        add_write(&c, &stream, ONE_MIB);
        ok = client_send(&c, stream.data, stream.len) && client_receive(&c) &&
            client_verdict(&c, c.xid, &detail, NULL) == V_SUCCESS;
        check(ok, "a WRITE of 1 MiB is read and answered");
    }
    buf_clear(&stream);
    add_getattr(&c, &stream);
    check(client_send(&c, stream.data, stream.len) && take_replies(&c, 1),
        "and the next call after it");
    buf_free(&stream);
    client_close(&c);
}

/* Each on a connection of its own; `bystander` must not notice. */
static void too_long(const struct target *t, struct client *bystander)
{
    static const uint32_t markers[] = {
        UINT32_MAX,                 /* the last fragment, 2 GiB */
        0x7fffffff,                 /* not the last, 2 GiB */
        LAST_FRAGMENT | 0x40000000, /* 1 GiB */
        LAST_FRAGMENT | 0x00200000, /* 2 MiB */
        0x47455420,                 /* "GET ": a web browser */
    };
    struct buf stream = {0};

    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        struct client c;

        client_open(&c, t);
        buf_clear(&stream);
        add_getattr(&c, &stream);
        client_send(&c, stream.data, stream.len);
        check(take_replies(&c, 1), "a good call first");
        buf_clear(&stream);
        add_u32(&stream, markers[i]);
        client_send(&c, stream.data, stream.len);
        check(client_closed(&c), "a fragment of %08x closes", markers[i]);
        client_close(&c);
        buf_clear(&stream);
        add_getattr(bystander, &stream);
        client_send(bystander, stream.data, stream.len);
        check(take_replies(bystander, 1), "and no other connection");
    }
    buf_free(&stream);
}

static void too_long_in_pieces(const struct target *t)
{
    struct client c;
    struct buf piece = {0};
    int sent = 0;

    client_open(&c, t);
    add_u32(&piece, 65536);
    memset(buf_grow(&piece, 65536), 0, 65536);
    while (sent < 1000 && client_send(&c, piece.data, piece.len))
        sent++;
    check(sent < 1000 && client_closed(&c),
        "a record without end closes (after %d fragments)", sent);
    buf_free(&piece);
    client_close(&c);
}

static void ended_early(const struct target *t)
{
    struct client c;
    struct buf stream = {0};

    for (int how = 0; how < 2; how++) {
        client_open(&c, t);
        buf_clear(&stream);
        for (int i = 0; i < 100; i++)
            add_getattr(&c, &stream);
        if (how == 1)
            buf_add(&stream, "\x80\0\1\0abc", 7); /* an unfinished record */
        check(client_send(&c, stream.data, stream.len) &&
                shutdown(c.fd, SHUT_WR) == 0 && take_replies(&c, 100),
            "a client that shuts down its side gets its replies");
        check(client_closed(&c), "and then the end");
        client_close(&c);
    }
    buf_free(&stream);
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);
    struct client bystander;

    client_open(&bystander, &t);
    root = mount_root(&bystander, &t);
    pipelined(&t);
    torn(&t);
    fragmented(&t);
    large(&t);
    too_long(&t, &bystander);
    too_long_in_pieces(&t);
    ended_early(&t);
    client_close(&bystander);
    return checks_done();
}
