/* READ, RFC 1813 3.3.6: where a file ends, and every byte of it. Contents are
 * known for memnfsd only. */
#include <stdlib.h>
#include <string.h>

#include "test/lib/checks.h"
#include "test/lib/memvfs/memvfs.h"
#include "test/lib/rpc_client.h"
#include "test/lib/rpc_samples.h"

#define ONE_MIB ((uint32_t)1 << 20)

static struct client c;
static struct handle root;
static fattr3 root_attr;
static struct samples have;

/* READ; the data lies in c.reply. */
static uint32_t read_at(
    const struct handle *h, uint64_t offset, uint32_t count, READ3resok *out)
{
    READ3args args = {fh_of(h), offset, count};
    READ3res res = {0};

    if (!NFS_CALL(&c, READ, &args, &res))
        return UINT32_MAX;
    *out = res.READ3res_u.resok;
    return res.status;
}

static bool is_end(uint32_t status, const READ3resok *r, uint32_t count)
{
    return status == NFS3_OK && r->count == count &&
        r->data.data_len == count && r->eof &&
        post_op_is(&r->file_attributes, &have.attr);
}

static void read_edges(void)
{
    const struct handle *h = &have.file;
    uint64_t size = have.attr.size;
    READ3resok r;

    check(is_end(read_at(h, size, 100, &r), &r, 0), "at the end: nothing, eof");
    check(is_end(read_at(h, size + 1, 100, &r), &r, 0), "past the end");
    check(is_end(read_at(h, UINT64_MAX, 100, &r), &r, 0), "at 2^64 - 1");
    check(is_end(read_at(h, UINT64_MAX - 5, UINT32_MAX, &r), &r, 0),
        "where offset + count overflows");
    if (size < 2) {
        check_skip("the largest file is empty");
        return;
    }
    check(is_end(read_at(h, size - 1, ONE_MIB, &r), &r, 1), "the last byte");
    check(read_at(h, 0, 0, &r) == NFS3_OK && r.count == 0 && !r.eof,
        "no bytes from the middle: not eof");
    check(read_at(h, size - 2, 1, &r) == NFS3_OK && r.count == 1 && !r.eof,
        "the last but one: not eof");
    check(is_end(read_at(h, size - 1, 1, &r), &r, 1), "exactly the last: eof");
    check(read_at(&root, 0, 100, &r) == NFS3ERR_ISDIR &&
            post_op_is(&r.file_attributes, &root_attr),
        "a directory has no data");
}

/* The whole file in pieces of step bytes; NULL if a piece is wrong. */
static uint8_t *read_all(const struct handle *h, uint64_t size, uint32_t step)
{
    uint8_t *all = malloc(size + step);
    uint64_t at = 0;
    READ3resok r;

    while (at < size) {
        uint64_t left = size - at;
        uint32_t want = left < step ? (uint32_t)left : step;

        if (read_at(h, at, step, &r) != NFS3_OK ||
            r.count != (want < ONE_MIB ? want : ONE_MIB) ||
            r.data.data_len != r.count || r.eof != (at + r.count == size)) {
            free(all);
            return NULL;
        }
        memcpy(all + at, r.data.data_val, r.count);
        at += r.count;
    }
    return all;
}

/* A file, and what it should contain: for memnfsd that is known, for others it
 * is what was read first. */
struct known {
    struct handle h;
    fattr3 a;
    uint8_t *bytes;
};

static bool know(struct known *k, const char *path)
{
    struct handle mark;
    uint64_t good = 0;

    if (!find_path(&c, &root, path, &k->h, &k->a)) {
        check_skip("the export has no %s", path);
        return false;
    }
    k->bytes = read_all(&k->h, k->a.size, ONE_MIB);
    check(k->bytes != NULL, "%s in steps of 1 MiB", path);
    if (k->bytes == NULL)
        return false;
    if (!find_path(&c, &root, "dir/odd \xff name", &mark, NULL))
        return true;
    while (good < k->a.size && k->bytes[good] == memvfs_byte(k->a.fileid, good))
        good++;
    check(good == k->a.size, "every byte of %s", path);
    return true;
}

static void read_data(void)
{
    static const uint32_t steps[] = {2 << 20, 65536, 131072, 99991};
    struct known k;

    if (!know(&k, "dir/data"))
        return;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        uint8_t *all = read_all(&k.h, k.a.size, steps[i]);

        check(all != NULL && memcmp(all, k.bytes, k.a.size) == 0,
            "the whole file in steps of %u", steps[i]);
        free(all);
    }
    free(k.bytes);
}

static void read_bytes(void)
{
    struct known k;
    uint8_t *all;

    if (!know(&k, "dir/small"))
        return;
    all = read_all(&k.h, k.a.size, 1);
    check(all != NULL && memcmp(all, k.bytes, k.a.size) == 0,
        "a small file byte by byte");
    free(all);
    free(k.bytes);
}

/* Asks for 10 bytes at each of the first n places, in one go. */
static void send_small_reads(const struct handle *h, uint32_t n)
{
    struct buf stream = {0};

    for (uint64_t i = 0; i < n; i++) {
        struct buf record = {0};

        add_call(&c, &record, NFS_PROGRAM, 3, NFSPROC3_READ);
        add_opaque(&record, h->b, h->len);
        add_u64(&record, i);
        add_u32(&record, 10);
        add_record(&stream, &record);
        buf_free(&record);
    }
    client_send(&c, stream.data, stream.len);
    buf_free(&stream);
}

/* The reply in c.reply has these ten bytes. */
static bool is_small_read(uint32_t xid, const uint8_t *want)
{
    struct buf results = {0};
    READ3res res = {0};
    const READ3resok *ok = &res.READ3res_u.resok;
    uint32_t detail;
    bool good = client_verdict(&c, xid, &detail, &results) == V_SUCCESS &&
        xdr_decode((xdr_fn *)xdr_READ3res, results.data, results.len, &res) &&
        ok->data.data_len == 10 && memcmp(ok->data.data_val, want, 10) == 0;

    buf_free(&results);
    return good;
}

/* Thousands of replies with data at once: more pieces than one write takes. */
static void small_reads(void)
{
    enum { N = 4000 };
    struct known k;
    uint32_t first;
    int good = 0;

    if (!know(&k, "dir/data"))
        return;
    first = c.xid + 1;
    send_small_reads(&k.h, N);
    for (int i = 0; i < N && client_receive(&c); i++) {
        uint32_t xid;

        memcpy(&xid, c.reply.data, sizeof(xid));
        xid = __builtin_bswap32(xid);
        good += xid - first < N && is_small_read(xid, k.bytes + (xid - first));
    }
    check(good == N, "%d small reads at once: %d", N, good);
    free(k.bytes);
}

static void failing_reads(void)
{
    struct handle h;
    fattr3 a;
    READ3resok r;
    int failed = 0;

    if (!find_path(&c, &root, "dir/broken", &h, &a)) {
        check_skip("the export has no broken file");
        return;
    }
    for (int i = 0; i < 100; i++)
        failed += read_at(&h, 0, ONE_MIB, &r) == NFS3ERR_IO &&
            post_op_is(&r.file_attributes, &a);
    check(failed == 100, "READs that fail say IO, with attributes: %d", failed);
    check(find_path(&c, &root, "dir/small", &h, &a) &&
            read_at(&h, 0, 10, &r) == NFS3_OK,
        "and leave room for others");
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);

    client_open(&c, &t);
    root = mount_root(&c, &t);
    have = find_samples(&c, &root);
    if (!get_attr(&c, &root, &root_attr))
        bail_out("no attributes of the root");
    read_edges();
    read_data();
    read_bytes();
    small_reads();
    failing_reads();
    client_close(&c);
    return checks_done();
}
