/* A file of a Hub repo as an origin of bytes; between source_hub.c and the
 * cache. */
#ifndef VFS_SOURCE_HUB_FILE_H
#define VFS_SOURCE_HUB_FILE_H

#include <stdint.h>

struct content_id;
struct hub;
struct hub_commit;
struct origin;

/* One reference, the caller's. Strings are copied; h is borrowed. */
struct origin *source_hub_file_new(struct hub *h, const struct hub_commit *at,
    const char *path, const struct content_id *content, uint64_t size_bytes);

#endif
