/* Setting up one libcurl transfer, passing on what it receives, and turning its
 * outcome into an errno: the border where curl's codes end. */
#include "hub/http_easy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

#include "base/mem.h"
#include "hub/http.h"
#include "hub/url.h"

#define CONNECT_MS 10000L
#define BULK_BUFFER (512L << 10)
#define SMALL_BUFFER (64L << 10)
#define HEAD_MAX ((size_t)256 << 10) /* bytes of all header lines */

_Static_assert(HTTP_WHY_MAX >= CURL_ERROR_SIZE, "room for curl's texts");

static size_t refuse(struct http_request *r, int result)
{
    if (r->sink_result == 0)
        r->sink_result = result;
    return 0; /* fewer bytes than were given: curl ends the transfer */
}

static int status_of(const struct http_request *r)
{
    long code = 0;

    curl_easy_getinfo((CURL *)r->easy, CURLINFO_RESPONSE_CODE, &code);
    return (int)code;
}

/* Called with one whole line at a time; an empty one ends the block. Blocks of
 * interim answers (1xx) come first, trailers last. */
static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
    struct http_request *r = ctx;
    int result;

    n *= size;
    r->head_bytes += n;
    if (r->head_bytes > HEAD_MAX)
        return refuse(r, -EPROTO);
    if (r->head_done || n > 2 || (line[0] != '\r' && line[0] != '\n') ||
        status_of(r) < 200)
        return n;
    r->head_done = true;
    r->status = status_of(r);
    http_moved(r, 0);
    result = r->sink->head(r->sink, r);
    return result != 0 ? refuse(r, result) : n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct http_request *r = ctx;
    int result;

    n *= size;
    http_moved(r, n);
    if (!r->head_done)
        return refuse(r, -EPROTO);
    result = r->sink->data(r->sink, (const uint8_t *)p, n);
    return result != 0 ? refuse(r, result) : n;
}

static void add_header(struct http_request *r, const char *line)
{
    struct curl_slist *list = curl_slist_append(r->headers, line);

    if (list == NULL)
        abort();
    r->headers = list;
}

static void set_headers(struct http_request *r)
{
    if (r->token != NULL) {
        char *line = xasprintf("Authorization: Bearer %s", r->token);

        add_header(r, line);
        free(line);
    }
    if (r->raw)
        add_header(r, "Accept-Encoding: identity");
    if (r->fresh)
        add_header(r, "Cache-Control: no-cache");
    curl_easy_setopt((CURL *)r->easy, CURLOPT_HTTPHEADER, r->headers);
}

static void set_range(struct http_request *r)
{
    char text[48];

    snprintf(text, sizeof(text), "%llu-%llu", (unsigned long long)r->first,
        (unsigned long long)r->last);
    curl_easy_setopt((CURL *)r->easy, CURLOPT_RANGE, text);
}

static void set_transport(CURL *e, const struct http_request *r)
{
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    /* Giving up on a name must not wait for the resolver's thread. */
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(
        e, CURLOPT_BUFFERSIZE, r->bulk ? BULK_BUFFER : SMALL_BUFFER);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
        r->bulk ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
    /* Many small ones at once need not all shake hands with the server. */
    curl_easy_setopt(e, CURLOPT_PIPEWAIT, r->bulk ? 0L : 1L);
    curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, r->fresh ? 1L : 0L);
}

void http_easy_open(
    struct http_request *r, const struct http_easy_config *config)
{
    CURL *e = curl_easy_init();

    if (e == NULL)
        abort();
    r->easy = e;
    set_transport(e, r);
    curl_easy_setopt(e, CURLOPT_URL, r->url);
    curl_easy_setopt(e, CURLOPT_USERAGENT, config->user_agent);
    if (config->ca_file != NULL)
        curl_easy_setopt(e, CURLOPT_CAINFO, config->ca_file);
    if (!r->raw) /* curl undoes it on the way to on_body */
        curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (r->method == HTTP_POST)
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->form);
    if (r->ranged)
        set_range(r);
    set_headers(r);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, r->why);
    curl_easy_setopt(e, CURLOPT_PRIVATE, r);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
}

/* A refused connection, and relatives, as the system named it. */
static int connect_error(CURL *e)
{
    long os = 0;

    curl_easy_getinfo(e, CURLINFO_OS_ERRNO, &os);
    switch (os) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ETIMEDOUT:
        return -(int)os;
    default:
        return -ECONNREFUSED;
    }
}

static int transfer_error(struct http_request *r, CURLcode code)
{
    switch (code) {
    case CURLE_OUT_OF_MEMORY: /* and its word for one line over 100 KiB */
        snprintf(r->why, sizeof(r->why), "a header line without end");
        return -EPROTO;
    case CURLE_URL_MALFORMAT:
        r->permanent = true;
        return -EINVAL;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return -EHOSTUNREACH;
    case CURLE_COULDNT_CONNECT:
        return connect_error((CURL *)r->easy);
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        r->permanent = true;
        return -EPROTO;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL: /* curl's name for "this is not HTTP" */
    case CURLE_WEIRD_SERVER_REPLY:
        return -EPROTO;
    case CURLE_BAD_CONTENT_ENCODING:
        return -EBADMSG;
    default:
        return -ECONNRESET;
    }
}

int http_easy_result(struct http_request *r, int curl_code)
{
    CURLcode code = (CURLcode)curl_code;
    int err;

    if (r->sink_result != 0) {
        /* curl only knows that writing has failed. */
        snprintf(r->why, sizeof(r->why), "%s",
            r->head_bytes > HEAD_MAX ? "headers without end" : "");
        return r->sink_result == HTTP_ENOUGH ? 0 : r->sink_result;
    }
    if (code == CURLE_OK && r->head_done)
        return 0;
    err = code == CURLE_OK ? -EPROTO : transfer_error(r, code);
    if (r->why[0] == '\0')
        snprintf(r->why, sizeof(r->why), "%s", curl_easy_strerror(code));
    return err;
}

const char *http_header(
    const struct http_request *r, const char *name, size_t nth)
{
    struct curl_header *h;

    if (r->easy == NULL ||
        curl_easy_header((CURL *)r->easy, name, nth, CURLH_HEADER, -1, &h) !=
            CURLHE_OK)
        return NULL;
    return h->value;
}

void http_request_fini(struct http_request *r)
{
    curl_easy_cleanup((CURL *)r->easy);
    curl_slist_free_all(r->headers);
    r->easy = NULL;
    r->headers = NULL;
}
