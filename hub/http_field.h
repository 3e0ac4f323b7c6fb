/* Values of header fields, as pure functions over foreign text. */
#ifndef HUB_HTTP_FIELD_H
#define HUB_HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number and nothing else. */
bool field_u64(const char *value, uint64_t *out);

/* "bytes 0-99/1234", both ends inclusive (RFC 9110 14.4). False for anything
 * else: another unit, an unknown total, a range outside of it. */
struct field_range {
    uint64_t first;
    uint64_t last;
    uint64_t total;
};
bool field_content_range(const char *value, struct field_range *out);

/* "bytes * /1234" (without the blank) of a 416 answer. */
bool field_range_total(const char *value, uint64_t *total);

/* The opaque tag without W/ and quotes; false when it does not fit, or is
 * empty. */
bool field_etag(const char *value, char *out, size_t cap);

/* Retry-After: seconds, or a date seen from now_ns. A date that has passed
 * gives 0. */
bool field_retry_after(const char *value, int64_t now_ns, uint64_t *ms);

/* RateLimit: "api";r=0;t=87 (ietf-httpapi-ratelimit-headers-09), several joined
 * by commas: the longest t of those with r=0; false when there is none. */
bool field_rate_limit(const char *value, uint64_t *ms);

/* The URL with rel="next" in a Link field (RFC 8288), or NULL. The caller
 * frees it. */
char *field_link_next(const char *value);

#endif
