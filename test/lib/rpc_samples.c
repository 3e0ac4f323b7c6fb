/* See the header. */
#include "test/lib/rpc_samples.h"

#include <string.h>

#include "test/lib/checks.h"

#define ATTR_SIZE 84

static void consider(struct samples *have, const entryplus3 *e)
{
    const fattr3 *a = &e->name_attributes.post_op_attr_u.attributes;
    const nfs_fh3 *fh = &e->name_handle.post_op_fh3_u.handle;

    if (!e->name_attributes.attributes_follow || !e->name_handle.handle_follows)
        return;
    if (a->type == NF3REG &&
        (have->file.len == 0 || a->size > have->attr.size)) {
        have->file = handle_of(fh);
        have->attr = *a;
    }
    if (a->type == NF3LNK)
        have->link = handle_of(fh);
    if (a->type == NF3DIR && have->dir.len == 0 &&
        e->name.filename3_val[0] != '.')
        have->dir = handle_of(fh);
}

/* Looks through the first entries of a directory. */
static void look_at(struct client *c, struct samples *have, struct handle dir)
{
    READDIRPLUS3args args = {.dircount = 65536, .maxcount = 65536};
    READDIRPLUS3res res = {0};

    args.dir = fh_of(&dir);
    if (!NFS_CALL(c, READDIRPLUS, &args, &res) || res.status != NFS3_OK)
        bail_out("cannot list a directory");
    for (entryplus3 *e = res.READDIRPLUS3res_u.resok.reply.entries; e != NULL;
         e = e->nextentry)
        consider(have, e);
    xdr_free((xdrproc_t)xdr_READDIRPLUS3res, (char *)&res);
}

struct samples find_samples(struct client *c, const struct handle *root)
{
    struct samples have = {0};

    look_at(c, &have, *root);
    if (have.dir.len != 0)
        look_at(c, &have, have.dir);
    if (have.file.len == 0)
        bail_out("the export has no file at its top or in a top directory");
    return have;
}

/* As bytes on the wire: the struct has padding. */
bool same_attr(const fattr3 *a, const fattr3 *b)
{
    char x[ATTR_SIZE];
    char y[ATTR_SIZE];
    fattr3 copy = *a;
    XDR xdrs;

    xdrmem_create(&xdrs, x, sizeof(x), XDR_ENCODE);
    if (!xdr_fattr3(&xdrs, &copy))
        return false;
    copy = *b;
    xdrmem_create(&xdrs, y, sizeof(y), XDR_ENCODE);
    return xdr_fattr3(&xdrs, &copy) && memcmp(x, y, sizeof(x)) == 0;
}

bool post_op_is(const post_op_attr *got, const fattr3 *want)
{
    return got->attributes_follow &&
        same_attr(&got->post_op_attr_u.attributes, want);
}

bool wcc_is_same(const wcc_data *w, const fattr3 *want)
{
    const wcc_attr *before = &w->before.pre_op_attr_u.attributes;

    return post_op_is(&w->after, want) &&
        (!w->before.attributes_follow ||
            (before->size == want->size &&
                memcmp(&before->mtime, &want->mtime, 8) == 0 &&
                memcmp(&before->ctime, &want->ctime, 8) == 0));
}

bool get_attr(struct client *c, const struct handle *h, fattr3 *out)
{
    GETATTR3args args = {fh_of(h)};
    GETATTR3res res = {0};

    if (!NFS_CALL(c, GETATTR, &args, &res) || res.status != NFS3_OK)
        return false;
    *out = res.GETATTR3res_u.resok.obj_attributes;
    return true;
}
