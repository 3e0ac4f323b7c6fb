/* Which commit a revision is now, and what the repo is really called. */
#include "hub/repo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/timer.h"
#include "base/work.h"
#include "hub/api.h"

struct info {
    struct op op;
    struct api_call call;
    struct hub *hub;
    const struct hub_repo *repo;
    struct hub_info *out;
    struct work work;
    char *subject;
    bool whole; /* the answer to the short question lacked something */
    struct hub_info found;
};

static op_fn question, parse, check, end; /* in this order */

/* `expand` leaves out the list of all files, which is megabytes for some. */
static void revision_url(struct api_call *c)
{
    struct info *i = container_of(c, struct info, call);
    const struct hub_commit at = {
        .kind = i->repo->kind, .id = i->repo->id, .sha = i->repo->revision};

    hub_route_add(&c->url, i->hub->endpoint, &at, "revision");
    if (!i->whole)
        buf_adds(&c->url, "?expand=sha&expand=lastModified");
}

static const struct api_ops revision_ops = {.ask = revision_url};

static void question(struct op *op)
{
    struct info *i = container_of(op, struct info, op);

    api_fini(&i->call);
    i->call = (struct api_call){.hub = i->hub,
        .ops = &revision_ops,
        .class = HTTP_API,
        .subject = i->subject,
        .hasty = true};
    api_start(&i->call, op);
    op_then(op, parse);
}

static bool sha_ok(const char *text)
{
    uint8_t sha[SHA1_SIZE];

    return text != NULL && hex_parse(text, sha, sizeof(sha));
}

/* "ns/name" or "name", as a repo can be called. */
static bool id_ok(const char *id)
{
    size_t n = strlen(id);
    const char *slash = memchr(id, '/', n);

    return path_ok(id, n) && n > 0 &&
        (slash == NULL || strchr(slash + 1, '/') == NULL);
}

static int parse_on_pool(struct work *w)
{
    struct info *i = container_of(w, struct info, work);
    struct json *root = NULL;
    const char *sha;
    const char *id;
    const char *time;

    if (json_parse((const char *)i->call.body.data, i->call.body.len, &root) !=
        0)
        return -EBADMSG;
    sha = json_str(root, "sha");
    id = json_str(root, "id");
    time = json_str(root, "lastModified");
    if (sha_ok(sha))
        snprintf(i->found.sha, sizeof(i->found.sha), "%s", sha);
    if (time == NULL || time_parse_rfc3339(time, &i->found.time_ns) != 0)
        i->found.time_ns = 0;
    buf_clear(&i->found.id);
    buf_adds(&i->found.id, id != NULL && id_ok(id) ? id : i->repo->id);
    buf_str(&i->found.id);
    json_free(root);
    return i->found.sha[0] != '\0' ? 0 : -EBADMSG;
}

static void parse(struct op *op)
{
    struct info *i = container_of(op, struct info, op);

    if (op->err != 0) {
        /* A Hub that does not know `expand` may call it a bad request. */
        if (i->call.follow.req.status != 400 || i->whole)
            return;
        op_catch(op);
        i->whole = true;
        op_then(op, question);
        return;
    }
    work_cpu(i->hub->pool, &i->work, parse_on_pool, op);
    op_then(op, check);
}

static void check(struct op *op)
{
    struct info *i = container_of(op, struct info, op);

    if (op_catch(op) != 0 && !i->whole) {
        i->whole = true;
        op_then(op, question);
    } else if (i->found.sha[0] == '\0') {
        op_fail(op, api_nonsense(i->hub, i->subject, "no commit in it"));
    } else if (sha_ok(i->repo->revision) &&
        strcasecmp(i->repo->revision, i->found.sha) != 0) {
        op_fail(op, api_nonsense(i->hub, i->subject, "another commit"));
    } else {
        *i->out = i->found;
        i->found = (struct hub_info){0};
    }
}

static void end(struct op *op)
{
    struct info *i = container_of(op, struct info, op);

    api_fini(&i->call);
    buf_free(&i->found.id);
    free(i->subject);
    free(i);
}

void hub_repo_info(struct hub *h, const struct hub_repo *repo,
    struct hub_info *out, struct op *op)
{
    struct info *i = xcalloc(1, sizeof(*i));

    i->hub = h;
    i->repo = repo;
    i->out = out;
    i->subject = hub_web_name(repo->kind, repo->id);
    op_start(&i->op, question, end, op);
}
