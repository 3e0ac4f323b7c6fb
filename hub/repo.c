/* Questions about what a commit holds: a folder, page by page, or one path.
 * Bodies can be large, so they are parsed on the pool. */
#include "hub/repo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/work.h"
#include "hub/api.h"
#include "hub/http_field.h"
#include "hub/repo_cursor.h"
#include "hub/url.h"

#define PAGE_LIMIT 1000       /* what the Hub gives at most */
#define PAGE_LIMIT_EXPAND 100 /* with times of commits */

struct listing {
    struct op op;
    struct api_call call;
    struct hub *hub;
    struct hub_commit at; /* copies, as the path */
    char *id;
    char *sha;
    char *path; /* the folder; or the one path that is asked about */
    bool single;
    bool expand;
    struct hub_page *page;
    struct work work;
    char *subject;
    char *dir;  /* that the entries must be in */
    char *form; /* of a POST */
};

static op_fn question, parse, check, end; /* in this order */

/* Pages after the first: the cursor goes back as it came, onto our own URL, so
 * that no Link can lead us elsewhere. */
static void tree_url(struct api_call *c)
{
    struct listing *l = container_of(c, struct listing, call);

    hub_route_add(&c->url, l->hub->endpoint, &l->at, "tree");
    if (l->path[0] != '\0') {
        buf_addc(&c->url, '/');
        url_add_path(&c->url, l->path);
    }
    buf_addf(&c->url, "?recursive=false&expand=%s&limit=%d",
        l->expand ? "true" : "false",
        l->expand ? PAGE_LIMIT_EXPAND : PAGE_LIMIT);
    repo_cursor_add(&l->page->next, &c->url);
}

static const struct api_ops tree_ops = {.ask = tree_url};

static void paths_info_url(struct api_call *c)
{
    struct listing *l = container_of(c, struct listing, call);

    hub_route_add(&c->url, l->hub->endpoint, &l->at, "paths-info");
    c->follow.req.method = HTTP_POST;
    c->follow.req.form = l->form;
}

static const struct api_ops paths_info_ops = {.ask = paths_info_url};

static void question(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);

    l->call = (struct api_call){.hub = l->hub,
        .ops = l->single ? &paths_info_ops : &tree_ops,
        .class = HTTP_API,
        .subject = l->subject,
        .path = l->path};
    api_start(&l->call, op);
    op_then(op, parse);
}

static int parse_on_pool(struct work *w)
{
    struct listing *l = container_of(w, struct listing, work);

    return hub_page_parse(
        l->page, l->dir, (const char *)l->call.body.data, l->call.body.len);
}

static void parse(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);

    if (op->err != 0)
        return;
    work_cpu(l->hub->pool, &l->work, parse_on_pool, op);
    op_then(op, check);
}

/* The URL of the next page; NULL when this was the last one. */
static char *next_link(const struct api_call *c)
{
    const char *base = c->follow.url[c->follow.hops];
    const char *link;

    for (size_t i = 0; (link = http_header(&c->follow.req, "link", i)) != NULL;
         i++) {
        char *reference = field_link_next(link);
        char *url;

        if (reference == NULL)
            continue;
        url = url_resolve(base, reference);
        free(reference);
        return url != NULL ? url : xstrdup("");
    }
    return NULL;
}

/* Of what was said about one path only that path counts. */
static void keep_single(struct listing *l)
{
    const char *slash = strrchr(l->path, '/');
    const char *name = slash != NULL ? slash + 1 : l->path;
    struct hub_page *page = l->page;
    size_t n = page->n;

    page->last = true;
    page->n = 0;
    for (size_t i = 0; i < n && page->n == 0; i++) {
        if (strlen(name) == page->entry[i].name_len &&
            memcmp(name, page->entry[i].name, page->entry[i].name_len) == 0) {
            page->entry[0] = page->entry[i];
            page->n = 1;
        }
    }
    page->bad += n - page->n;
}

static void check(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);
    char *link;

    if (op_catch(op) != 0) {
        op_fail(op, api_nonsense(l->hub, l->subject, "a listing that is none"));
        return;
    }
    if (l->single) {
        keep_single(l);
        return;
    }
    link = next_link(&l->call);
    l->page->last = link == NULL;
    if (link != NULL &&
        !repo_cursor_set(
            &l->page->next, link, l->hub->origin, l->page->n + l->page->bad))
        op_fail(op, api_nonsense(l->hub, l->subject, "pages without end"));
    free(link);
}

static void end(struct op *op)
{
    struct listing *l = container_of(op, struct listing, op);

    api_fini(&l->call);
    free(l->id);
    free(l->sha);
    free(l->path);
    free(l->subject);
    free(l->dir);
    free(l->form);
    free(l);
}

static struct listing *listing_new(
    struct hub *h, const struct hub_commit *at, const char *path, bool expand)
{
    struct listing *l = xcalloc(1, sizeof(*l));

    l->hub = h;
    l->id = xstrdup(at->id);
    l->sha = xstrdup(at->sha);
    l->at = (struct hub_commit){.kind = at->kind, .id = l->id, .sha = l->sha};
    l->path = xstrdup(path);
    l->expand = expand;
    l->subject = hub_web_name(at->kind, at->id);
    return l;
}

void hub_repo_list(struct hub *h, const struct hub_commit *at, const char *dir,
    bool expand, struct hub_page *page, struct op *op)
{
    struct listing *l = listing_new(h, at, dir, expand);

    l->page = page;
    l->dir = xstrdup(dir);
    op_start(&l->op, question, end, op);
}

void hub_repo_stat(struct hub *h, const struct hub_commit *at, const char *path,
    bool expand, struct hub_page *page, struct op *op)
{
    struct listing *l = listing_new(h, at, path, expand);
    const char *slash = strrchr(path, '/');
    struct buf form = {0};

    buf_adds(&form, "paths=");
    url_add_segment(&form, path, strlen(path));
    buf_adds(&form, expand ? "&expand=true" : "&expand=false");
    l->form = buf_take(&form);
    l->single = true;
    l->page = page;
    l->dir =
        slash != NULL ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
    op_start(&l->op, question, end, op);
}
