/* Steps of routes that ask for rights: what the caller may do, and the answer
 * when they may not. As the steps in local_call.h: 0, ANSWERED or -errno. */
#ifndef HUB_LOCAL_MAY_H
#define HUB_LOCAL_MAY_H

#include "hub/local_auth.h"

struct call;
struct meta_db;
struct repo;

/* Whether they may do that with a repo that they know of: 401 to nobody, 403
 * to somebody. */
int call_may(struct call *c, enum right right, const struct repo *repo);

/* Both in a row. */
int call_repo_for(
    struct call *c, struct meta_db *db, enum right right, struct repo *out);

/* A repo that is named in a body, "model" and "ns/name", if the client may know
 * of it. */
int call_other_repo(struct call *c, struct meta_db *db, const char *type,
    const char *name, struct repo *out);

/* Whether they may have the content of its files, too: a gate lets in those who
 * own the repo (hub-api 1.5). */
int call_may_open(struct call *c, const struct repo *repo);

/* Whether they may make a repo with this name, "ns/name". */
int call_may_create(struct call *c, const char *name);

/* Whose name goes under what this request does; nobody's work on an open Hub
 * is its owner's. */
const char *call_author(const struct call *c);

#endif
