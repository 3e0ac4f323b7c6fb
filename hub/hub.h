/* A client of one Hub: endpoint, credentials, connections. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    unsigned stall_ms;      /* a transfer that moves no byte for so long ends
                               and is tried again; 0: 30000 */
    unsigned patience_ms;   /* bound of one request with all its retries; 0:
                               60000 without progress */
};

/* -EINVAL when the endpoint is not an http(s) URL. Strings are copied. */
int hub_new(const struct hub_config *config, struct hub **out);

/* Waits for what is under way, closes connections, frees. */
void hub_free(struct hub *h, struct op *op);

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
int hub_repo_parse(const char *text, const char *revision,
    struct hub_repo *out, const char **why);
void hub_repo_fini(struct hub_repo *r);

/* The last error that a request of this hub met, for a message to the user at
 * start-up ("401: Invalid credentials ..."); "" if there was none. */
const char *hub_last_error(const struct hub *h);

#endif
