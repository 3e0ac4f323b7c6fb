/* Xorbs on their way in:
 *
 *     body -> aside, hashed as it comes -> chunks unpacked and hashed -> blob
 *
 * Whoever has sent one may make files of its chunks from then on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_blobs_care.h"
#include "hub/local_body.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_content.h"
#include "hub/local_hub.h"
#include "hub/local_meta_xet.h"
#include "hub/local_spool.h"

#define INDEXED 1024 /* every so many chunks can be asked for */

struct xorb_in {
    struct meta_xorb xorb;
    struct xet_xorb found;
};

static void free_in(void *state)
{
    struct xorb_in *in = state;

    xet_xorb_fini(&in->found);
    free(in);
}

int cas_xorb_head(struct call *c)
{
    body_to_disk(c->x, c->hub->blobs, true);
    return 0;
}

int cas_xorb_first(struct call *c, struct meta_db *db)
{
    struct xorb_in *in = xcalloc(1, sizeof(*in));
    struct repo repo;
    int err = cas_enter(c, db, true, &repo);

    c->state = in;
    c->state_free = free_in;
    return err == 0 ? cas_take_prefixed_hash(c, &in->xorb.hash) : err;
}

static int check(struct call *c, struct xorb_in *in, const struct blob_in *blob)
{
    struct xet_fault fault = {0};
    struct cas_map map;
    int err = cas_map(blob, in->xorb.size, &map);

    if (err != 0)
        return err;
    err = xet_xorb_check(map.p, map.n, &in->xorb.hash, &in->found, &fault);
    cas_unmap(&map);
    if (err == -EBADMSG)
        return call_refuse(c, 400, NULL, "The xorb is malformed at %llu: %s",
            (unsigned long long)fault.at, fault.text);
    return err;
}

int cas_xorb_store(struct call *c)
{
    struct xorb_in *in = c->state;
    struct blob_in *blob = NULL;
    int err;

    in->xorb.size = spool_size(c->x->spool);
    err = spool_end(c->x->spool, in->xorb.sha256, &blob);
    if (err == 0)
        err = check(c, in, blob);
    if (err == 0) {
        memcpy(blob->sha256, in->xorb.sha256, SHA256_SIZE);
        err = blobs_publish(c->hub->blobs, &blob, 1);
    }
    blob_drop(blob);
    return err;
}

/* The one that is there already, if its bytes are. */
static int find_kept(struct call *c, struct meta_db *db, struct xorb_in *in)
{
    struct meta_xorb there;
    uint64_t size;
    int err = meta_xorb_find(db, &in->xorb.hash, &there);

    if (err == 0)
        err = blobs_keep(c->hub->blobs, there.sha256, &size);
    if (err == 0)
        in->xorb.id = there.id;
    return err;
}

static int keep_new(struct call *c, struct meta_db *db, struct xorb_in *in)
{
    uint64_t size;
    int err = blobs_keep(c->hub->blobs, in->xorb.sha256, &size);

    if (err == 0)
        err = meta_xorb_put(
            db, &in->xorb, &in->found, c->x->began_ns / 1000000000);
    for (size_t i = 0; i < in->found.n && err == 0; i++) {
        const struct xet_hash *hash = &in->found.chunk[i].hash;

        if (xet_hash_tail(hash) % INDEXED == 0)
            err = meta_chunk_put(db, hash, in->xorb.id);
    }
    return err;
}

int cas_xorb(struct call *c, struct meta_db *db)
{
    struct xorb_in *in = c->state;
    int err = find_kept(c, db, in);
    bool is_new = err == -ENOENT;
    struct jsonw w;

    if (is_new)
        err = keep_new(c, db, in);
    else if (err == 0)
        err = meta_xorb_touch(db, in->xorb.id, c->x->began_ns / 1000000000);
    if (err == 0)
        err = meta_xorb_claim(db, in->xorb.id, content_uploader(c));
    if (err != 0)
        return err;
    w = answer_json(c->x, 200);
    jsonw_object(&w, NULL);
    jsonw_bool(&w, "was_inserted", is_new);
    jsonw_object_end(&w);
    return 0;
}
