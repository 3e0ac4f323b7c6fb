/* Uploads of LFS content: the signed URLs that clients send it to. A URL is
 * good for one content of one size, for one repo, from one user, for a time. */
#ifndef HUB_LOCAL_UPLOAD_H
#define HUB_LOCAL_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "hub/local_meta.h"
#include "hub/local_meta_user.h"

struct call;

#define LFS_OBJECT_MAX ((uint64_t)500 * 1000 * 1000 * 1000)
#define LFS_MULTIPART_MIN ((uint64_t)64 << 20) /* from here on in parts */

struct upload {
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
    int64_t repo;
    char user[ACCOUNT_NAME_MAX];
};

/* The parts of a content: all of one size, but the last. */
uint64_t upload_part_size(uint64_t size);
unsigned upload_parts(uint64_t size);

/* What a URL is for: the whole, one part (from 1), or putting parts together.
 * The caller frees the text. */
enum upload_use { UPLOAD_WHOLE, UPLOAD_PART, UPLOAD_JOIN };
char *upload_url(
    struct call *c, const struct upload *u, enum upload_use use, unsigned part);

/* The request's own URL, if it was signed for this; *part is 0 for a whole.
 * False when it was changed, or is too old. */
bool upload_find(struct call *c, bool join, struct upload *out, unsigned *part);

#endif
