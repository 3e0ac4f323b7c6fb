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

static bool as_generated(const uint8_t *all, uint64_t ino, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if (all[i] != memvfs_byte(ino, i))
            return false;
    }
    return true;
}

static void read_data(void)
{
    static const uint32_t steps[] = {1 << 20, 2 << 20, 65536, 131072, 99991};
    struct handle h;
    fattr3 a;
    uint8_t *first = NULL;

    if (!find_path(&c, &root, "dir/data", &h, &a)) {
        check_skip("the export has no dir/data");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        uint8_t *all = read_all(&h, a.size, steps[i]);

        check(all != NULL && as_generated(all, a.fileid, a.size),
            "the whole file in steps of %u", steps[i]);
        free(all);
    }
    check(find_path(&c, &root, "dir/small", &h, &a), "dir/small");
    first = read_all(&h, a.size, 1);
    check(first != NULL && as_generated(first, a.fileid, a.size),
        "a small file byte by byte");
    free(first);
}

static void failing_reads(void)
{
    struct handle h;
    fattr3 a;
    READ3resok r;

    if (!find_path(&c, &root, "dir/broken", &h, &a)) {
        check_skip("the export has no broken file");
        return;
    }
    check(read_at(&h, 0, 10, &r) == NFS3ERR_IO &&
            post_op_is(&r.file_attributes, &a),
        "a failed READ says IO, with attributes");
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
    failing_reads();
    client_close(&c);
    return checks_done();
}
