/* Opening a root. */
#include "hub/local_root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "hub/local_blobs.h"
#include "hub/local_meta.h"

static int open_stores(
    const char *dir, bool create, struct pool *pool, struct local_root *out)
{
    char *blobs = xasprintf("%s/blobs", dir);
    char *db = xasprintf("%s/hub.db", dir);
    int err = 0;

    if (!create && access(db, F_OK) != 0)
        err = -ENOENT;
    if (err == 0)
        err = file_mkdirs(blobs, 0700);
    if (err == 0)
        err = blobs_on_disk(blobs, &out->blobs);
    if (err == 0)
        err = meta_open(db, pool, &out->meta);
    free(blobs);
    free(db);
    return err;
}

int local_root_open(const char *dir, bool create, struct pool *pool,
    struct local_root *out, struct buf *why)
{
    int err;

    *out = (struct local_root){0};
    err = open_stores(dir, create, pool, out);
    if (err == -EPROTO)
        buf_addf(why, "%s was made by a newer version of this program", dir);
    else if (err == -ENOENT && !create)
        buf_addf(why, "there is no Hub in %s", dir);
    else if (err != 0)
        buf_addf(why, "%s: %s", dir, strerror(-err));
    return err;
}

void local_root_close(struct local_root *r)
{
    meta_close(r->meta);
    blobs_free(r->blobs);
    *r = (struct local_root){0};
}
