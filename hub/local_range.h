/* Range and conditional requests (RFC 9110 13 and 14), as pure functions. */
#ifndef HUB_LOCAL_RANGE_H
#define HUB_LOCAL_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum range_kind {
    RANGE_WHOLE, /* none asked for, malformed, or several: 200 */
    RANGE_PART,  /* 206, first..last inclusive */
    RANGE_NONE,  /* nothing of the file is in it: 416 */
};

struct range {
    enum range_kind kind;
    uint64_t first;
    uint64_t last;
};

/* header: the value of Range, or NULL. */
struct range range_parse(const char *header, uint64_t size);

/* A representation, and what a request says about it; values may be NULL. */
struct condition {
    const char *etag; /* with its quotes */
    int64_t mtime_s;
    const char *if_match;
    const char *if_none_match;
    const char *if_modified_since;
    const char *if_unmodified_since;
    const char *if_range;
};

enum verdict { VERDICT_SEND, VERDICT_UNCHANGED, VERDICT_REFUSED };

/* 13.2.2: send it, 304, or 412. */
enum verdict condition_check(const struct condition *c);

/* Whether If-Range lets a Range count (13.1.5). */
bool condition_range(const struct condition *c);

/* "Tue, 01 Sep 2026 10:00:00 GMT" */
#define HTTP_DATE_MAX 32
void http_date(int64_t time_s, char out[static HTTP_DATE_MAX]);

#endif
