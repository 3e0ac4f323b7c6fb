/* Which files of a repo are LFS files. Pure functions over foreign text. */
#ifndef HUB_LOCAL_ATTRS_H
#define HUB_LOCAL_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define ATTRS_TEXT_MAX ((size_t)1 << 20)
#define LFS_SAMPLE_MAX 512 /* bytes of a file that are looked at */
#define LFS_SIZE_MIN ((uint64_t)10 << 20)

/* The rules of a .gitattributes file; lines that say nothing about LFS, or
 * cannot be understood, are left out. */
struct attrs;
struct attrs *attrs_parse(const char *text, size_t n);
struct attrs *attrs_usual(void);        /* of a repo without such a file */
void attrs_usual_text(struct buf *out); /* the same as a file */
void attrs_free(struct attrs *a);

/* Whether the last rule that matches says so. */
bool attrs_lfs(const struct attrs *a, const char *path);

/* What the Hub decides: by rule, by size, or because the first bytes are no
 * text. An empty file never is one. */
bool lfs_wanted(const struct attrs *a, const char *path, uint64_t size,
    const void *sample, size_t n);

#endif
