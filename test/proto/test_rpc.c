/* What RFC 5531 says about calls that cannot be carried out: each gets the
 * reply that names the reason, and the connection goes on. */
#include <string.h>

#include "test/lib/rpc_client.h"
#include "test/lib/checks.h"

#define NFSACL_PROGRAM 100227
#define NLM_PROGRAM 100021
#define AUTH_BODY_MAX 400

static struct client c;

/* Sends a record; what comes back is compared. */
static void expect(
    struct buf *record, enum verdict want, uint32_t detail, const char *text)
{
    uint32_t got_detail = 0;
    enum verdict got = V_NONE;

    if (client_send_record(&c, record) && client_receive(&c))
        got = client_verdict(&c, c.xid, &got_detail, NULL);
    check(got == want && got_detail == detail, "%s: verdict %d/%x, got %d/%x",
        text, want, detail, got, got_detail);
    buf_clear(record);
}

static void programs_and_versions(struct buf *b)
{
    add_call(&c, b, NFS_PROGRAM, 3, NFSPROC3_NULL);
    expect(b, V_SUCCESS, 0, "NFS NULL with AUTH_SYS");
    add_call(&c, b, MOUNT_PROGRAM, 3, MOUNTPROC3_NULL);
    expect(b, V_SUCCESS, 0, "MOUNT NULL with AUTH_SYS");
    add_call(&c, b, NFSACL_PROGRAM, 3, 0);
    expect(b, V_ACCEPTED, PROG_UNAVAIL, "NFSACL is unavailable");
    add_call(&c, b, NFSACL_PROGRAM, 3, 1);
    expect(b, V_ACCEPTED, PROG_UNAVAIL, "NFSACL GETACL is unavailable");
    add_call(&c, b, NLM_PROGRAM, 4, 0);
    expect(b, V_ACCEPTED, PROG_UNAVAIL, "NLM is unavailable");
    add_call(&c, b, 0, 3, 0);
    expect(b, V_ACCEPTED, PROG_UNAVAIL, "program 0 is unavailable");
    add_call(&c, b, UINT32_MAX, 3, 0);
    expect(b, V_ACCEPTED, PROG_UNAVAIL, "program 2^32-1 is unavailable");
    for (uint32_t version = 0; version < 6; version++) {
        if (version == 3)
            continue;
        add_call(&c, b, NFS_PROGRAM, version, 0);
        expect(b, V_MISMATCH, 3 << 16 | 3, "another version of NFS");
        add_call(&c, b, MOUNT_PROGRAM, version, 0);
        expect(b, V_MISMATCH, 3 << 16 | 3, "another version of MOUNT");
    }
    add_call(&c, b, NFS_PROGRAM, 3, 22);
    expect(b, V_ACCEPTED, PROC_UNAVAIL, "NFS has 22 procedures");
    add_call(&c, b, NFS_PROGRAM, 3, UINT32_MAX);
    expect(b, V_ACCEPTED, PROC_UNAVAIL, "procedure 2^32-1");
    add_call(&c, b, MOUNT_PROGRAM, 3, 6);
    expect(b, V_ACCEPTED, PROC_UNAVAIL, "MOUNT has 6 procedures");
}

static void rpc_versions(struct buf *b)
{
    static const uint32_t versions[] = {0, 1, 3, UINT32_MAX};

    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        add_u32(b, ++c.xid);
        add_u32(b, CALL);
        add_u32(b, versions[i]);
        expect(b, V_VERSION, 2 << 16 | 2, "another RPC version");
    }
}

/* NULL with these credentials and this verifier. */
static void add_null(struct buf *b, const struct buf *cred, uint32_t flavor,
    const struct buf *verifier)
{
    add_call_start(&c, b, NFS_PROGRAM, 3, NFSPROC3_NULL);
    add_auth(b, flavor, cred->data, cred->len);
    add_auth(b, AUTH_NONE, verifier->data, verifier->len);
}

static void auth_flavors(struct buf *b)
{
    static const uint32_t unknown[] = {2, 3, 4, 6, 390003, UINT32_MAX};
    struct buf none = {0};

    add_null(b, &none, AUTH_NONE, &none);
    expect(b, V_SUCCESS, 0, "NULL with AUTH_NONE");
    for (uint32_t proc = 1; proc < 22; proc++) {
        c.flavor = AUTH_NONE;
        add_call(&c, b, NFS_PROGRAM, 3, proc);
        expect(b, V_AUTH, AUTH_TOOWEAK, "AUTH_NONE is too weak for NFS");
    }
    add_call(&c, b, MOUNT_PROGRAM, 3, MOUNTPROC3_EXPORT);
    expect(b, V_SUCCESS, 0, "EXPORT with AUTH_NONE");
    c.flavor = AUTH_SYS;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        add_null(b, &none, unknown[i], &none);
        expect(b, V_AUTH, AUTH_REJECTEDCRED, "an unknown flavor");
    }
}

static void auth_bodies(struct buf *b)
{
    struct buf none = {0};
    struct buf body = {0};

    buf_add(&body, (char[AUTH_BODY_MAX + 4]){0}, AUTH_BODY_MAX + 4);
    body.len = AUTH_BODY_MAX;
    add_null(b, &body, 6, &none);
    expect(b, V_AUTH, AUTH_REJECTEDCRED, "a body of 400 bytes is read");
    body.len++;
    add_null(b, &body, 6, &none);
    expect(b, V_AUTH, AUTH_BADCRED, "a body of 401 bytes is rejected");
    add_null(b, &none, AUTH_NONE, &body);
    expect(b, V_AUTH, AUTH_BADVERF, "a verifier of 401 bytes is rejected");
    body.len = 8;
    add_null(b, &none, AUTH_NONE, &body);
    expect(b, V_AUTH, AUTH_BADVERF, "a verifier is empty");
    add_null(b, &body, AUTH_NONE, &none);
    expect(b, V_AUTH, AUTH_BADCRED, "AUTH_NONE has no body");
    add_call_start(&c, b, NFS_PROGRAM, 3, NFSPROC3_NULL);
    add_u32(b, AUTH_SYS);
    add_u32(b, UINT32_MAX); /* a length, and nothing that long follows */
    expect(b, V_AUTH, AUTH_BADCRED, "a body of 4 GiB is rejected");
    buf_free(&body);
}

static void add_sys(struct buf *body, size_t name_len, uint32_t n_groups)
{
    char name[300] = {0};

    buf_clear(body);
    add_u32(body, 1);
    add_opaque(body, name, name_len);
    add_u32(body, 1000);
    add_u32(body, 1000);
    add_u32(body, n_groups);
    for (uint32_t i = 0; i < n_groups && i < 64; i++)
        add_u32(body, i);
}

static void auth_sys_bodies(struct buf *b)
{
    struct buf none = {0};
    struct buf body = {0};

    add_sys(&body, 255, 16);
    add_null(b, &body, AUTH_SYS, &none);
    expect(b, V_SUCCESS, 0, "AUTH_SYS with the longest name and 16 groups");
    add_sys(&body, 256, 0);
    add_null(b, &body, AUTH_SYS, &none);
    expect(b, V_AUTH, AUTH_BADCRED, "a machine name of 256 bytes");
    add_sys(&body, 4, 17);
    add_null(b, &body, AUTH_SYS, &none);
    expect(b, V_AUTH, AUTH_BADCRED, "17 groups");
    add_sys(&body, 4, 0x40000000);
    add_null(b, &body, AUTH_SYS, &none);
    expect(b, V_AUTH, AUTH_BADCRED, "2^30 groups");
    add_sys(&body, 4, 2);
    for (size_t n = 0; n < body.len; n += 4) {
        struct buf part = {.data = body.data, .len = n};

        add_null(b, &part, AUTH_SYS, &none);
        expect(b, V_AUTH, AUTH_BADCRED, "AUTH_SYS that ends too early");
    }
    add_u32(&body, 0);
    add_null(b, &body, AUTH_SYS, &none);
    expect(b, V_AUTH, AUTH_BADCRED, "AUTH_SYS with more behind it");
    buf_free(&body);
}

static void arguments(struct buf *b)
{
    struct buf args = {0};

    for (uint32_t proc = 1; proc < 22; proc++) {
        add_call(&c, b, NFS_PROGRAM, 3, proc);
        expect(b, V_ACCEPTED, GARBAGE_ARGS, "no arguments");
        add_call(&c, b, NFS_PROGRAM, 3, proc);
        add_opaque(b, (char[65]){0}, 65);
        expect(b, V_ACCEPTED, GARBAGE_ARGS, "a handle of 65 bytes");
        add_call(&c, b, NFS_PROGRAM, 3, proc);
        add_u32(b, UINT32_MAX);
        expect(b, V_ACCEPTED, GARBAGE_ARGS, "a handle of 4 GiB");
    }
    add_call(&c, b, NFS_PROGRAM, 3, NFSPROC3_NULL);
    add_u32(b, 0);
    expect(b, V_ACCEPTED, GARBAGE_ARGS, "NULL with arguments");
    add_opaque(&args, (char[32]){0}, 32);
    add_u64(&args, 0);
    add_u32(&args, 4096);
    for (size_t n = 0; n <= args.len + 4; n += 4) {
        if (n == args.len)
            continue;
        buf_reserve(&args, 4);
        add_call(&c, b, NFS_PROGRAM, 3, NFSPROC3_READ);
        buf_add(b, args.data, n);
        expect(b, V_ACCEPTED, GARBAGE_ARGS, "READ, too short or too long");
    }
    buf_free(&args);
}

/* Cut a good call anywhere behind the direction: an answer says so. */
static void short_headers(struct buf *b)
{
    struct buf whole = {0};

    add_call(&c, &whole, NFS_PROGRAM, 3, NFSPROC3_NULL);
    for (size_t n = 8; n < whole.len; n += 4) {
        uint32_t detail = 0;
        enum verdict v = V_NONE;

        buf_add(b, whole.data, n);
        if (client_send_record(&c, b) && client_receive(&c))
            v = client_verdict(&c, c.xid, &detail, NULL);
        check((v == V_ACCEPTED && detail == GARBAGE_ARGS) ||
                (v == V_AUTH && detail == AUTH_BADCRED),
            "a header of %zu bytes is answered: %d/%x", n, v, detail);
        buf_clear(b);
    }
    buf_free(&whole);
}

static void not_calls(struct buf *b, const struct target *t)
{
    add_u32(b, 77);
    add_u32(b, REPLY);
    add_u32(b, MSG_ACCEPTED);
    client_send_record(&c, b);
    buf_clear(b);
    add_call(&c, b, NFS_PROGRAM, 3, NFSPROC3_NULL);
    expect(b, V_SUCCESS, 0, "a reply record is ignored");
    add_u32(b, 78);
    add_u32(b, 2); /* neither CALL nor REPLY */
    client_send_record(&c, b);
    buf_clear(b);
    check(client_closed(&c), "an unknown direction closes");
    for (size_t n = 0; n < 8; n++) {
        client_close(&c);
        client_open(&c, t);
        buf_add(b, (char[8]){0}, n);
        client_send_record(&c, b);
        buf_clear(b);
        check(client_closed(&c), "a record of %zu bytes closes", n);
    }
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);
    struct buf b = {0};

    client_open(&c, &t);
    programs_and_versions(&b);
    rpc_versions(&b);
    auth_flavors(&b);
    auth_bodies(&b);
    auth_sys_bodies(&b);
    arguments(&b);
    short_headers(&b);
    not_calls(&b, &t);
    client_close(&c);
    buf_free(&b);
    return checks_done();
}
