/* The head of a request: its fields, and whether it may be taken at all. */
#ifndef HUB_LOCAL_HEAD_H
#define HUB_LOCAL_HEAD_H

#include <stdbool.h>

struct exchange;

/* Copies the fields of x->mhd's request into x, and answers with an error when
 * the request cannot be taken as it is. */
void head_read(struct exchange *x, const char *version);

/* What a body that nobody wants is read up to, so that its client, which may
 * listen only after it has sent, gets its answer. */
#define HEAD_DRAIN_MAX ((size_t)32 << 20)

/* Whether an answer that is known already should go out before the body: the
 * client waits for it, or sends more than is worth reading, or nobody can tell
 * where the body ends. */
bool head_answers_first(const struct exchange *x);

/* Answers 413 when the body is known to be longer than x->body_max. */
void head_check_length(struct exchange *x);

#endif
