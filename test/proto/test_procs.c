/* The procedures of RFC 1813 one by one: results, errors, attributes. Runs
 * against any export that has a file and a directory; what needs a certain
 * tree (memnfsd.c) is skipped where that is missing. */
#include <stdlib.h>
#include <string.h>

#include "test/lib/rpc_client.h"
#include "test/lib/rpc_samples.h"
#include "test/lib/checks.h"

#define ONE_MIB ((uint32_t)1 << 20)
#define LOCAL_UID 1000 /* owner of what memnfsd serves */

static struct client c;
static struct handle root;
static fattr3 root_attr;
static struct samples have;

/* ---- Attributes */

static void attributes(void)
{
    fattr3 a;

    check(get_attr(&c, &root, &root_attr) && root_attr.type == NF3DIR,
        "GETATTR of the root");
    check(root_attr.fileid != 0 && root_attr.nlink >= 2, "it is a directory");
    check(get_attr(&c, &have.file, &a) && same_attr(&a, &have.attr),
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

    get_attr(&c, dir, &dir_attr);
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
    have = find_samples(&c, &root);
    attributes();
    times();
    access_rights();
    lookups();
    read_links();
    describe();
    change_one();
    change_data();
    change_two();
    change_cold();
    client_close(&c);
    return checks_done();
}
