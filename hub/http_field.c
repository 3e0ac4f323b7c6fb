/* Parsers of header fields. Every one of them sees text from outside and says
 * "no" to whatever it does not understand; the callers then do without. */
#include "hub/http_field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>

#include "base/mem.h"

#define BLANKS " \t"
#define SECONDS_MAX ((uint64_t)1 << 32)

/* Reads digits at *p; false when there are none, or too many. */
static bool digits(const char **p, uint64_t *out)
{
    uint64_t v = 0;
    const char *start = *p;

    for (; **p >= '0' && **p <= '9'; (*p)++) {
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(**p - '0'), &v))
            return false;
    }
    *out = v;
    return *p != start;
}

static bool at_end(const char *p)
{
    return p[strspn(p, BLANKS)] == '\0';
}

bool field_u64(const char *value, uint64_t *out)
{
    uint64_t v;

    value += strspn(value, BLANKS);
    if (!digits(&value, &v) || !at_end(value))
        return false;
    *out = v;
    return true;
}

/* Past "bytes" and the blanks around it, or NULL. */
static const char *after_unit(const char *value)
{
    value += strspn(value, BLANKS);
    if (strncasecmp(value, "bytes", 5) != 0)
        return NULL;
    value += 5;
    return value + strspn(value, BLANKS);
}

bool field_content_range(const char *value, struct field_range *out)
{
    const char *p = after_unit(value);
    struct field_range r;

    if (p == NULL || !digits(&p, &r.first) || *p++ != '-' ||
        !digits(&p, &r.last) || *p++ != '/' || !digits(&p, &r.total) ||
        !at_end(p))
        return false;
    if (r.first > r.last || r.last >= r.total)
        return false;
    *out = r;
    return true;
}

bool field_range_total(const char *value, uint64_t *total)
{
    const char *p = after_unit(value);
    uint64_t v;

    if (p == NULL || strncmp(p, "*/", 2) != 0)
        return false;
    p += 2;
    if (!digits(&p, &v) || !at_end(p))
        return false;
    *total = v;
    return true;
}

bool field_etag(const char *value, char *out, size_t cap)
{
    size_t n;

    value += strspn(value, BLANKS);
    if (strncmp(value, "W/", 2) == 0)
        value += 2;
    n = strcspn(value, BLANKS);
    if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
        value++;
        n -= 2;
    }
    if (n == 0 || n >= cap)
        return false;
    memcpy(out, value, n);
    out[n] = '\0';
    return true;
}

bool field_retry_after(const char *value, int64_t now_ns, uint64_t *ms)
{
    int64_t now = now_ns / 1000000000;
    uint64_t seconds;
    time_t when;

    if (!field_u64(value, &seconds)) {
        when = curl_getdate(value, NULL);
        if (when == -1)
            return false;
        seconds = (int64_t)when > now ? (uint64_t)((int64_t)when - now) : 0;
    }
    *ms = (seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000;
    return true;
}

/* One policy's parameters: r=0 and t=seconds among them. */
static bool limit_reached(const char *p, const char *end, uint64_t *seconds)
{
    bool empty = false;
    bool timed = false;

    while (p < end) {
        const char *stop = p;
        uint64_t v;

        while (stop < end && *stop != ';')
            stop++;
        p += strspn(p, BLANKS);
        if (stop - p > 2 && p[1] == '=') {
            const char *number = p + 2;

            if (*p == 'r' && digits(&number, &v))
                empty = v == 0;
            else if (*p == 't' && digits(&number, &v)) {
                timed = true;
                *seconds = v < SECONDS_MAX ? v : SECONDS_MAX;
            }
        }
        p = stop + 1;
    }
    return empty && timed;
}

bool field_rate_limit(const char *value, uint64_t *ms)
{
    uint64_t longest = 0;
    bool found = false;

    while (*value != '\0') {
        const char *end = value + strcspn(value, ",");
        uint64_t seconds = 0;

        if (limit_reached(value, end, &seconds)) {
            found = true;
            if (seconds > longest)
                longest = seconds;
        }
        value = *end == ',' ? end + 1 : end;
    }
    if (found)
        *ms = longest * 1000;
    return found;
}

/* Past one parameter value: a token, or a quoted string. */
static const char *past_value(const char *p)
{
    if (*p != '"')
        return p + strcspn(p, ";," BLANKS);
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
    }
    return *p == '"' ? p + 1 : p;
}

/* Among blank-separated relation types, is "next" there? */
static bool is_next(const char *p, const char *end)
{
    if (p < end && *p == '"')
        p++;
    while (p < end && *p != '"') {
        size_t n = strcspn(p, "\" \t;,");

        if (p + n > end)
            n = (size_t)(end - p);
        if (n == 4 && strncasecmp(p, "next", 4) == 0)
            return true;
        p += n;
        p += p < end ? 1 : 0;
    }
    return false;
}

/* Reads the parameters of one link from *p on, to the comma or the end. */
static bool link_is_next(const char **p)
{
    bool next = false;

    for (;;) {
        const char *name;
        const char *value;
        size_t n;

        *p += strspn(*p, BLANKS);
        if (**p != ';')
            break;
        (*p)++;
        *p += strspn(*p, BLANKS);
        name = *p;
        n = strcspn(name, "=;," BLANKS);
        *p += n;
        *p += strspn(*p, BLANKS);
        if (**p != '=')
            continue;
        (*p)++;
        value = *p + strspn(*p, BLANKS);
        *p = past_value(value);
        if (n == 3 && strncasecmp(name, "rel", 3) == 0 && is_next(value, *p))
            next = true;
    }
    return next;
}

char *field_link_next(const char *value)
{
    for (;;) {
        const char *url;
        const char *end;

        value += strspn(value, "," BLANKS);
        if (*value != '<')
            return NULL;
        url = value + 1;
        end = strchr(url, '>');
        if (end == NULL)
            return NULL;
        value = end + 1;
        if (link_is_next(&value))
            return xstrndup(url, (size_t)(end - url));
    }
}
