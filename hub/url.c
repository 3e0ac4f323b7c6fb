/* URLs by way of libcurl's own parser, so that what is compared here is what
 * will be connected to. */
#include "hub/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>

#include "base/buf.h"

static bool unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_escaped(struct buf *to, const char *text, size_t n, char keep)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (unreserved(c) || (keep != '\0' && c == (unsigned char)keep)) {
            buf_addc(to, (char)c);
        } else {
            buf_addc(to, '%');
            buf_addc(to, hex[c >> 4]);
            buf_addc(to, hex[c & 15]);
        }
    }
}

void url_add_segment(struct buf *to, const char *text, size_t n)
{
    add_escaped(to, text, n, '\0');
}

void url_add_path(struct buf *to, const char *path)
{
    add_escaped(to, path, strlen(path), '/');
}

/* Parses url, taken relative to base if there is one. */
static CURLU *parse(const char *base, const char *url)
{
    CURLU *u;

    if (strlen(url) > URL_MAX)
        return NULL;
    u = curl_url();
    if (u == NULL)
        abort();
    if (base != NULL && curl_url_set(u, CURLUPART_URL, base, 0) != CURLUE_OK)
        goto fail;
    if (curl_url_set(u, CURLUPART_URL, url, CURLU_URLENCODE) != CURLUE_OK)
        goto fail;
    return u;
fail:
    curl_url_cleanup(u);
    return NULL;
}

/* A copy of one part, or NULL. */
static char *part(CURLU *u, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    char *copy;

    if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
        return NULL;
    copy = xstrdup(text);
    curl_free(text);
    return copy;
}

static char *origin_of(CURLU *u)
{
    char *scheme = part(u, CURLUPART_SCHEME, 0);
    char *host = part(u, CURLUPART_HOST, 0);
    char *port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    char *user = part(u, CURLUPART_USER, 0);
    char *origin = NULL;

    if (scheme != NULL && host != NULL && port != NULL && user == NULL &&
        (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0)) {
        origin = xasprintf("%s://%s:%s", scheme, host, port);
        for (char *c = origin; *c != '\0'; c++) {
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c - 'A' + 'a');
        }
    }
    free(scheme);
    free(host);
    free(port);
    free(user);
    return origin;
}

char *url_origin(const char *url)
{
    CURLU *u = parse(NULL, url);
    char *origin;

    if (u == NULL)
        return NULL;
    origin = origin_of(u);
    curl_url_cleanup(u);
    return origin;
}

char *url_resolve(const char *base, const char *location)
{
    CURLU *u = parse(base, location);
    char *origin;
    char *url = NULL;

    if (u == NULL)
        return NULL;
    origin = origin_of(u);
    if (origin != NULL &&
        curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK)
        url = part(u, CURLUPART_URL, 0);
    free(origin);
    curl_url_cleanup(u);
    return url;
}

/* Nothing that could end the value or the request line. */
static bool value_ok(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!unreserved((unsigned char)p[i]) &&
            (p[i] == '\0' || strchr("%+!$'()*,;:@/?=", p[i]) == NULL))
            return false;
    }
    return true;
}

char *url_query_raw(const char *url, const char *name)
{
    const size_t name_len = strlen(name);
    const char *p = url + strcspn(url, "?#");

    while (*p == '?' || *p == '&') {
        size_t n = strcspn(++p, "&#");

        if (n > name_len + 1 && memcmp(p, name, name_len) == 0 &&
            p[name_len] == '=') {
            const char *value = p + name_len + 1;

            n -= name_len + 1;
            return value_ok(value, n) ? xstrndup(value, n) : NULL;
        }
        p += n;
    }
    return NULL;
}

int url_shown(const char *url)
{
    return (int)strcspn(url, "?#");
}
