/* One question over as many exchanges as redirects ask for. */
#ifndef HUB_HTTP_FOLLOW_H
#define HUB_HTTP_FOLLOW_H

#include <stdbool.h>

#include "base/op.h"
#include "hub/http.h"

#define FOLLOW_MAX 10

/* Embedded where the waiting operation lives.
 *
 * The token goes only to `home`. Once a redirect has led elsewhere it is not
 * sent again, whatever follows: a foreign server must not choose what is
 * asked in the user's name. */
struct follow {
    struct op op;
    /* given; borrowed until the wake */
    struct http *http;
    const char *home;       /* url_origin() of the endpoint */
    const char *token;      /* NULL: none */
    struct http_sink *sink; /* sees the head of every hop, redirects included,
                               and the body of the last one */
    /* the request of the present hop, at last of the final one. The caller
     * sets method, form, range, bulk, raw, fresh */
    struct http_request req;
    /* state, and result */
    bool at_home; /* every hop so far, this one included, was at home */
    unsigned hops;
    char *url[FOLLOW_MAX + 1]; /* url[hops] is the present one; owned */
    struct http_sink tap;
    size_t dropped; /* bytes of a redirect's body */
};

/* Asks url (copied). Ends as http_send() does, and with -ELOOP (too many
 * redirects, or a circle) or -EPROTO (a redirect to nowhere, or from https to
 * http); req.why says more. Call follow_fini() in any case. */
void follow_send(struct follow *f, const char *url, struct op *op);

/* This answer is a redirect that will be followed. */
bool follow_is_redirect(const struct http_request *r);

void follow_fini(struct follow *f);

#endif
