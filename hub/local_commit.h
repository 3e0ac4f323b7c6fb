/* A commit as a client sends it: its lines are read, and the contents in them
 * stored, before anything is looked up or locked. */
#ifndef HUB_LOCAL_COMMIT_H
#define HUB_LOCAL_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "hub/local_meta_tree.h"
#include "hub/local_ndjson.h"

struct blobs;
struct spool;

#define COMMIT_BODY_MAX ((size_t)4 << 30)
#define COMMIT_LINES_MAX 100000

struct commit_step {
    enum line_kind kind;
    char *path;
    char *old_path;     /* NULL: it does not move */
    struct entry entry; /* LINE_FILE: whole; LINE_LFS: sha256 and size */
    bool has_size;
    char *source_path; /* LINE_COPY */
    char *source_rev;
    char *source_type;
    char *source_repo;
};

struct commit_in {
    char *summary;
    char *description;
    char *parent;     /* NULL: none */
    struct buf steps; /* of struct commit_step */
};

/* Reads all of the body. Contents are durable in blobs afterwards. -EBADMSG
 * or -EMSGSIZE: it is malformed, or too long, and *wrong says how. Blocks.
 * commit_in_fini() in any case. */
int commit_in_read(struct spool *body, struct blobs *blobs,
    struct commit_in *out, struct buf *wrong);
void commit_in_fini(struct commit_in *in);

struct commit_step *commit_in_steps(const struct commit_in *in, size_t *n);

#endif
