/* Making repos: what creating one and duplicating one have in common. As steps
 * of a route (local_call.h): 0 to go on, ANSWERED, or -errno. */
#ifndef HUB_LOCAL_MAKE_H
#define HUB_LOCAL_MAKE_H

#include "hub/local_call.h"
#include "hub/local_meta_commit.h"

struct json;

/* "type" of a body; a model without one. */
int call_body_kind(struct call *c, const struct json *body, enum hub_kind *out);

/* "name" and "type", in "organization" or the caller's own namespace; old
 * clients send namespace and name in one. Sets kind and name of *out. */
int call_body_repo(struct call *c, const struct json *body, struct repo *out);

/* "ns/name" as a repo's name that this caller may give to something new: it is
 * one, the namespace is theirs, and it is free. One that is not free is 409,
 * with the url of what is there. */
int call_free_name(
    struct call *c, struct meta_db *db, enum hub_kind kind, const char *name);

/* Where a repo is on the Hub's pages; the caller frees it. */
char *call_repo_url(const struct call *c, enum hub_kind kind, const char *name);

/* A repo with a first commit. */
struct make {
    struct repo repo; /* its kind, name, private and sdk are given */
    const char *title;
    const struct change *change; /* sorted by path */
    size_t n;
};
int call_make(struct call *c, struct meta_db *db, struct make *m);

/* {"url", "id", "name"}, still open. */
struct jsonw call_made(struct call *c, const struct repo *repo);

#endif
