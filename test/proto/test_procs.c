/* The procedures of RFC 1813 one by one: results, errors, attributes. Runs
 * against any export that has a file and a directory; what needs a certain
 * tree (memnfsd.c) is skipped where that is missing. */
#include <stdlib.h>
#include <string.h>

#include "test/lib/memvfs/memvfs.h"
#include "test/lib/rpc_client.h"
#include "test/lib/checks.h"

#define ONE_MIB ((uint32_t)1 << 20)
#define LOCAL_UID 1000 /* owner of what memnfsd serves */

static struct client c;
static struct handle root;
static fattr3 root_attr;

/* What the export has; len 0: nothing of the kind. */
static struct sample {
    struct handle file; /* the largest that was seen */
    fattr3 attr;
    struct handle dir;
    struct handle link;
} have;

static void consider(const entryplus3 *e)
{
    const fattr3 *a = &e->name_attributes.post_op_attr_u.attributes;
    const nfs_fh3 *fh = &e->name_handle.post_op_fh3_u.handle;

    if (!e->name_attributes.attributes_follow || !e->name_handle.handle_follows)
        return;
    if (a->type == NF3REG && (have.file.len == 0 || a->size > have.attr.size)) {
        have.file = handle_of(fh);
        have.attr = *a;
    }
    if (a->type == NF3LNK)
        have.link = handle_of(fh);
    if (a->type == NF3DIR && have.dir.len == 0 &&
        e->name.filename3_val[0] != '.')
        have.dir = handle_of(fh);
}

/* Looks through the first entries of a directory. */
static void look_at(struct handle dir)
{
    READDIRPLUS3args args = {.dircount = 65536, .maxcount = 65536};
    READDIRPLUS3res res = {0};

    args.dir = fh_of(&dir);
    if (!NFS_CALL(&c, READDIRPLUS, &args, &res) || res.status != NFS3_OK)
        bail_out("cannot list a directory");
    for (entryplus3 *e = res.READDIRPLUS3res_u.resok.reply.entries; e != NULL;
         e = e->nextentry)
        consider(e);
    xdr_free((xdrproc_t)xdr_READDIRPLUS3res, (char *)&res);
}

static bool same_attr(const fattr3 *a, const fattr3 *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool post_op_is(const post_op_attr *got, const fattr3 *want)
{
    return got->attributes_follow &&
        same_attr(&got->post_op_attr_u.attributes, want);
}

static bool wcc_is_same(const wcc_data *w, const fattr3 *want)
{
    const wcc_attr *before = &w->before.pre_op_attr_u.attributes;

    return post_op_is(&w->after, want) &&
        (!w->before.attributes_follow ||
            (before->size == want->size &&
                memcmp(&before->mtime, &want->mtime, 8) == 0 &&
                memcmp(&before->ctime, &want->ctime, 8) == 0));
}

static bool get_attr(const struct handle *h, fattr3 *out)
{
    GETATTR3args args = {fh_of(h)};
    GETATTR3res res = {0};

    if (!NFS_CALL(&c, GETATTR, &args, &res) || res.status != NFS3_OK)
        return false;
    *out = res.GETATTR3res_u.resok.obj_attributes;
    return true;
}

/* ---- Attributes */

static void attributes(void)
{
    fattr3 a;

    check(get_attr(&root, &root_attr) && root_attr.type == NF3DIR,
        "GETATTR of the root");
    check(root_attr.fileid != 0 && root_attr.nlink >= 2, "it is a directory");
    check(get_attr(&have.file, &a) && same_attr(&a, &have.attr),
        "GETATTR of a file says what READDIRPLUS said");
    check(a.fsid == root_attr.fsid, "one fsid for the whole export");
    check(a.used >= a.size || a.size > 4096, "used is sane");
    check(a.mtime.nseconds < 1000000000, "nanoseconds are below 10^9");
}

static void times(void)
{
    struct handle h;
    fattr3 a;

    if (!find_path(&c, &root, "dir/late", &h, &a)) {
        check_skip("the export has no odd times");
        return;
    }
    check(a.mtime.seconds == UINT32_MAX, "a time after 2106 is clamped");
    check(find_path(&c, &root, "dir/odd \xff name", &h, &a) &&
            a.mtime.seconds == 0 && a.mtime.nseconds == 0,
        "a time before 1970 is clamped, and names are bytes");
}

static uint32_t ask_access(const struct handle *h, uint32_t uid, uint32_t gid)
{
    ACCESS3args args = {fh_of(h), 0xffffffff};
    ACCESS3res res = {0};
    bool ok;

    c.uid = uid;
    c.gid = gid;
    ok = NFS_CALL(&c, ACCESS, &args, &res) && res.status == NFS3_OK &&
        res.ACCESS3res_u.resok.obj_attributes.attributes_follow;
    c.uid = c.gid = 0;
    return ok ? res.ACCESS3res_u.resok.access : UINT32_MAX;
}

static void access_rights(void)
{
    const uint32_t changes = ACCESS3_MODIFY | ACCESS3_EXTEND | ACCESS3_DELETE;
    struct handle h;

    check(ask_access(&root, 0, 0) == (ACCESS3_READ | ACCESS3_LOOKUP),
        "root may list and search a directory, and nothing else");
    check((ask_access(&have.file, 0, 0) & (changes | ACCESS3_READ)) ==
            ACCESS3_READ,
        "root may read a file and not change it");
    if (!find_path(&c, &root, "dir/private", &h, NULL)) {
        check_skip("the export has no file of mode 0640");
        return;
    }
    check(ask_access(&h, 0, 0) == ACCESS3_READ, "mode 0640: root reads");
    check(ask_access(&h, LOCAL_UID, 5) == ACCESS3_READ, "the owner reads");
    check(ask_access(&h, 5, LOCAL_UID) == ACCESS3_READ, "the group reads");
    check(ask_access(&h, 5, 5) == 0, "others do not");
}

/* ---- Names */

static uint32_t lookup(
    const struct handle *dir, const char *name, size_t n, LOOKUP3res *res)
{
    LOOKUP3args args = {.what.dir = fh_of(dir)};

    args.what.name = (filename3){(u_int)n, (char *)(uintptr_t)name};
    *res = (LOOKUP3res){0};
    return NFS_CALL(&c, LOOKUP, &args, res) ? res->status : UINT32_MAX;
}

static void lookups(void)
{
    LOOKUP3res res;
    const LOOKUP3resok *ok = &res.LOOKUP3res_u.resok;
    const post_op_attr *dir = &res.LOOKUP3res_u.resfail.dir_attributes;
    char *big = calloc(1, 100000);

    memset(big, 'n', 100000);
    check(lookup(&root, ".", 1, &res) == NFS3_OK &&
            post_op_is(&ok->obj_attributes, &root_attr) &&
            post_op_is(&ok->dir_attributes, &root_attr),
        "LOOKUP of . gives the directory");
    check(lookup(&root, "..", 2, &res) == NFS3_OK &&
            post_op_is(&ok->obj_attributes, &root_attr),
        ".. of the root is the root");
    check(lookup(&root, "no such name", 12, &res) == NFS3ERR_NOENT &&
            post_op_is(dir, &root_attr),
        "NOENT comes with the directory's attributes");
    check(lookup(&root, "", 0, &res) == NFS3ERR_ACCES &&
            post_op_is(dir, &root_attr),
        "an empty name is refused");
    check(lookup(&root, "a/b", 3, &res) == NFS3ERR_ACCES, "one with a slash");
    check(lookup(&root, ".\0", 2, &res) == NFS3ERR_ACCES, "one with a NUL");
    check(lookup(&root, big, 255, &res) == NFS3ERR_NOENT, "255 bytes");
    check(lookup(&root, big, 256, &res) == NFS3ERR_NAMETOOLONG &&
            post_op_is(dir, &root_attr),
        "256 bytes are too long");
    check(lookup(&root, big, 100000, &res) == NFS3ERR_NAMETOOLONG,
        "and so are 100,000");
    check(lookup(&have.file, "x", 1, &res) == NFS3ERR_NOTDIR &&
            post_op_is(dir, &have.attr),
        "a file has no names in it");
    free(big);
}

static void read_links(void)
{
    READLINK3args args = {fh_of(&have.file)};
    READLINK3res res = {0};

    check(NFS_CALL(&c, READLINK, &args, &res) && res.status == NFS3ERR_INVAL &&
            post_op_is(
                &res.READLINK3res_u.resfail.symlink_attributes, &have.attr),
        "READLINK of a file is invalid");
    if (have.link.len == 0) {
        check_skip("the export has no symbolic link");
        return;
    }
    args.symlink = fh_of(&have.link);
    check(NFS_CALL(&c, READLINK, &args, &res) && res.status == NFS3_OK &&
            res.READLINK3res_u.resok.data.nfspath3_len > 0 &&
            res.READLINK3res_u.resok.symlink_attributes.attributes_follow,
        "READLINK of a link");
}

/* ---- Data */

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

/* ---- The file system */

static void describe(void)
{
    FSINFO3args info_args = {fh_of(&root)};
    FSSTAT3args stat_args = {fh_of(&root)};
    PATHCONF3args conf_args = {fh_of(&root)};
    FSINFO3res info = {0};
    FSSTAT3res stat = {0};
    PATHCONF3res conf = {0};
    const FSINFO3resok *i = &info.FSINFO3res_u.resok;
    const FSSTAT3resok *s = &stat.FSSTAT3res_u.resok;
    const PATHCONF3resok *p = &conf.PATHCONF3res_u.resok;

    check(NFS_CALL(&c, FSINFO, &info_args, &info) && info.status == NFS3_OK &&
            post_op_is(&i->obj_attributes, &root_attr),
        "FSINFO with attributes");
    check(i->rtmax == ONE_MIB && i->rtpref == ONE_MIB && i->wtmax == ONE_MIB &&
            i->wtpref == ONE_MIB && i->dtpref >= 65536,
        "reads and writes of 1 MiB, listings of 64 KiB or more");
    check(i->maxfilesize == INT64_MAX && (i->properties & FSF3_SYMLINK) &&
            (i->properties & FSF3_HOMOGENEOUS) && !(i->properties & FSF3_LINK),
        "file size and properties");
    check(i->time_delta.seconds == 0 && i->time_delta.nseconds > 0, "delta");
    check(NFS_CALL(&c, FSSTAT, &stat_args, &stat) && stat.status == NFS3_OK &&
            post_op_is(&s->obj_attributes, &root_attr) &&
            s->fbytes <= s->tbytes && s->abytes <= s->fbytes &&
            s->ffiles <= s->tfiles && s->afiles <= s->ffiles,
        "FSSTAT in sane numbers");
    check(NFS_CALL(&c, PATHCONF, &conf_args, &conf) && conf.status == NFS3_OK &&
            post_op_is(&p->obj_attributes, &root_attr) && p->name_max == 255 &&
            p->no_trunc && p->linkmax >= 1 && !p->case_insensitive &&
            p->case_preserving,
        "PATHCONF");
}

/* ---- Changes: refused, with truthful attributes */

static const filename3 new_name = {3, "new"};

/* Arguments begin with root where it is a directory they change. */
static void change_one(void)
{
    diropargs3 where = {fh_of(&root), new_name};
    CREATE3args create = {where, {.mode = GUARDED}};
    CREATE3args exclusive = {where, {.mode = EXCLUSIVE}};
    MKDIR3args mkdir = {.where = where};
    SYMLINK3args symlink = {.where = where};
    MKNOD3args mknod = {where, {.type = NF3FIFO}};
    REMOVE3args remove = {where};
    RMDIR3args rmdir = {where};
    union {
        CREATE3res create;
        MKDIR3res mkdir;
        SYMLINK3res symlink;
        MKNOD3res mknod;
        REMOVE3res remove;
        RMDIR3res rmdir;
    } r = {0};

    symlink.symlink.symlink_data = (nfspath3){1, "x"};
#define REFUSED(NAME, args, res, member)                                       \
    check(NFS_CALL(&c, NAME, args, res) && (res)->status == NFS3ERR_ROFS &&    \
            wcc_is_same(&(res)->member.resfail.dir_wcc, &root_attr),           \
        #NAME " is refused")
    REFUSED(CREATE, &create, &r.create, CREATE3res_u);
    REFUSED(CREATE, &exclusive, &r.create, CREATE3res_u);
    REFUSED(MKDIR, &mkdir, &r.mkdir, MKDIR3res_u);
    REFUSED(SYMLINK, &symlink, &r.symlink, SYMLINK3res_u);
    REFUSED(MKNOD, &mknod, &r.mknod, MKNOD3res_u);
    REFUSED(REMOVE, &remove, &r.remove, REMOVE3res_u);
    REFUSED(RMDIR, &rmdir, &r.rmdir, RMDIR3res_u);
}

static void change_data(void)
{
    SETATTR3args setattr = {.object = fh_of(&have.file)};
    WRITE3args write = {fh_of(&have.file), 0, 4, UNSTABLE, {4, "data"}};
    COMMIT3args commit = {fh_of(&have.file), 0, 0};
    SETATTR3res set = {0};
    WRITE3res written = {0};
    COMMIT3res committed = {0};

    setattr.new_attributes.mode.set_it = TRUE;
    check(NFS_CALL(&c, SETATTR, &setattr, &set) && set.status == NFS3ERR_ROFS &&
            wcc_is_same(&set.SETATTR3res_u.resfail.obj_wcc, &have.attr),
        "SETATTR is refused");
    check(NFS_CALL(&c, WRITE, &write, &written) &&
            written.status == NFS3ERR_ROFS &&
            wcc_is_same(&written.WRITE3res_u.resfail.file_wcc, &have.attr),
        "WRITE is refused");
    check(NFS_CALL(&c, COMMIT, &commit, &committed) &&
            committed.status == NFS3ERR_ROFS &&
            wcc_is_same(&committed.COMMIT3res_u.resfail.file_wcc, &have.attr),
        "COMMIT is refused");
}

static void change_two(void)
{
    struct handle *dir = have.dir.len != 0 ? &have.dir : &root;
    diropargs3 from = {fh_of(&root), new_name};
    diropargs3 to = {fh_of(dir), new_name};
    RENAME3args rename = {from, to};
    LINK3args link = {fh_of(&have.file), to};
    RENAME3res renamed = {0};
    LINK3res linked = {0};
    fattr3 dir_attr;

    get_attr(dir, &dir_attr);
    check(NFS_CALL(&c, RENAME, &rename, &renamed) &&
            renamed.status == NFS3ERR_ROFS &&
            wcc_is_same(
                &renamed.RENAME3res_u.resfail.fromdir_wcc, &root_attr) &&
            wcc_is_same(&renamed.RENAME3res_u.resfail.todir_wcc, &dir_attr),
        "RENAME is refused");
    check(NFS_CALL(&c, LINK, &link, &linked) && linked.status == NFS3ERR_ROFS &&
            post_op_is(
                &linked.LINK3res_u.resfail.file_attributes, &have.attr) &&
            wcc_is_same(&linked.LINK3res_u.resfail.linkdir_wcc, &dir_attr),
        "LINK is refused");
}

/* Attributes that the server has to ask for come with the refusal too. */
static void change_cold(void)
{
    struct handle many;
    SETATTR3args args = {0};
    SETATTR3res res = {0};

    if (!find_path(&c, &root, "dir/cold", &many, NULL)) {
        check_skip("the export has no dir/cold");
        return;
    }
    args.object = fh_of(&many);
    check(NFS_CALL(&c, SETATTR, &args, &res) && res.status == NFS3ERR_ROFS &&
            res.SETATTR3res_u.resfail.obj_wcc.after.attributes_follow,
        "a refusal has attributes");
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);

    client_open(&c, &t);
    root = mount_root(&c, &t);
    look_at(root);
    if (have.dir.len != 0)
        look_at(have.dir);
    if (have.file.len == 0)
        bail_out("the export has no file at its top or in a top directory");
    attributes();
    times();
    access_rights();
    lookups();
    read_links();
    read_edges();
    read_data();
    failing_reads();
    describe();
    change_one();
    change_data();
    change_two();
    change_cold();
    client_close(&c);
    return checks_done();
}
