/* URLs: putting them together, taking them apart, and telling whether two of
 * them belong to the same server. Texts that are returned belong to the
 * caller: free(). */
#ifndef HUB_URL_H
#define HUB_URL_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define URL_MAX ((size_t)16 << 10) /* bytes of a URL from outside */

/* Appends text percent-encoded: every byte that is not unreserved (RFC 3986
 * 2.3). A path keeps its slashes; a segment or a query value does not. */
void url_add_segment(struct buf *to, const char *text, size_t n);
void url_add_path(struct buf *to, const char *path);

/* "https://host:443", in lower case and with the port spelled out; NULL when
 * url is not http(s), has no host, or carries a user name. Two URLs are of one
 * origin when these texts are equal. */
char *url_origin(const char *url);

/* Where `location` leads, seen from base: absolute, without a fragment. NULL
 * when that is no URL as url_origin() wants it. */
char *url_resolve(const char *base, const char *location);

/* The value of a query parameter as it stands, still percent-encoded, so that
 * it can be sent back unchanged; NULL when there is none, or when it holds what
 * no query may. */
char *url_query_raw(const char *url, const char *name);

/* The length of the part that may be logged: without the query, which in a
 * signed URL is a secret. */
int url_shown(const char *url);

#endif
