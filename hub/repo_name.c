/* Names of repos as people write them, and as URLs spell them. */
#include "hub/repo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "hub/url.h"

#define ID_PART_MAX 96 /* as the Hub limits them */
#define REVISION_MAX 255

static const char *const plural[] = {
    [HUB_MODEL] = "models",
    [HUB_DATASET] = "datasets",
    [HUB_SPACE] = "spaces",
};

char *hub_web_name(enum hub_kind kind, const char *id)
{
    if (kind == HUB_MODEL)
        return xstrdup(id);
    return xasprintf("%s/%s", plural[kind], id);
}

void hub_route_add(struct buf *url, const char *endpoint,
    const struct hub_commit *at, const char *route)
{
    buf_addf(url, "%s/api/%s/", endpoint, plural[at->kind]);
    url_add_path(url, at->id);
    buf_addf(url, "/%s/", route);
    url_add_segment(url, at->sha, strlen(at->sha));
}

/* "datasets/..." and relatives; moves *text past it. */
static enum hub_kind take_kind(const char **text)
{
    for (size_t i = 0; i < ARRAY_LEN(plural); i++) {
        size_t n = strlen(plural[i]);

        if (strncmp(*text, plural[i], n) == 0 && (*text)[n] == '/') {
            *text += n + 1;
            return (enum hub_kind)i;
        }
    }
    return HUB_MODEL;
}

/* One half of an id. */
static bool id_part_ok(const char *p, size_t n)
{
    if (!path_component_ok(p, n) || n > ID_PART_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if ((p[i] < 'a' || p[i] > 'z') && (p[i] < 'A' || p[i] > 'Z') &&
            (p[i] < '0' || p[i] > '9') && strchr("._-", p[i]) == NULL)
            return false;
    }
    return true;
}

/* git-check-ref-format(1), and nothing longer than a ref can be. */
static const char *revision_fault(const char *rev)
{
    size_t n = strlen(rev);

    if (n == 0 || n > REVISION_MAX || !path_ok(rev, n))
        return "the revision must be a branch, a tag, a commit or refs/pr/N";
    for (const char *p = rev; *p != '\0'; p++) {
        if ((unsigned char)*p <= 0x20 || *p == 0x7f ||
            strchr("~^:?*[\\", *p) != NULL)
            return "the revision has a character that no git name has";
    }
    if (strstr(rev, "..") != NULL || strstr(rev, "@{") != NULL ||
        rev[n - 1] == '.')
        return "the revision is no git name";
    return NULL;
}

/* Splits "ns/name/sub/dir" at the second slash. */
static const char *split(const char *text, size_t n, struct hub_repo *out)
{
    const char *end = text + n;
    const char *slash = memchr(text, '/', n);
    const char *second;

    if (slash == NULL) {
        out->id = xstrndup(text, n);
        out->subdir = xstrdup("");
        return id_part_ok(text, n) ? NULL
                                   : "the repo's name has a character that "
                                     "no repo's name has";
    }
    second = memchr(slash + 1, '/', (size_t)(end - slash - 1));
    if (second == NULL)
        second = end;
    out->id = xstrndup(text, (size_t)(second - text));
    out->subdir = second < end
        ? xstrndup(second + 1, (size_t)(end - second - 1))
        : xstrdup("");
    if (!id_part_ok(text, (size_t)(slash - text)) ||
        !id_part_ok(slash + 1, (size_t)(second - slash - 1)))
        return "the repo must be given as NAMESPACE/NAME, "
               "datasets/NAMESPACE/NAME or spaces/NAMESPACE/NAME";
    if (!path_ok(out->subdir, strlen(out->subdir)))
        return "the folder in the repo must be a plain path without . and ..";
    return NULL;
}

static const char *unsupported(const char *text)
{
    if (strstr(text, "://") != NULL)
        return "give the repo as NAMESPACE/NAME, not as a URL";
    if (strncmp(text, "buckets/", 8) == 0)
        return "this is a bucket, not a repo";
    if (strncmp(text, "kernels/", 8) == 0)
        return "repos of kernels cannot be mounted";
    return NULL;
}

int hub_repo_parse(const char *text, const char *revision, struct hub_repo *out,
    const char **why)
{
    struct hub_repo r = {0};
    size_t n;

    if (revision == NULL)
        revision = "main";
    *why = unsupported(text);
    if (*why != NULL)
        return -EINVAL;
    r.kind = take_kind(&text);
    n = strlen(text);
    while (n > 0 && text[n - 1] == '/')
        n--;
    *why = n == 0 ? "the name of the repo is missing" : split(text, n, &r);
    if (*why == NULL)
        *why = revision_fault(revision);
    if (*why != NULL) {
        hub_repo_fini(&r);
        return -EINVAL;
    }
    r.revision = xstrdup(revision);
    *out = r;
    return 0;
}

void hub_repo_fini(struct hub_repo *r)
{
    free(r->id);
    free(r->subdir);
    free(r->revision);
    *r = (struct hub_repo){0};
}
