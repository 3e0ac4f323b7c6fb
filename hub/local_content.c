/* Who may use which content. */
#include "hub/local_content.h"

#include <errno.h>
#include <string.h>

#include "hub/local_blobs_care.h"
#include "hub/local_call.h"
#include "hub/local_hub.h"

bool content_readable(void *ctx, const struct repo *repo)
{
    struct content_search *s = ctx;

    s->found = auth_may(&s->call->auth, RIGHT_FILES, repo);
    return !s->found;
}

const char *content_uploader(const struct call *c)
{
    return c->user != NULL ? c->user->name : "";
}

int content_usable(struct call *c, struct meta_db *db, const struct repo *repo,
    const uint8_t sha256[static SHA256_SIZE], uint64_t *size)
{
    struct content_search s = {.call = c};
    int err = meta_upload_find(db, repo, content_uploader(c), sha256);

    if (err == -ENOENT) {
        err = meta_lfs_holders(db, sha256, content_readable, &s);
        if (err == 0 && !s.found)
            err = -ENOENT;
    }
    return err == 0 ? blobs_keep(c->hub->blobs, sha256, size) : err;
}

void content_entry(
    const uint8_t sha256[static SHA256_SIZE], uint64_t size, struct entry *out)
{
    char pointer[LFS_POINTER_MAX];
    size_t n = lfs_pointer(sha256, size, pointer);

    *out = (struct entry){.mode = GIT_FILE, .lfs = true, .size = size};
    memcpy(out->sha256, sha256, SHA256_SIZE);
    git_blob_oid(pointer, n, out->oid);
}
