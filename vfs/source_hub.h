/* A Hub repo as a source of a mount. */
#ifndef VFS_SOURCE_HUB_H
#define VFS_SOURCE_HUB_H

#include <stdbool.h>

struct hub;
struct hub_repo;
struct source;

struct source_hub_config {
    struct hub *hub;             /* borrowed; outlives the source */
    const struct hub_repo *repo; /* copied */
    bool commit_times; /* list with expand=true: each file shows the time of
                          its last commit; many more, slower requests */
};

struct source *source_hub_new(const struct source_hub_config *config);
void source_hub_free(struct source *s); /* nothing of it is under way */

#endif
