/* READDIR and READDIRPLUS: complete, each name once, within the client's
 * limits, resumable from every cookie. */
#include <stdlib.h>
#include <string.h>

#include "test/lib/rpc_client.h"
#include "test/lib/checks.h"

#define LARGEST 4000000 /* more entries than any test's directory has */

static struct client c;

/* A listing put together from many calls. */
struct listing {
    struct buf names;   /* each with a NUL behind it */
    struct buf cookies; /* array of uint64_t */
    struct buf ids;     /* array of fileid3 */
    size_t n;
    unsigned calls;
    const char *wrong; /* the first thing that was, or NULL */
};

static void listing_free(struct listing *l)
{
    buf_free(&l->names);
    buf_free(&l->cookies);
    buf_free(&l->ids);
}

static uint64_t cookie_at(const struct listing *l, size_t i)
{
    return ((uint64_t *)(void *)l->cookies.data)[i];
}

static void blame(struct listing *l, bool wrong, const char *what)
{
    if (wrong && l->wrong == NULL)
        l->wrong = what;
}

static void add(
    struct listing *l, uint64_t id, const filename3 *name, uint64_t cookie)
{
    uint64_t last = l->n > 0 ? cookie_at(l, l->n - 1) : 0;

    blame(l, name->filename3_len == 0, "an empty name");
    blame(l, memchr(name->filename3_val, '/', name->filename3_len) != NULL,
        "a slash in a name");
    blame(l, id == 0, "a fileid of 0");
    blame(l, cookie <= last, "a cookie that does not ascend");
    blame(l, cookie > INT64_MAX, "a cookie over 2^63 - 1");
    buf_add(&l->names, name->filename3_val, name->filename3_len);
    buf_addc(&l->names, '\0');
    buf_add(&l->cookies, &cookie, sizeof(cookie));
    buf_add(&l->ids, &id, sizeof(id));
    l->n++;
}

/* How to list. */
struct how {
    bool plus;
    uint32_t dircount;
    uint32_t count; /* or maxcount */
};

static uint32_t plain_part(struct listing *l, const struct handle *dir,
    const struct how *how, uint64_t cookie, bool *eof)
{
    READDIR3args args = {.cookie = cookie, .count = how->count};
    READDIR3res res = {0};
    const READDIR3resok *ok = &res.READDIR3res_u.resok;
    uint32_t status;

    args.dir = fh_of(dir);
    if (!NFS_CALL(&c, READDIR, &args, &res))
        return UINT32_MAX;
    status = res.status;
    blame(l, status == NFS3_OK && c.reply.len - 4 > how->count, "over count");
    if (status == NFS3_OK) {
        blame(l, !ok->dir_attributes.attributes_follow, "no attributes");
        for (const entry3 *e = ok->reply.entries; e != NULL; e = e->nextentry)
            add(l, e->fileid, &e->name, e->cookie);
        *eof = ok->reply.eof;
    }
    xdr_free((xdrproc_t)xdr_READDIR3res, (char *)&res);
    return status;
}

/* What the entry takes of dircount, at the least. */
static size_t add_plus(struct listing *l, const entryplus3 *e)
{
    const fattr3 *a = &e->name_attributes.post_op_attr_u.attributes;

    blame(l, !e->name_attributes.attributes_follow, "an entry bare of attr");
    blame(l, !e->name_handle.handle_follows, "an entry without handle");
    blame(l, a->fileid != e->fileid, "two fileids of one entry");
    add(l, e->fileid, &e->name, e->cookie);
    return 8 + 4 + (e->name.filename3_len + 3U) / 4 * 4 + 8;
}

static uint32_t plus_part(struct listing *l, const struct handle *dir,
    const struct how *how, uint64_t cookie, bool *eof)
{
    READDIRPLUS3args args = {.cookie = cookie, .maxcount = how->count};
    READDIRPLUS3res res = {0};
    const READDIRPLUS3resok *ok = &res.READDIRPLUS3res_u.resok;
    size_t dir_bytes = 0;
    uint32_t status;

    args.dir = fh_of(dir);
    args.dircount = how->dircount;
    if (!NFS_CALL(&c, READDIRPLUS, &args, &res))
        return UINT32_MAX;
    status = res.status;
    blame(
        l, status == NFS3_OK && c.reply.len - 4 > how->count, "over maxcount");
    if (status == NFS3_OK) {
        blame(l, !ok->dir_attributes.attributes_follow, "no attributes");
        for (const entryplus3 *e = ok->reply.entries; e != NULL;
             e = e->nextentry)
            dir_bytes += add_plus(l, e);
        *eof = ok->reply.eof;
    }
    blame(l, dir_bytes > how->dircount, "over dircount");
    xdr_free((xdrproc_t)xdr_READDIRPLUS3res, (char *)&res);
    return status;
}

static uint32_t part(struct listing *l, const struct handle *dir,
    const struct how *how, uint64_t cookie, bool *eof)
{
    return how->plus ? plus_part(l, dir, how, cookie, eof)
                     : plain_part(l, dir, how, cookie, eof);
}

/* Everything after cookie. */
static struct listing list(
    const struct handle *dir, const struct how *how, uint64_t cookie)
{
    struct listing l = {0};
    bool eof = false;

    while (!eof && l.wrong == NULL && l.n < LARGEST) {
        size_t before = l.n;
        uint32_t status = part(&l, dir, how, cookie, &eof);

        l.calls++;
        blame(&l, status != NFS3_OK, "a status");
        blame(&l, !eof && l.n == before, "no progress");
        if (l.n > 0)
            cookie = cookie_at(&l, l.n - 1);
    }
    return l;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool distinct_names(struct listing *l)
{
    char **name = calloc(l->n + 1, sizeof(*name));
    char *p = (char *)l->names.data;
    bool ok = true;

    for (size_t i = 0; i < l->n; i++, p += strlen(p) + 1)
        name[i] = p;
    qsort(name, l->n, sizeof(*name), by_text);
    for (size_t i = 1; i < l->n; i++)
        ok &= strcmp(name[i - 1], name[i]) != 0;
    free(name);
    return ok;
}

static bool distinct_low_cookies(struct listing *l)
{
    uint64_t *low = calloc(l->n + 1, sizeof(*low));
    bool ok = true;

    for (size_t i = 0; i < l->n; i++)
        low[i] = cookie_at(l, i) & UINT32_MAX;
    qsort(low, l->n, sizeof(*low), by_value);
    for (size_t i = 1; i < l->n; i++)
        ok &= low[i - 1] != low[i];
    free(low);
    return ok;
}

static bool same(const struct listing *a, const struct listing *b)
{
    return a->n == b->n && a->names.len == b->names.len &&
        memcmp(a->names.data, b->names.data, a->names.len) == 0 &&
        memcmp(a->ids.data, b->ids.data, a->ids.len) == 0 &&
        memcmp(a->cookies.data, b->cookies.data, a->cookies.len) == 0;
}

static void whole(const struct handle *dir, const char *name, size_t want)
{
    static const struct how hows[] = {
        {true, 65536, 65536},
        {false, 0, 65536},
        {true, 1 << 20, 1 << 20},
        {true, 4096, 1 << 20},
        {true, UINT32_MAX, UINT32_MAX},
        {false, 0, 4096},
        {true, 4096, 4096},
        {false, 0, 1 << 20},
        {false, 0, UINT32_MAX},
        {true, 4099, 4099},
        {false, 0, 1021},
    };
    struct listing first = list(dir, &hows[0], 0);

    check(first.wrong == NULL, "%s: %s", name,
        first.wrong != NULL ? first.wrong : "listed");
    if (want != 0)
        check(first.n == want, "%s: %zu of %zu names", name, first.n, want);
    check(distinct_names(&first), "%s: each name once", name);
    check(distinct_low_cookies(&first), "%s: low halves of cookies", name);
    for (size_t i = 1; i < ARRAY_LEN(hows); i++) {
        struct listing l = list(dir, &hows[i], 0);

        check(l.wrong == NULL && same(&first, &l),
            "%s: %s, dircount %u, count %u: the same in %u calls (%s)", name,
            hows[i].plus ? "plus" : "plain", hows[i].dircount, hows[i].count,
            l.calls, l.wrong != NULL ? l.wrong : "ok");
        listing_free(&l);
    }
    listing_free(&first);
}

/* From each cookie on, both kinds give what follows there. */
static void resumed(const struct handle *dir)
{
    const struct how plus = {true, 65536, 65536};
    const struct how plain = {false, 0, 65536};
    struct listing all = list(dir, &plus, 0);
    size_t step = all.n / 500 + 1;
    bool ok = all.wrong == NULL;

    for (size_t i = 0; i < all.n && ok; i += step) {
        struct listing rest =
            list(dir, i % 2 != 0 ? &plus : &plain, cookie_at(&all, i));

        ok = rest.wrong == NULL && rest.n == all.n - i - 1 &&
            (rest.n == 0 || cookie_at(&rest, 0) == cookie_at(&all, i + 1));
        listing_free(&rest);
    }
    check(ok, "a listing resumes from every cookie");
    listing_free(&all);
}

/* The least that takes one entry is found by trying; below it is TOOSMALL,
 * and never BAD_COOKIE or an empty answer. */
static void too_small(const struct handle *dir)
{
    for (int plus = 0; plus < 2; plus++) {
        struct how how = {plus != 0, 65536, 0};
        uint32_t status = NFS3ERR_TOOSMALL;
        struct listing l = {0};
        bool eof;

        while (how.count < 2000 && status == NFS3ERR_TOOSMALL) {
            how.count++;
            status = part(&l, dir, &how, 0, &eof);
        }
        /* attributes, verifier, one entry named ".", end and eof */
        check(status == NFS3_OK && l.n == 1 && l.wrong == NULL &&
                how.count == 88 + 8 + 28 + (plus ? 128 : 0) + 8,
            "TOOSMALL up to where one entry fits: %u", how.count);
        listing_free(&l);
    }
    for (uint32_t dircount = 0; dircount < 64; dircount++) {
        struct how how = {true, dircount, 65536};
        struct listing l = {0};
        bool eof;
        uint32_t status = part(&l, dir, &how, 0, &eof);

        if ((status == NFS3ERR_TOOSMALL) != (dircount < 28) || l.wrong != NULL)
            check(false, "dircount %u: status %u", dircount, status);
        listing_free(&l);
    }
    check(true, "small values of dircount");
}

static void odd_calls(const struct handle *dir, const struct handle *file)
{
    READDIRPLUS3args args = {.dircount = 8192, .maxcount = 8192};
    READDIRPLUS3res res = {0};

    args.dir = fh_of(file);
    check(NFS_CALL(&c, READDIRPLUS, &args, &res) &&
            res.status == NFS3ERR_NOTDIR &&
            res.READDIRPLUS3res_u.resfail.dir_attributes.attributes_follow,
        "a file is not listed");
    args.dir = fh_of(dir);
    args.cookie = INT64_MAX;
    memset(args.cookieverf, 0xee, sizeof(args.cookieverf));
    check(NFS_CALL(&c, READDIRPLUS, &args, &res) && res.status == NFS3_OK &&
            res.READDIRPLUS3res_u.resok.reply.eof,
        "a cookie past the end, and a verifier nobody gave, end the listing");
    xdr_free((xdrproc_t)xdr_READDIRPLUS3res, (char *)&res);
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);
    struct handle root;
    struct handle dir;
    struct handle file;

    client_open(&c, &t);
    root = mount_root(&c, &t);
    whole(&root, "the root", 0);
    too_small(&root);
    resumed(&root);
    if (find_path(&c, &root, "many", &dir, NULL)) {
        whole(&dir, "many", 10000 + 2);
        resumed(&dir);
    } else {
        check_skip("the export has no directory `many`");
    }
    if (find_path(&c, &root, "huge", &dir, NULL))
        whole(&dir, "huge", 100000 + 2);
    else
        check_skip("the export has no directory `huge`");
    if (find_path(&c, &root, "dir/small", &file, NULL))
        odd_calls(&root, &file);
    else
        check_skip("the export has no dir/small");
    client_close(&c);
    return checks_done();
}
