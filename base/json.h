/* JSON: typed getters over a parsed text, and a writer that appends to a
 * buffer. The only file that knows cJSON is json.c. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* ---- Reading. A struct json is a value inside a parsed document; the root
 * owns everything below it, strings included. All getters accept NULL and give
 * "absent", so look-ups can be chained. */
struct json;

/* The text needs no NUL at the end. -EBADMSG if it is not one JSON value (a
 * nesting over 1000 levels counts as that). Free the root with json_free. */
int json_parse(const char *text, size_t n, struct json **out);
void json_free(struct json *root);

const struct json *json_get(const struct json *object, const char *key);
bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_null(const struct json *v); /* an explicit null */

/* The member's value, or NULL / false when it is absent or of another type.
 * json_u64 refuses negative, fractional, and numbers from 2^53 on; json_str a
 * string with a NUL in it. */
const char *json_str(const struct json *object, const char *key);
bool json_u64(const struct json *object, const char *key, uint64_t *out);
bool json_i64(const struct json *object, const char *key, int64_t *out);
bool json_bool(const struct json *object, const char *key, bool *out);

/* A value itself, as found in an array. */
const char *json_as_str(const struct json *v);

/* Elements of an array, or members of an object. O(1) a step. */
const struct json *json_first(const struct json *container);
const struct json *json_next(const struct json *v);
const char *json_key(const struct json *v); /* of a member */
size_t json_count(const struct json *container);
#define json_each(v, container)                                                \
    for ((v) = json_first(container); (v) != NULL; (v) = json_next(v))

/* ---- Writing. Commas and colons are put where they belong; keys are NULL
 * inside arrays and for the outermost value. Strings are taken to be UTF-8;
 * bytes that are not are written as U+FFFD. */
struct jsonw {
    struct buf *to;
    bool comma; /* the next value needs one before it */
};

void jsonw_object(struct jsonw *w, const char *key);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w, const char *key);
void jsonw_array_end(struct jsonw *w);
void jsonw_str(struct jsonw *w, const char *key, const char *value);
void jsonw_strn(struct jsonw *w, const char *key, const char *value, size_t n);
void jsonw_u64(struct jsonw *w, const char *key, uint64_t value);
void jsonw_i64(struct jsonw *w, const char *key, int64_t value);
void jsonw_double(struct jsonw *w, const char *key, double value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
/* A value that was read, copied. */
void jsonw_copy(struct jsonw *w, const char *key, const struct json *v);

#endif
