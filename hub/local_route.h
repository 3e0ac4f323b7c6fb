/* What routes are, and the way from a request's target to its route. */
#ifndef HUB_LOCAL_ROUTE_H
#define HUB_LOCAL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct meta_db;

/* What a route of the Hub is, by where it stands. */
enum route_place {
    PLACE_FIXED,    /* verb is the whole path */
    PLACE_LIST,     /* /api/{kinds} */
    PLACE_ORG,      /* /api/organizations/{name}/{verb}, which has slashes */
    PLACE_REPO_API, /* /api/{kinds}/{repo}/{verb}/... */
    PLACE_REPO_WEB, /* /[{kinds}/]{repo}/{verb}/... */
    PLACE_CACHE,    /* /api/resolve-cache/{kinds}/{repo}/... */
    PLACE_CONTENT,  /* /lfs/{sha256} on the server for content */
    PLACE_GIT,      /* /[{kinds}/]{repo}.git/{verb}, of several segments */
    PLACE_LFS,      /* /_hffs/lfs/{sha256}: signed, as PLACE_CONTENT */
    PLACE_CAS,      /* /_hffs/cas/{verb}/..., with a Xet token */
    PLACE_XORB,     /* /_hffs/xorb/{hash}: signed, parts of a xorb */
};

enum route_run {
    RUN_READ,  /* on the pool, in a transaction that reads */
    RUN_WRITE, /* in one that writes */
    RUN_ADMIN, /* on the loop thread; for this machine alone */
};

struct local_route {
    const char *name; /* in logs and statistics */
    enum route_place place;
    const char *verb;
    const char *methods; /* "GET HEAD" */
    enum route_run run;
    size_t body_max;
    /* Fills in c->x's answer and returns 0; or ANSWERED when that answer is an
     * error, and nothing of what was written counts; or -errno when this
     * server failed. db is NULL for RUN_ADMIN. */
    int (*fn)(struct call *c, struct meta_db *db);

    /* The rest is for routes that store what they are sent, and NULL else. As
     * soon as the headers are there, on the loop thread: may answer, set
     * body_max, or call body_to_disk(). */
    int (*head)(struct call *c);
    /* Before fn: whether the caller may, in a transaction that reads; then
     * storing, on the pool and in none. */
    int (*first)(struct call *c, struct meta_db *db);
    int (*store)(struct call *c);
};

/* Sets c->route, and kind, name and at as the route's place wants them. When
 * there is none, answers 404 or 405. content: on the server for content. */
bool route_find(struct call *c, bool content);

/* Whether this word, behind a namespace, would be taken for a verb, and so can
 * be no repo's name. */
bool route_is_verb(const char *text);

/* All routes, for statistics; a route's place in the row is its number. */
size_t route_count(void);
const struct local_route *route_at(size_t i);
size_t route_number(const struct local_route *route);

#endif
