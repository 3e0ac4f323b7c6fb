/* A small table of signed URLs, least recently used out first. They expire on
 * the server's clock; whoever finds that one has stopped working forgets it. */
#include "hub/resolve_target.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

#define TARGETS_MAX 1024

struct target {
    char *key;
    char *url;
    UT_hash_handle hh;
    TAILQ_ENTRY(target) link;
};

void targets_init(struct targets *t)
{
    *t = (struct targets){0};
    TAILQ_INIT(&t->by_use);
}

static void drop(struct targets *t, struct target *target)
{
    HASH_DEL(t->by_key, target);
    TAILQ_REMOVE(&t->by_use, target, link);
    t->n--;
    free(target->key);
    free(target->url);
    free(target);
}

void targets_fini(struct targets *t)
{
    struct target *target;

    while ((target = TAILQ_FIRST(&t->by_use)) != NULL)
        drop(t, target);
}

static struct target *find(struct targets *t, const char *key)
{
    struct target *target = NULL;

    HASH_FIND_STR(t->by_key, key, target);
    return target;
}

const char *targets_find(struct targets *t, const char *key)
{
    struct target *target = find(t, key);

    if (target == NULL)
        return NULL;
    TAILQ_REMOVE(&t->by_use, target, link);
    TAILQ_INSERT_TAIL(&t->by_use, target, link);
    return target->url;
}

void targets_set(struct targets *t, const char *key, const char *url)
{
    struct target *target = find(t, key);

    if (target != NULL)
        drop(t, target);
    if (t->n == TARGETS_MAX)
        drop(t, TAILQ_FIRST(&t->by_use));
    target = xcalloc(1, sizeof(*target));
    target->key = xstrdup(key);
    target->url = xstrdup(url);
    HASH_ADD_KEYPTR(hh, t->by_key, target->key, strlen(target->key), target);
    TAILQ_INSERT_TAIL(&t->by_use, target, link);
    t->n++;
}

void targets_forget(struct targets *t, const char *key, const char *url)
{
    struct target *target = find(t, key);

    if (target != NULL && strcmp(target->url, url) == 0)
        drop(t, target);
}
