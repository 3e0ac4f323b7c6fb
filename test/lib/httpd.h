/* A scripted HTTP/1.1 server on the loop of a test: it answers as told, also in
 * ways no server should, and keeps what it was asked. */
#ifndef TEST_LIB_HTTPD_H
#define TEST_LIB_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct httpd;
struct op;

#define HTTPD_ALWAYS 1000000

/* One way to answer. Everything is borrowed until httpd_close(). */
struct httpd_reply {
    int status;          /* 0: 200 */
    const char *headers; /* further lines, each with its \r\n */
    const void *body;
    size_t len;
    bool ranges; /* honour Range: 206, 416 */

    /* Departures from good order. */
    const char *length; /* Content-Length says this; "": no such line, and
                           the connection ends with the body */
    const char *range;  /* Content-Range says this; "": no such line */
    bool chunked;
    bool limited; /* only `after` bytes of the body are sent, then ... */
    size_t after;
    bool stall;       /* ... nothing more comes; else: the connection ends */
    bool drop;        /* the connection ends without an answer */
    bool mute;        /* no answer ever comes */
    unsigned drip_ms; /* the body comes a byte at a time */
    const char *raw;  /* these bytes instead of all of it, and the end */

    unsigned times; /* how often it is used; 0: once */
};

/* Listens on 127.0.0.1. */
struct httpd *httpd_new(uv_loop_t *loop);

/* Closes all connections and frees, running the loop for it. */
void httpd_close(struct httpd *h);

/* Ends all connections that are open now. */
void httpd_hang_up(struct httpd *h);

const char *httpd_url(const struct httpd *h); /* "http://127.0.0.1:1234" */

/* Requests whose line ("GET /x?y HTTP/1.1") starts with `line` are answered so,
 * by the first rule that fits and is not used up; 501 if there is none. */
void httpd_on(
    struct httpd *h, const char *line, const struct httpd_reply *reply);
void httpd_clear(struct httpd *h); /* forgets rules and requests */

/* How many requests started so ("" all); the text of the nth (from 0) of them
 * with headers and body, or NULL. */
size_t httpd_count(const struct httpd *h, const char *line);
const char *httpd_request(const struct httpd *h, const char *line, size_t nth);

/* How many came within ms of the first one. */
size_t httpd_count_within(const struct httpd *h, uint64_t ms);

size_t httpd_connections(const struct httpd *h); /* accepted so far */

#endif
