/* Bodies of requests, as they arrive: in memory, or on their way to disk; and
 * how much room there is for all of them. Of the loop thread. */
#ifndef HUB_LOCAL_BODY_H
#define HUB_LOCAL_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct blobs;
struct exchange;

/* What all bodies of a web server share; zeroed to begin with. */
struct body_room {
    size_t bytes;     /* in memory */
    unsigned writing; /* bodies with a write under way */
};

/* From head(): this body goes to disk, as x->spool; hash: its SHA-256 is
 * wanted. body_max says how long it may be. */
void body_to_disk(struct exchange *x, struct blobs *blobs, bool hash);

/* A piece of the body. One that is not wanted any more is still read, up to a
 * point. */
enum body_next {
    BODY_MORE,
    BODY_WAIT, /* suspend: x goes on when there is room for the rest */
    BODY_CLOSE,
};
enum body_next body_add(struct exchange *x, const char *p, size_t *n);

/* Nothing is under way any more: x->body or x->spool is complete. Else
 * suspend, and ask again. */
bool body_complete(struct exchange *x);

/* Forgets it. */
void body_drop(struct exchange *x);

#endif
