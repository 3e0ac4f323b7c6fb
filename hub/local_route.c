/* The table of routes. A target is first located: which kind of place it is,
 * and which verb stands there; then the table is asked for that place, that
 * verb and the method. */
#include "hub/local_route.h"

#include <string.h>

#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_cas.h"
#include "hub/local_commit.h"
#include "hub/xet_shard.h"

#define BODY_SMALL ((size_t)64 << 10)
#define BODY_README ((size_t)16 << 20)
#define BODY_TEXT ((size_t)1 << 20)
#define BODY_LFS ((size_t)1 << 20)
#define BODY_FILES ((size_t)8 << 20)     /* a few small ones, in JSON */
#define BODY_PREUPLOAD ((size_t)8 << 20) /* 1000 samples, paths, two texts */
#define BODY_PATHS ((size_t)16 << 20)    /* 2000 paths, escaped */

#define ROUTE(name, place, verb, methods, run, body_max, fn)                   \
    {                                                                          \
        (name), (place), (verb), (methods), (run), (body_max), (fn), NULL,     \
            NULL, NULL                                                         \
    }
#define API(verb, methods, fn, name)                                           \
    ROUTE(name, PLACE_REPO_API, verb, methods, RUN_READ, BODY_SMALL, fn)
#define CHANGE(verb, methods, fn)                                              \
    ROUTE(verb, PLACE_REPO_API, verb, methods, RUN_WRITE, BODY_SMALL, fn)
#define WEB(verb, fn)                                                          \
    ROUTE(verb, PLACE_REPO_WEB, verb, "GET HEAD", RUN_READ, BODY_SMALL, fn)
#define FIXED(path, methods, run, fn)                                          \
    ROUTE(path, PLACE_FIXED, path, methods, run, BODY_SMALL, fn)
#define CAS(verb, methods, fn)                                                 \
    ROUTE(verb, PLACE_CAS, verb, methods, RUN_READ, BODY_SMALL, fn)
#define CAS_SHARDS(verb)                                                       \
    {                                                                          \
        (verb), PLACE_CAS, (verb), "POST", RUN_WRITE, XET_SHARD_MAX,           \
            cas_shard, cas_shard_head, cas_shard_first, cas_shard_store        \
    }
/* A part of the real Hub's API that has its place here, and no more. */
#define LATER(place, verb, methods)                                            \
    ROUTE(verb, place, verb, methods, RUN_READ, BODY_PATHS, api_not_here)
#define LATER_API(verb, methods) LATER(PLACE_REPO_API, verb, methods)

static const struct local_route routes[] = {
    FIXED("api/whoami-v2", "GET HEAD", RUN_READ, api_whoami),
    ROUTE("list", PLACE_LIST, "", "GET HEAD", RUN_READ, BODY_SMALL, api_list),
    ROUTE("create", PLACE_FIXED, "api/repos/create", "POST", RUN_WRITE,
        BODY_FILES, api_create),
    ROUTE("validate-yaml", PLACE_FIXED, "api/validate-yaml", "POST", RUN_READ,
        BODY_README, api_validate_yaml),
    ROUTE("org-repos", PLACE_ORG, "settings/repositories", "GET HEAD", RUN_READ,
        BODY_SMALL, api_org_repos),
    FIXED("api/settings/repositories", "GET HEAD", RUN_READ, api_own_repos),
    FIXED("api/repos/delete", "DELETE", RUN_WRITE, api_delete),
    FIXED("api/repos/move", "POST", RUN_WRITE, api_move),
    API("", "GET HEAD", api_info, "info"),
    CHANGE("settings", "PUT", api_settings),
    CHANGE("duplicate", "POST", api_duplicate),
    CHANGE("branch", "POST", api_branch_make),
    CHANGE("branch", "DELETE", api_branch_remove),
    CHANGE("tag", "POST", api_tag_make),
    CHANGE("tag", "DELETE", api_tag_remove),
    CHANGE("super-squash", "POST", api_squash),
    API("discussions", "GET HEAD", api_discussions, "discussions"),
    ROUTE("discuss", PLACE_REPO_API, "discussions", "POST", RUN_WRITE,
        BODY_TEXT, api_discuss),
    API("revision", "GET HEAD", api_info, "revision"),
    API("refs", "GET HEAD", api_refs, "refs"),
    API("tree", "GET HEAD", api_tree, "tree"),
    API("treesize", "GET HEAD", api_treesize, "treesize"),
    ROUTE("paths-info", PLACE_REPO_API, "paths-info", "POST", RUN_READ,
        BODY_PATHS, api_paths_info),
    API("commits", "GET HEAD", api_commits, "commits"),
    API("auth-check", "GET HEAD", api_auth_check, "auth-check"),
    API("xet-read-token", "GET HEAD", api_xet_read_token, "xet-read-token"),
    API("xet-write-token", "GET HEAD", api_xet_write_token, "xet-write-token"),
    WEB("resolve", api_resolve),
    WEB("raw", api_raw),
    ROUTE("resolve-cache", PLACE_CACHE, "", "GET HEAD", RUN_READ, BODY_SMALL,
        api_resolve_cache),
    ROUTE("content", PLACE_CONTENT, "", "GET HEAD", RUN_READ, BODY_SMALL,
        api_content),

    ROUTE("preupload", PLACE_REPO_API, "preupload", "POST", RUN_READ,
        BODY_PREUPLOAD, api_preupload),
    {"commit", PLACE_REPO_API, "commit", "POST", RUN_WRITE, COMMIT_BODY_MAX,
        api_commit, api_commit_head, api_commit_first, api_commit_store},
    API("lfs-files", "GET HEAD", api_lfs_files, "lfs-files"),
    ROUTE("lfs-files", PLACE_REPO_API, "lfs-files", "POST", RUN_WRITE, BODY_LFS,
        api_lfs_files_change),
    {"lfs-batch", PLACE_GIT, "info/lfs/objects/batch", "POST", RUN_READ,
        BODY_LFS, api_lfs_batch, NULL, NULL, NULL},
    {"lfs-verify", PLACE_GIT, "info/lfs/verify", "POST", RUN_READ, BODY_SMALL,
        api_lfs_verify, NULL, NULL, NULL},
    {"lfs-upload", PLACE_LFS, "", "PUT", RUN_WRITE, 0, api_upload,
        api_upload_head, NULL, api_upload_store},
    {"lfs-complete", PLACE_LFS, "", "POST", RUN_WRITE, BODY_LFS, api_upload,
        api_complete_head, NULL, api_complete_store},
    {"lfs-download", PLACE_LFS, "", "GET HEAD", RUN_READ, BODY_SMALL,
        api_content, NULL, NULL, NULL},

    CAS("v2/reconstructions", "GET", cas_plan),
    CAS("v1/reconstructions", "GET", cas_plan),
    CAS("v2/file-chunk-hashes", "GET", cas_chunk_hashes),
    CAS("v1/chunks", "GET", cas_chunk),
    CAS("v1/xorbs", "HEAD", cas_has_xorb),
    CAS("v1/files", "HEAD", cas_has_file),
    CAS("v1/telemetry", "POST", cas_telemetry),
    {"v1/xorbs", PLACE_CAS, "v1/xorbs", "POST", RUN_WRITE, CAS_XORB_BODY,
        cas_xorb, cas_xorb_head, cas_xorb_first, cas_xorb_store},
    CAS_SHARDS("v1/shards"),
    CAS_SHARDS("v2/shards"),
    ROUTE("xorb", PLACE_XORB, "", "GET", RUN_READ, BODY_SMALL, cas_bytes),

    {"metrics", PLACE_FIXED, "metrics", "GET HEAD", RUN_READ, BODY_SMALL,
        api_metrics, api_metrics_head, NULL, NULL},
    FIXED("_hffs/faults", "GET", RUN_ADMIN, admin_faults),
    FIXED("_hffs/faults", "POST", RUN_ADMIN, admin_add_faults),
    FIXED("_hffs/faults", "DELETE", RUN_ADMIN, admin_clear_faults),
    FIXED("_hffs/stats", "GET", RUN_ADMIN, admin_stats),
    FIXED("_hffs/stats", "DELETE", RUN_ADMIN, admin_clear_stats),

    LATER_API("compare", "GET"),
};

/* Where a target stands. */
struct spot {
    enum route_place place;
    const char *verb;
    char fixed[64]; /* what verb points to, when it is a whole path */
};

bool route_is_verb(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if ((routes[i].place == PLACE_REPO_API ||
                routes[i].place == PLACE_REPO_WEB) &&
            routes[i].verb[0] != '\0' && strcmp(routes[i].verb, text) == 0)
            return true;
    }
    return false;
}

/* Segments, without the empty one behind a last slash. */
static size_t count(const struct target *t)
{
    size_t n = t->n_seg;

    return n > 1 && t->seg[n - 1][0] == '\0' ? n - 1 : n;
}

/* A repo's name from segment i on: "ns/name", or one segment, when a verb
 * comes next (hub-api 0.2). False when it cannot be one. */
static bool take_name(struct call *c, size_t i)
{
    const struct target *t = &c->x->target;
    size_t n = i + 1 < count(t) && !route_is_verb(t->seg[i + 1]) ? 2 : 1;
    int len;

    if (i >= count(t))
        return false;
    len = n == 2
        ? snprintf(c->name, sizeof(c->name), "%s/%s", t->seg[i], t->seg[i + 1])
        : snprintf(c->name, sizeof(c->name), "%s", t->seg[i]);
    c->name_at = i;
    c->name_len = n;
    c->at = i + n;
    return len > 0 && (size_t)len < sizeof(c->name);
}

/* The verb behind a repo's name; "" if nothing follows. */
static const char *take_verb(struct call *c)
{
    const struct target *t = &c->x->target;

    return c->at < count(t) ? t->seg[c->at++] : "";
}

/* The segments from `from` on are the verb. */
static void whole_path(const struct target *t, size_t from, struct spot *spot)
{
    size_t used = 0;

    spot->verb = spot->fixed;
    for (size_t i = from; i < count(t) && used < sizeof(spot->fixed); i++) {
        int n = snprintf(spot->fixed + used, sizeof(spot->fixed) - used,
            i == from ? "%s" : "/%s", t->seg[i]);

        used += (size_t)n;
    }
}

static bool locate_org(struct call *c, struct spot *spot)
{
    const struct target *t = &c->x->target;
    int len = snprintf(c->name, sizeof(c->name), "%s", t->seg[2]);

    spot->place = PLACE_ORG;
    whole_path(t, 3, spot);
    return len > 0 && (size_t)len < sizeof(c->name);
}

static bool locate_api(struct call *c, struct spot *spot)
{
    const struct target *t = &c->x->target;
    bool cache = count(t) > 2 && strcmp(t->seg[1], "resolve-cache") == 0;
    size_t kind_at = cache ? 2 : 1;

    if (count(t) > 3 && strcmp(t->seg[1], "organizations") == 0)
        return locate_org(c, spot);
    if (count(t) < 2 || !kind_find(t->seg[kind_at], &c->kind))
        return false;
    if (count(t) == 2) {
        spot->place = PLACE_LIST;
        return true;
    }
    if (!take_name(c, kind_at + 1))
        return false;
    spot->place = cache ? PLACE_CACHE : PLACE_REPO_API;
    spot->verb = cache ? "" : take_verb(c);
    return true;
}

/* "ns/name.git/info/lfs/...": no repo has a name that ends so. */
static bool locate_git(struct call *c, size_t name_at, struct spot *spot)
{
    const struct target *t = &c->x->target;

    for (size_t n = 1; n <= 2 && name_at + n < count(t); n++) {
        const char *last = t->seg[name_at + n - 1];
        size_t len = strlen(last);
        int used;

        if (len < 4 || strcmp(last + len - 4, ".git") != 0)
            continue;
        used = n == 1
            ? snprintf(c->name, sizeof(c->name), "%.*s", (int)len - 4, last)
            : snprintf(c->name, sizeof(c->name), "%s/%.*s", t->seg[name_at],
                  (int)len - 4, last);
        c->name_at = name_at;
        c->name_len = n;
        spot->place = PLACE_GIT;
        whole_path(t, name_at + n, spot);
        return used > 0 && (size_t)used < sizeof(c->name);
    }
    return false;
}

static bool locate_web(struct call *c, struct spot *spot)
{
    const struct target *t = &c->x->target;
    /* Models have no prefix, and "/models" is no place. */
    size_t name_at =
        kind_find(t->seg[0], &c->kind) && c->kind != HUB_MODEL ? 1 : 0;

    if (name_at == 0)
        c->kind = HUB_MODEL;
    if (locate_git(c, name_at, spot))
        return true;
    if (!take_name(c, name_at))
        return false;
    spot->place = PLACE_REPO_WEB;
    spot->verb = take_verb(c);
    return route_is_verb(spot->verb);
}

/* "_hffs/cas/v1/xorbs/..." and "_hffs/xorb/{hash}" */
static bool locate_cas(struct call *c, struct spot *spot)
{
    const struct target *t = &c->x->target;

    if (count(t) < 3 || strcmp(t->seg[0], "_hffs") != 0)
        return false;
    if (count(t) == 3 && strcmp(t->seg[1], "xorb") == 0) {
        spot->place = PLACE_XORB;
        c->at = 2;
        return true;
    }
    if (count(t) < 4 || strcmp(t->seg[1], "cas") != 0)
        return false;
    spot->place = PLACE_CAS;
    spot->verb = spot->fixed;
    snprintf(spot->fixed, sizeof(spot->fixed), "%s/%s", t->seg[2], t->seg[3]);
    c->at = 4;
    return true;
}

static void locate(struct call *c, bool content, struct spot *spot)
{
    const struct target *t = &c->x->target;
    bool found;

    *spot = (struct spot){.verb = ""};
    if (content && count(t) == 2 && strcmp(t->seg[0], "lfs") == 0) {
        spot->place = PLACE_CONTENT;
        c->at = 1;
        return;
    }
    if (count(t) == 3 && strcmp(t->seg[0], "_hffs") == 0 &&
        strcmp(t->seg[1], "lfs") == 0) {
        spot->place = PLACE_LFS;
        c->at = 2;
        return;
    }
    if (locate_cas(c, spot))
        return;
    found = strcmp(t->seg[0], "api") == 0 ? locate_api(c, spot)
                                          : locate_web(c, spot);
    if (content || !found) {
        spot->place = PLACE_FIXED;
        whole_path(t, 0, spot);
    }
}

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n) {
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return n > 0;
    }
    return false;
}

bool route_find(struct call *c, bool content)
{
    struct buf allow = {0};
    struct spot spot;

    locate(c, content, &spot);
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        const struct local_route *r = &routes[i];

        if (r->place != spot.place || strcmp(r->verb, spot.verb) != 0 ||
            content != (r->place == PLACE_CONTENT))
            continue;
        if (has_word(r->methods, c->x->method)) {
            buf_free(&allow);
            c->route = r;
            return true;
        }
        buf_addf(&allow, "%s%s", allow.len > 0 ? " " : "", r->methods);
    }
    if (allow.len == 0) {
        answer_error(c->x, 404, NULL, "Not found");
        return false;
    }
    for (size_t i = 0; i < allow.len; i++) {
        if (allow.data[i] == ' ')
            allow.data[i] = ',';
    }
    answer_error(c->x, 405, NULL, "Method not allowed");
    answer_header(c->x, "Allow", "%s", buf_str(&allow));
    buf_free(&allow);
    return false;
}

size_t route_count(void)
{
    return ARRAY_LEN(routes);
}

const struct local_route *route_at(size_t i)
{
    return &routes[i];
}

size_t route_number(const struct local_route *route)
{
    return (size_t)(route - routes);
}
