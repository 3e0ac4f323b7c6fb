/* What a repo is at a commit: its id, its commit, its folders and files. */
#ifndef HUB_REPO_H
#define HUB_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hub/hub.h"

struct op;

/* A commit of a repo. The strings belong to whoever made it. */
struct hub_commit {
    enum hub_kind kind;
    const char *id;
    const char *sha; /* 40 hex digits */
};

#define HUB_SHA_MAX 41 /* with the NUL */

struct hub_info {
    char sha[HUB_SHA_MAX];
    int64_t time_ns; /* of the last change; 0: not known */
    struct buf id;   /* the repo's present name, a text; the caller frees it */
};

/* Which commit repo->revision means now. Errors as api_start(). */
void hub_repo_info(struct hub *h, const struct hub_repo *repo,
    struct hub_info *out, struct op *op);

/* The hash that identifies a file's bytes. */
enum hub_hash {
    HUB_HASH_NONE,
    HUB_HASH_GIT,   /* git blob id */
    HUB_HASH_SHA256 /* LFS */
};

struct hub_entry {
    const char *name; /* not terminated; in the page's text */
    size_t name_len;
    bool dir;
    enum hub_hash hash_kind;
    uint8_t hash[32];
    uint64_t size_bytes;
    int64_t mtime_ns; /* of its last commit; 0: not known */
};

/* A page of a folder. Zeroed before the first one; `next` leads from one to
 * the following. hub_page_free() frees all of it. */
struct hub_page {
    struct hub_entry *entry; /* in `entries` */
    size_t n;
    size_t bad; /* left out: malformed, or no child of the folder */
    bool last;
    struct buf entries;
    struct buf text;
    struct buf next;
};

void hub_page_free(struct hub_page *page);

/* at, dir and path are copied by both; page is borrowed until the wake.
 *
 * The next page of folder dir ("" the root). expand: with times of commits.
 * -EIO when the listing lies: pages without end. Errors as api_start(). */
void hub_repo_list(struct hub *h, const struct hub_commit *at, const char *dir,
    bool expand, struct hub_page *page, struct op *op);

/* One path, not "", as a page of one entry, or none if it does not exist. */
void hub_repo_stat(struct hub *h, const struct hub_commit *at, const char *path,
    bool expand, struct hub_page *page, struct op *op);

/* ---- repo_page.c: the parser, for a pool thread and the fuzzer. Appends the
 * children of dir to the emptied page; -EBADMSG if the text is no listing. */
int hub_page_parse(
    struct hub_page *page, const char *dir, const char *text, size_t n);

/* ---- repo_name.c: parts of URLs */

/* The name in URLs for people, and of files: "ns/name", "datasets/ns/name".
 * The caller frees it. */
char *hub_web_name(enum hub_kind kind, const char *id);

/* Appends "ENDPOINT/api/models/ns/name/ROUTE/REVISION"; at->sha may be any
 * revision here. */
void hub_route_add(struct buf *url, const char *endpoint,
    const struct hub_commit *at, const char *route);

#endif
