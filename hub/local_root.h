/* What stands in the root of a local Hub, opened:
 *
 *     lock      held by the one server that uses this root
 *     hub.db    repos, refs, commits, trees, people (local_meta.c)
 *     blobs/    the bytes of files, by SHA-256 (local_blobs.c)
 *
 * Commands open it beside a server, or without one. */
#ifndef HUB_LOCAL_ROOT_H
#define HUB_LOCAL_ROOT_H

#include <stdbool.h>

struct blobs;
struct buf;
struct meta;
struct pool;

struct local_root {
    struct meta *meta;
    struct blobs *blobs;
};

/* Blocks. pool is for meta_run(), and may be NULL. Unless create is set, there
 * must be a Hub already. On failure *why says so in one sentence; out holds
 * what could be opened, for local_root_close(). */
int local_root_open(const char *dir, bool create, struct pool *pool,
    struct local_root *out, struct buf *why);
void local_root_close(struct local_root *r);

#endif
