/* The card of a repo: what README.md says in YAML before its text. Functions
 * over foreign text, without I/O. */
#ifndef HUB_LOCAL_CARD_H
#define HUB_LOCAL_CARD_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct json;

/* Where a README is looked at, from its beginning. */
#define CARD_TEXT_MAX ((size_t)256 << 10)

/* The lines between a first line of "---" and the next one; false when there
 * are none. Of no bytes, text may be NULL. */
bool card_find(const char *text, size_t n, const char **yaml, size_t *yaml_len);

/* YAML as JSON; nothing at all is an empty object. -EBADMSG, and *why says what
 * is wrong with it, when it is no YAML, is no mapping, has a key twice or one
 * that is no text, or is beyond all measure. json_free() it. */
int card_parse(const char *yaml, size_t n, struct json **out, struct buf *why);

#endif
