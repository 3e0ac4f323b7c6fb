/* A request to the local Hub as its routes see it: what the target names, and
 * the answers that many of them share. */
#ifndef HUB_LOCAL_CALL_H
#define HUB_LOCAL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/local_auth.h"
#include "hub/local_exchange.h"
#include "hub/local_meta.h"
#include "hub/local_meta_tree.h"
#include "hub/local_route.h"

struct buf;
struct call;
struct local_hub;
struct meta_db;

struct call {
    struct exchange *x;
    struct local_hub *hub;
    const struct local_route *route;
    struct auth auth;
    const struct user *user; /* auth.user; NULL: anonymous */
    enum hub_kind kind;
    char name[REPO_NAME_MAX];
    size_t name_at;  /* the first segment of the name, if it is in the target */
    size_t name_len; /* how many there are */
    size_t at;       /* the first segment behind the verb */
    void *state;     /* between the functions of its route ... */
    void (*state_free)(void *state);
    struct meta_job job;
    struct work work;
};

/* "model", "models", "" / "dataset", "datasets", "datasets/" / ... */
struct kind_names {
    const char *one;
    const char *many;
    const char *prefix; /* of the pages and files of a repo */
};
extern const struct kind_names kind_names[];
bool kind_find(const char *many, enum hub_kind *out);
bool kind_named(const char *one, enum hub_kind *out);

/* ---- Steps of a route: 0 to go on; ANSWERED, with an error for the client;
 * or -errno. Texts that they give out belong to the caller. */
#define ANSWERED 1

/* The repo that the target names, if the client may know of it. An old name of
 * a repo is answered with where that is now. */
int call_repo(struct call *c, struct meta_db *db, struct repo *out);

/* The revision in the next segment, behind which c->at moves. "refs/pr/1" with
 * its slashes as they are counts as one too. */
int call_take_rev(struct call *c, char **out);

/* Its commit, which goes into X-Repo-Commit as well. */
int call_commit(struct call *c, struct meta_db *db, const struct repo *repo,
    const char *rev, struct commit *out);

/* The three in a row, for routes that end in "/{rev}/..." */
int call_repo_commit(struct call *c, struct meta_db *db, struct repo *repo,
    struct commit *commit);

/* The rest of the target as a path inside the repo. */
int call_path(struct call *c, char **out);

/* The entry at path in the commit. */
int call_entry(struct call *c, struct meta_db *db, const struct commit *commit,
    const char *path, struct entry *out);

/* limit=, at most max. */
int call_limit(struct call *c, size_t usual, size_t max, size_t *out);

/* cursor=, decoded; NULL without one. */
int call_cursor(struct call *c, char **out);

/* Says that something is not there, or not right. */
int call_refuse(struct call *c, unsigned status, const char *code,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Link: the same request with this cursor, or page number. */
void call_link_next(struct call *c, const char *cursor);
void call_link_page(struct call *c, uint64_t page);

/* "2026-09-01T10:00:00.000Z" */
void json_time(struct jsonw *w, const char *key, int64_t time_s);
void json_hex(struct jsonw *w, const char *key, const uint8_t *p, size_t n);

/* false, "auto" or "manual" */
extern const char *const gate_names[];
void json_gate(struct jsonw *w, const char *key, enum repo_gate gate);

#endif
