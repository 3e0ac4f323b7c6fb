/* One exchange as a libcurl easy handle; between http.c and http_easy.c. */
#ifndef HUB_HTTP_EASY_H
#define HUB_HTTP_EASY_H

#include <stddef.h>

struct http_request;

/* What all exchanges of a client share. */
struct http_easy_config {
    const char *user_agent;
    const char *ca_file;
};

/* Builds r->easy out of what r asks for. */
void http_easy_open(
    struct http_request *r, const struct http_easy_config *config);

/* The result of a transfer that ended with this CURLcode: 0 or -errno; fills
 * in r->status, r->why, r->permanent. */
int http_easy_result(struct http_request *r, int curl_code);

/* The body has moved by n bytes, or (n 0) the headers are complete; in
 * http.c, called by the transfer's callbacks. */
void http_moved(struct http_request *r, size_t n);

#endif
