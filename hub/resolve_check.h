/* Is this answer what was asked for? Decided from the headers alone, before a
 * byte of the body is passed on. Pure functions. */
#ifndef HUB_RESOLVE_CHECK_H
#define HUB_RESOLVE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/repo.h"

/* What was asked. */
struct resolve_want {
    const char *commit; /* 40 hex digits */
    enum hub_hash hash_kind;
    const uint8_t *hash;
    uint64_t size_bytes; /* of the file */
    bool ranged;
    uint64_t first; /* bytes first..last, also when not ranged */
    uint64_t last;
};

/* What came: values of header fields, NULL when absent. */
struct resolve_head {
    int status;
    bool own; /* from the Hub itself, not from where it redirected to */
    bool redirect;
    const char *repo_commit;
    const char *etag;
    const char *linked_etag;
    const char *linked_size;
    const char *xet_hash;
    const char *content_range;
    const char *content_length;
    const char *content_encoding;
};

/* How to take the body. */
struct resolve_body {
    uint64_t skip;   /* bytes before the first that is wanted */
    uint64_t length; /* of the body; UINT64_MAX when not said */
};

/* A server without ranges sends the file from its start: so much is read and
 * thrown away for that. */
#define RESOLVE_SKIP_MAX ((uint64_t)16 << 20)

/* 0, with *body filled unless it is a redirect or an error answer (nothing to
 * check there: the status tells); or *why, and -ESTALE: another version of the
 * file, -EBADMSG: an answer to another question, -ENOTSUP: no ranges here. */
int resolve_check(const struct resolve_want *want,
    const struct resolve_head *head, struct resolve_body *body,
    const char **why);

#endif
