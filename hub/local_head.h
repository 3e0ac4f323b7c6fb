/* The head of a request: its fields, and whether it may be taken at all. */
#ifndef HUB_LOCAL_HEAD_H
#define HUB_LOCAL_HEAD_H

#include <stdbool.h>

struct exchange;

/* Copies the fields of x->mhd's request into x, and answers with an error when
 * the request cannot be taken as it is. */
void head_read(struct exchange *x, const char *version);

/* A body follows, or may. */
bool head_has_body(const struct exchange *x);

/* Answers 413 when the body is known to be longer than x->body_max. */
void head_check_length(struct exchange *x);

#endif
