/* The target of an HTTP request, split and decoded, and form fields. Pure
 * functions over foreign text.
 *
 * The path is split before it is decoded (hub-api 0.2): "refs%2Fpr%2F1" is one
 * segment, and a file's path may come with its slashes as they are or as
 * "%2F". */
#ifndef HUB_LOCAL_TARGET_H
#define HUB_LOCAL_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#define TARGET_MAX ((size_t)32 << 10)
#define TARGET_FIELDS_MAX 256

/* "a=1&b=2", a query or a body. Names and values are decoded UTF-8. */
struct form_field {
    const char *name;
    const char *value; /* "" where there is no '=' */
};

struct form {
    char *mem; /* what the fields point into */
    struct form_field *field;
    size_t n;
};

/* -EINVAL for a broken escape, a NUL, or what is not UTF-8; -E2BIG for more
 * than max fields. form_fini() in any case; a zeroed form is fine. */
int form_parse(const char *text, size_t n, size_t max, struct form *out);
void form_fini(struct form *form);

/* The first field of this name, or NULL. "expand[]" is "expand" as well. */
const char *form_get(const struct form *form, const char *name);

/* The next one from *at on, and *at behind it; NULL when there is none. */
const char *form_next(const struct form *form, const char *name, size_t *at);

/* "1", "true", "True": how clients spell it (hub-api 0.2). */
bool form_flag(const struct form *form, const char *name);

struct target {
    char *raw;       /* as it came, without scheme and host */
    size_t path_len; /* of raw, up to the '?' */
    char *mem;       /* the segments point into it */
    char **seg;      /* decoded; "/a//b/" has "a", "", "b", "" */
    size_t n_seg;
    struct form query;
};

/* -EINVAL when no answer but 400 is right: not a path, a broken escape, a NUL,
 * a segment that is "." or "..", bytes that are not UTF-8. target_fini() in
 * any case; raw is set even then. */
int target_parse(const char *text, struct target *out);
void target_fini(struct target *t);

/* The segments from `from` on as one path; a slash at its end does not count.
 * "" when there are none. The caller frees it. */
char *target_rest(const struct target *t, size_t from);

/* The query as it came, without the '?'; "" for none. */
const char *target_query(const struct target *t);

#endif
