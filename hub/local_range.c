/* Ranges and conditions. A Range that cannot be understood is no error: the
 * whole file is the answer then (RFC 9110 14.2). */
#include "hub/local_range.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <curl/curl.h>

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* A whole number at *p, which moves behind it. Too large a one is the largest
 * there is: a range may end far behind the file. */
static bool number(const char **p, uint64_t *out)
{
    const char *start = *p;
    uint64_t v = 0;

    for (; isdigit((unsigned char)**p); (*p)++) {
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(**p - '0'), &v))
            v = UINT64_MAX;
    }
    *out = v;
    return *p > start;
}

static struct range suffix(const char *p, uint64_t size)
{
    const struct range whole = {.kind = RANGE_WHOLE};
    uint64_t n;

    if (!number(&p, &n) || *skip_blanks(p) != '\0')
        return whole;
    if (n == 0)
        return (struct range){.kind = RANGE_NONE};
    if (size == 0)
        return whole; /* satisfied, but no 206 can say so */
    return (struct range){
        .kind = RANGE_PART,
        .first = n < size ? size - n : 0,
        .last = size - 1,
    };
}

struct range range_parse(const char *header, uint64_t size)
{
    struct range r = {.kind = RANGE_WHOLE};
    const char *p = header;

    if (p == NULL || strncasecmp(p, "bytes=", 6) != 0)
        return r;
    p = skip_blanks(p + 6);
    if (*p == '-')
        return suffix(p + 1, size);
    if (!number(&p, &r.first) || *p++ != '-')
        return r;
    if (!number(&p, &r.last))
        r.last = UINT64_MAX;
    if (*skip_blanks(p) != '\0' || r.last < r.first)
        return r;
    if (r.first >= size) {
        r.kind = RANGE_NONE;
        return r;
    }
    r.kind = RANGE_PART;
    if (r.last >= size)
        r.last = size - 1;
    return r;
}

/* One entity tag at p: where it ends, or NULL if there is none. The opaque
 * part with its quotes is *tag, n bytes. */
static const char *next_tag(
    const char *p, const char **tag, size_t *n, bool *weak)
{
    const char *end;

    *weak = strncmp(p, "W/", 2) == 0;
    if (*weak)
        p += 2;
    if (*p != '"')
        return NULL;
    end = strchr(p + 1, '"');
    if (end == NULL)
        return NULL;
    *tag = p;
    *n = (size_t)(end + 1 - p);
    return end + 1;
}

/* Whether a list of tags, or "*", has etag. A strong comparison takes no weak
 * tag (8.8.3.2); ours are never weak. */
static bool list_has(const char *list, const char *etag, bool strong)
{
    const char *p = skip_blanks(list);
    const char *tag;
    size_t n;
    bool weak;

    if (strcmp(p, "*") == 0)
        return true;
    while (*p != '\0') {
        p += strspn(p, " \t,");
        if (*p == '\0')
            break;
        p = next_tag(p, &tag, &n, &weak);
        if (p == NULL)
            return false;
        if (n == strlen(etag) && memcmp(tag, etag, n) == 0 && !(strong && weak))
            return true;
    }
    return false;
}

enum verdict condition_check(const struct condition *c)
{
    time_t date;

    if (c->if_match != NULL) {
        if (!list_has(c->if_match, c->etag, true))
            return VERDICT_REFUSED;
    } else if (c->if_unmodified_since != NULL) {
        date = curl_getdate(c->if_unmodified_since, NULL);
        if (date >= 0 && c->mtime_s > date)
            return VERDICT_REFUSED;
    }
    if (c->if_none_match != NULL)
        return list_has(c->if_none_match, c->etag, false) ? VERDICT_UNCHANGED
                                                          : VERDICT_SEND;
    if (c->if_modified_since != NULL) {
        date = curl_getdate(c->if_modified_since, NULL);
        if (date >= 0 && c->mtime_s <= date)
            return VERDICT_UNCHANGED;
    }
    return VERDICT_SEND;
}

bool condition_range(const struct condition *c)
{
    const char *p = c->if_range;

    if (p == NULL)
        return true;
    p = skip_blanks(p);
    if (*p == '"' || strncmp(p, "W/", 2) == 0)
        return list_has(p, c->etag, true);
    /* A date must be the very one that was sent. */
    return curl_getdate(p, NULL) == c->mtime_s;
}

void http_date(int64_t time_s, char out[static HTTP_DATE_MAX])
{
    static const char day[][4] = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char month[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)time_s;
    struct tm tm;

    gmtime_r(&t, &tm);
    snprintf(out, HTTP_DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT",
        day[tm.tm_wday % 7], tm.tm_mday % 100, month[tm.tm_mon % 12],
        (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
        tm.tm_sec % 100);
}
