/* Where files really are: the last place of the redirects that asking for one
 * led through, so that the next range of it goes there directly. */
#ifndef HUB_RESOLVE_TARGET_H
#define HUB_RESOLVE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct target;

/* Bounded; the one not used for the longest time goes first. */
struct targets {
    struct target *by_key; /* uthash */
    TAILQ_HEAD(, target) by_use;
    size_t n;
};

void targets_init(struct targets *t);
void targets_fini(struct targets *t);

/* The URL for this file, or NULL. Valid until the next change. */
const char *targets_find(struct targets *t, const char *key);

void targets_set(struct targets *t, const char *key, const char *url);

/* Only if it is still this url: others may have found a better one since. */
void targets_forget(struct targets *t, const char *key, const char *url);

#endif
