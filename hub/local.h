/* The local Hub: a server that the Hub's own clients take for it, over one
 * directory on this machine. */
#ifndef HUB_LOCAL_H
#define HUB_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "hub/hub.h"

struct buf;
struct local_hub;
struct op;
struct pool;

/* A folder that is offered as a repo. */
struct local_folder {
    enum hub_kind kind;
    const char *name;
    const char *folder;
    bool private;
};

struct local_user {
    const char *name;
    const char *token;
};

/* Everything is borrowed until local_hub_stop() has ended. */
struct local_config {
    uv_loop_t *loop;
    struct pool *pool;
    const char *root;
    const char *address; /* to listen on; NULL: 127.0.0.1 */
    uint16_t port;       /* 0: any free one */
    const char *origin;  /* "https://hub.lab", as clients behind a proxy know
                            it; NULL: as each of them says */
    const char *owner;   /* of this machine's user: author of snapshots, and
                            everybody's name on a Hub without users */
    const struct local_folder *folder;
    size_t n_folders;
    const struct local_user *user;
    size_t n_users;
    const char *const *fault; /* specifications, see local_fault_spec.h */
    size_t n_faults;
    const char *log_path; /* one JSON object per request; "-": stderr; NULL */
    bool redirect;        /* send clients on, as the real Hub does */
    unsigned url_ttl_s;   /* of the signed URLs for that; 0: 3600 */
    bool admin;           /* /_hffs routes, for this machine only */
};

/* "model:ns/name", "dataset:...", "space:..." to kind and name, which is the
 * part behind the colon. False if it is neither. */
bool local_repo_parse(const char *text, enum hub_kind *kind, const char **name);

/* Opens the root, takes the snapshots, and listens. When op wakes without an
 * error, *out is serving. Else *why, if it was not empty, says in one sentence
 * what to change. Call local_hub_stop() when *out is not NULL, in either
 * case. */
void local_hub_start(const struct local_config *config, struct local_hub **out,
    struct buf *why, struct op *op);

/* "http://127.0.0.1:8080" */
const char *local_hub_url(const struct local_hub *h);

/* There was no user at the start: nobody but this machine is let in, and
 * everybody on it, until the first user is there. */
bool local_hub_open(const struct local_hub *h);

/* Lets requests finish, within seconds; closes and frees everything. */
void local_hub_stop(struct local_hub *h, struct op *op);

#endif
