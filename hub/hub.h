/* A client of one Hub: endpoint, credentials, connections. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct hub;
struct op;
struct pool;

struct hub_config {
    struct pool *pool;
    const char *endpoint;   /* "https://huggingface.co"; a path and a trailing
                               slash are allowed */
    const char *token;      /* NULL: none. Copied */
    const char *token_file; /* NULL: none. Re-read at most every 30 s, and wins
                               over token while it holds one */
    const char *user_agent; /* "hffs/0.1.0; fs/nfs" */
    const char *ca_file;    /* certificates to trust instead of the system's;
                               NULL: the system's */
    unsigned stall_ms;      /* a transfer that does not move for so long ends
                               and is tried again; 0: 30000 */
    unsigned backoff_ms;    /* before the second attempt; doubles; 0: 200 */
    unsigned patience_ms;   /* how long one request is tried again without
                               progress; 0: 60000. A pause that the server
                               asks for may go beyond that once, by up to five
                               minutes */
};

/* -EINVAL when the endpoint is not an http(s) URL, -EBADMSG when the token has
 * characters that none has. Strings are copied. */
int hub_new(const struct hub_config *config, struct hub **out);

/* Ends all requests under way, now and from now on, with -ECANCELED: for a
 * shutdown that must not wait for a dead network. */
void hub_quit(struct hub *h);

/* hub_quit(), then waits until nothing is under way, closes connections and
 * frees. */
void hub_free(struct hub *h, struct op *op);

/* As given, without a slash at its end. */
const char *hub_endpoint(const struct hub *h);

struct hub_stats {
    uint64_t requests;
    uint64_t retries;
    uint64_t body_bytes; /* received */
};

struct hub_stats hub_stats(const struct hub *h);

/* ---- What to mount */

enum hub_kind { HUB_MODEL, HUB_DATASET, HUB_SPACE };

/* "ns/name", "gpt2", "datasets/ns/name/sub/dir", ...: kind, id and sub-folder
 * ("" for none). The struct owns the strings. */
struct hub_repo {
    enum hub_kind kind;
    char *id;       /* "ns/name", or a single name: an old alias */
    char *subdir;   /* without slashes at its ends */
    char *revision; /* branch, tag, sha, "refs/pr/1" */
};

/* Sets *why to one sentence for the user and returns -EINVAL when text or
 * revision cannot be right. revision NULL means "main". */
int hub_repo_parse(const char *text, const char *revision, struct hub_repo *out,
    const char **why);
void hub_repo_fini(struct hub_repo *r);

/* The last error that a request of this hub met, for a message to the user at
 * start-up ("401: Invalid credentials ..."); "" if there was none. */
const char *hub_last_error(const struct hub *h);

/* For who finds out more than the hub could know. */
void hub_error_set(struct hub *h, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
