/* git's object formats, as far as names are made from them: an object's id is
 * the SHA-1 of "<type> <size>\0" and its bytes. */
#include "hub/local_git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Directories sort as if their names ended in '/': "a.b" < "a/" < "a0". */
static int compare(const void *left, const void *right)
{
    const struct git_entry *a = left;
    const struct git_entry *b = right;
    size_t i = 0;
    int ca;
    int cb;

    while (a->name[i] != '\0' && a->name[i] == b->name[i])
        i++;
    ca = (unsigned char)a->name[i];
    cb = (unsigned char)b->name[i];
    if (ca == 0 && a->mode == GIT_TREE)
        ca = '/';
    if (cb == 0 && b->mode == GIT_TREE)
        cb = '/';
    return ca - cb;
}

void git_tree_oid(
    struct git_entry *entry, size_t n, uint8_t oid[static SHA1_SIZE])
{
    struct buf tree = {0};
    struct digest *d;

    if (n > 1)
        qsort(entry, n, sizeof(*entry), compare);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&tree, "%o %s", (unsigned)entry[i].mode, entry[i].name);
        buf_addc(&tree, '\0');
        buf_add(&tree, entry[i].oid, SHA1_SIZE);
    }
    d = digest_git_new("tree", tree.len);
    digest_add(d, tree.data, tree.len);
    digest_end(d, oid);
    buf_free(&tree);
}

void git_commit_oid(const struct git_commit *c, uint8_t oid[static SHA1_SIZE])
{
    struct buf text = {0};
    char hex[2 * SHA1_SIZE + 1];
    struct digest *d;

    hex_format(c->tree, SHA1_SIZE, hex);
    buf_addf(&text, "tree %s\n", hex);
    if (c->parent != NULL) {
        hex_format(c->parent, SHA1_SIZE, hex);
        buf_addf(&text, "parent %s\n", hex);
    }
    for (int i = 0; i < 2; i++)
        buf_addf(&text, "%s %s <%s@localhost> %lld +0000\n",
            i == 0 ? "author" : "committer", c->author, c->author,
            (long long)c->time_s);
    buf_addf(&text, "\n%s\n", c->message);
    d = digest_git_new("commit", text.len);
    digest_add(d, text.data, text.len);
    digest_end(d, oid);
    buf_free(&text);
}

void git_blob_oid(const void *p, size_t n, uint8_t oid[static SHA1_SIZE])
{
    struct digest *d = digest_git_new("blob", n);

    digest_add(d, p, n);
    digest_end(d, oid);
}

size_t lfs_pointer(const uint8_t sha256[static SHA256_SIZE], uint64_t size,
    char out[static LFS_POINTER_MAX])
{
    char hex[2 * SHA256_SIZE + 1];

    hex_format(sha256, SHA256_SIZE, hex);
    return (size_t)snprintf(out, LFS_POINTER_MAX,
        "version https://git-lfs.github.com/spec/v1\n"
        "oid sha256:%s\n"
        "size %llu\n",
        hex, (unsigned long long)size);
}

/* One part of a name, between slashes. */
static bool ref_part_ok(const char *p, size_t n)
{
    static const char lock[] = ".lock";
    size_t n_lock = sizeof(lock) - 1;

    return n > 0 && p[0] != '.' &&
        (n < n_lock || memcmp(p + n - n_lock, lock, n_lock) != 0);
}

static bool looks_like_oid(const char *name)
{
    size_t n = strspn(name, "0123456789abcdefABCDEF");

    return name[n] == '\0' && n / 2 == SHA1_SIZE && n % 2 == 0;
}

bool ref_name_ok(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > REF_NAME_MAX || name[0] == '-' || name[n - 1] == '.' ||
        strstr(name, "..") != NULL || strstr(name, "@{") != NULL ||
        strcmp(name, "@") == 0 || strcmp(name, "HEAD") == 0 ||
        strncmp(name, "refs/", 5) == 0 || looks_like_oid(name))
        return false;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)name[i] <= ' ' ||
            strchr("~^:?*[\\\x7f", name[i]) != NULL)
            return false;
    }
    for (;;) {
        size_t len = strcspn(name, "/");

        if (!ref_part_ok(name, len))
            return false;
        if (name[len] == '\0')
            return true;
        name += len + 1;
    }
}
