/* Bodies of JSON, and the small things in them. As steps of a route
 * (local_call.h): 0 to go on, ANSWERED, or -errno. */
#ifndef HUB_LOCAL_CALL_JSON_H
#define HUB_LOCAL_CALL_JSON_H

#include <stdbool.h>

#include "hub/local_call.h"

struct json;

/* The body, an object; none at all is an empty one. json_free() it. */
int call_body(struct call *c, struct json **out);

/* A member that is a string, or a flag; left as it is when it is absent or
 * null. Belongs to the body. */
int call_body_str(
    struct call *c, const struct json *body, const char *key, const char **out);
int call_body_flag(
    struct call *c, const struct json *body, const char *key, bool *out);

/* A member that is a text: not blank, at most max bytes. */
int call_body_text(struct call *c, const struct json *body, const char *key,
    size_t max, const char **out);

/* One of a single line, without control characters. */
int call_body_line(struct call *c, const struct json *body, const char *key,
    size_t max, const char **out);

/* "private" and "visibility"; left as it is without either. */
int call_body_private(
    struct call *c, const struct json *body, enum hub_kind kind, bool *out);

/* 200, and nothing to say; 0. */
int call_done(struct call *c);

/* Text as HTML shows it. */
void json_html(struct jsonw *w, const char *key, const char *text);

#endif
