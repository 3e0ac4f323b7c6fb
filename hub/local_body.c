/* Taking bodies in. A client that sends to disk faster than the disk writes is
 * suspended until it may go on; that is the only wait in here. */
#include "hub/local_body.h"

#include <errno.h>

#include "hub/local_exchange.h"
#include "hub/local_head.h"
#include "hub/local_spool.h"
#include "hub/local_web.h"

#define BODIES_MAX ((size_t)128 << 20) /* of all requests, in memory */
#define SPOOL_BYTES (2 * SPOOL_PIECE)

static void wrote(void *owner, void *user)
{
    struct web *w = owner;
    struct exchange *x = user;

    web_bodies(w)->writing--;
    if (x != NULL && x->held) {
        x->held = false;
        web_resume(x);
    }
    web_settled(w);
}

void body_to_disk(struct exchange *x, struct blobs *blobs, bool hash)
{
    struct spool_config config = {
        .pool = web_config(x->web)->pool,
        .blobs = blobs,
        .hash = hash,
        .wrote = wrote,
        .owner = x->web,
        .user = x,
    };

    x->spool = spool_new(&config);
}

/* Takes room for n more bytes in memory, or answers that there is none. */
static bool reserve(struct exchange *x, size_t n)
{
    struct body_room *room = web_bodies(x->web);

    if (room->bytes + n > BODIES_MAX) {
        answer_error(x, 503, NULL, "Too many large requests at once");
        return false;
    }
    room->bytes += n;
    x->body_held += n;
    return true;
}

/* The rest of a body that could not be stored is not worth much reading. */
static void check_spool(struct exchange *x)
{
    int err = spool_error(x->spool);

    if (err == 0 || x->answer.status != 0)
        return;
    answer_error(x, err == -ENOSPC ? 507 : 500, NULL,
        "This Hub could not store the request");
    x->body_max =
        min_size(x->body_max, (size_t)x->received_bytes + HEAD_DRAIN_MAX);
}

static size_t to_disk(struct exchange *x, const char *p, size_t n)
{
    bool busy = spool_busy(x->spool);
    size_t taken;

    if (x->body_held == 0 && !reserve(x, SPOOL_BYTES))
        return n;
    taken = spool_add(x->spool, p, n);
    if (!busy && spool_busy(x->spool))
        web_bodies(x->web)->writing++;
    check_spool(x);
    return taken;
}

enum body_next body_add(struct exchange *x, const char *p, size_t *n)
{
    size_t taken = *n;

    if (x->received_bytes + *n > max_size(x->body_max, HEAD_DRAIN_MAX) ||
        web_closing(x->web))
        return BODY_CLOSE;
    if (x->answer.status == 0 && x->received_bytes + *n > x->body_max)
        answer_error(x, 413, NULL, "Body of more than %zu bytes", x->body_max);
    if (x->answer.status == 0 && x->spool != NULL)
        taken = to_disk(x, p, *n);
    else if (x->answer.status == 0 && reserve(x, *n))
        buf_add(&x->body, p, *n);
    x->received_bytes += taken;
    *n -= taken;
    x->held = *n > 0;
    return x->held ? BODY_WAIT : BODY_MORE;
}

bool body_complete(struct exchange *x)
{
    x->held = x->spool != NULL && spool_busy(x->spool);
    if (x->held)
        return false;
    if (x->spool != NULL)
        check_spool(x);
    return true;
}

void body_drop(struct exchange *x)
{
    web_bodies(x->web)->bytes -= x->body_held;
    x->body_held = 0;
    spool_free(x->spool);
    x->spool = NULL;
}
