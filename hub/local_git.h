/* Ids as git makes them: of blobs, LFS pointers, trees and commits. Pure
 * functions. */
#ifndef HUB_LOCAL_GIT_H
#define HUB_LOCAL_GIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* The kinds of entries that a tree here can have, by git's mode. */
enum git_mode {
    GIT_TREE = 040000,
    GIT_FILE = 0100644,
    GIT_EXECUTABLE = 0100755,
};

struct git_entry {
    const char *name;
    enum git_mode mode;
    const uint8_t *oid; /* SHA1_SIZE bytes */
};

/* Sorts entry[] the way git does, and names the tree. */
void git_tree_oid(
    struct git_entry *entry, size_t n, uint8_t oid[static SHA1_SIZE]);

struct git_commit {
    const uint8_t *tree;   /* oids */
    const uint8_t *parent; /* NULL: none */
    const char *author;    /* a user's name */
    int64_t time_s;
    const char *message;
};

void git_commit_oid(const struct git_commit *c, uint8_t oid[static SHA1_SIZE]);

void git_blob_oid(const void *p, size_t n, uint8_t oid[static SHA1_SIZE]);

/* The text that git stores in place of an LFS file; its length. */
#define LFS_POINTER_MAX 192
size_t lfs_pointer(const uint8_t sha256[static SHA256_SIZE], uint64_t size,
    char out[static LFS_POINTER_MAX]);

/* What a branch or tag may be called: git-check-ref-format(1), and in names
 * what would be taken for something else: "HEAD", "refs/...", a commit id. */
#define REF_NAME_MAX 250
bool ref_name_ok(const char *name);

#endif
