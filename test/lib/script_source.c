#include "test/lib/script_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timer.h"
#include "cache/origin.h"

#define PAGE 100 /* entries of a page of the source */

void add_item(struct script *s, const char *path, enum vfs_kind kind,
    uint64_t size, uint8_t content)
{
    s->item = xrealloc(s->item, (s->n + 1) * sizeof(*s->item));
    s->item[s->n++] = (struct item){xstrdup(path), kind, size, content};
}

struct item *find_item(struct script *s, const char *path)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->item[i].path, path) == 0)
            return &s->item[i];
    }
    return NULL;
}

void remove_item(struct script *s, const char *path)
{
    struct item *it = find_item(s, path);

    free(it->path);
    memmove(it, it + 1, (size_t)(s->item + s->n - (it + 1)) * sizeof(*it));
    s->n--;
}

/* The name below dir, or NULL. */
static const char *child_name(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    if (n != 0 && (strncmp(path, dir, n) != 0 || path[n] != '/'))
        return NULL;
    path += n != 0 ? n + 1 : 0;
    return strchr(path, '/') == NULL ? path : NULL;
}

static void put_entry(
    struct source_page *p, const struct item *it, const char *name)
{
    struct source_entry *e =
        (struct source_entry *)(void *)p->mem.data + p->n++;

    *e = (struct source_entry){.name = name,
        .name_len = strlen(name),
        .kind = it->kind,
        .size_bytes = it->size};
    if (it->kind == VFS_FILE) {
        e->content.kind = CONTENT_PATH;
        e->content.hash[0] = it->content;
    }
}

struct request {
    struct op op;
    struct timer timer;
    struct script *s;
    char *path;
    struct source_page *page;
    struct source_revision *rev;
    bool one;
};

static void req_answer(struct op *op);

static void req_wait(struct op *op)
{
    struct request *r = container_of(op, struct request, op);

    if (r->s->held)
        op_list_wait(&r->s->released, op);
    timer_sleep(&r->timer, r->s->loop, 0, op);
    op_then(op, req_answer);
}

static void answer_list(struct request *r)
{
    struct script *s = r->s;
    struct source_page *p = r->page;
    size_t from = p->next.len != 0 ? strtoul(buf_str(&p->next), NULL, 10) : 0;
    size_t i;

    buf_clear(&p->mem);
    buf_grow(&p->mem, PAGE * sizeof(struct source_entry));
    p->entry = (struct source_entry *)(void *)p->mem.data;
    p->n = 0;
    for (i = from; i < s->n && p->n < PAGE; i++) {
        const char *name = child_name(s->item[i].path, r->path);

        if (name != NULL)
            put_entry(p, &s->item[i], name);
    }
    p->last = i == s->n;
    buf_clear(&p->next);
    buf_addf(&p->next, "%zu", i);
}

static void answer_stat(struct request *r)
{
    struct source_page *p = r->page;
    const struct item *it = find_item(r->s, r->path);
    const char *slash = strrchr(r->path, '/');

    p->n = 0;
    p->last = true;
    if (it == NULL)
        return;
    buf_clear(&p->mem);
    buf_grow(&p->mem, sizeof(struct source_entry));
    p->entry = (struct source_entry *)(void *)p->mem.data;
    put_entry(p, it, it->path + (slash != NULL ? slash + 1 - r->path : 0));
}

static void req_answer(struct op *op)
{
    struct request *r = container_of(op, struct request, op);

    if (op->err != 0)
        return;
    if (r->rev != NULL) {
        *r->rev = (struct source_revision){.time_ns = 1000000000};
        snprintf(r->rev->id, sizeof(r->rev->id), "%s", r->s->revision);
    } else if (r->s->fail != 0) {
        op_fail(op, r->s->fail);
    } else if (r->one) {
        answer_stat(r);
    } else {
        answer_list(r);
    }
}

static void req_end(struct op *op)
{
    struct request *r = container_of(op, struct request, op);

    free(r->path);
    free(r);
}

static void start_request(struct source *source, const char *path,
    struct source_page *page, struct source_revision *rev, struct op *op)
{
    struct request *r = xcalloc(1, sizeof(*r));

    r->s = container_of(source, struct script, source);
    r->path = xstrdup(path);
    r->page = page;
    r->rev = rev;
    op_start(&r->op, req_wait, req_end, op);
}

static void script_resolve(
    struct source *source, struct source_revision *out, struct op *op)
{
    container_of(source, struct script, source)->resolves++;
    start_request(source, "", NULL, out, op);
}

static void script_pin(struct source *source, const struct source_revision *rev)
{
    (void)source;
    (void)rev;
}

static void script_list(struct source *source, const char *path,
    struct source_page *page, struct op *op)
{
    container_of(source, struct script, source)->lists++;
    start_request(source, path, page, NULL, op);
}

static void script_stat(struct source *source, const char *path,
    struct source_page *page, struct op *op)
{
    struct request *r = xcalloc(1, sizeof(*r));

    r->s = container_of(source, struct script, source);
    r->s->stats++;
    r->path = xstrdup(path);
    r->page = page;
    r->one = true;
    op_start(&r->op, req_wait, req_end, op);
}

struct script_origin {
    struct origin origin;
    uint8_t content;
};

static void origin_read(struct origin *o, uint64_t offset, uint64_t len,
    struct origin_sink *sink, struct op *op)
{
    uint8_t piece[4096];
    int err = 0;

    (void)offset;
    memset(piece, container_of(o, struct script_origin, origin)->content,
        sizeof(piece));
    op_hold(op);
    while (len > 0 && err == 0) {
        size_t n = min_size(sizeof(piece), (size_t)len);

        err = sink->data(sink, piece, n);
        len -= n;
    }
    op_wake(op, err);
}

static void origin_free(struct origin *o)
{
    free(container_of(o, struct script_origin, origin));
}

static struct origin *script_origin(struct source *source, const char *path,
    const struct content_id *content, uint64_t size_bytes)
{
    static const struct origin_ops ops = {origin_read, origin_free};
    struct script_origin *o = xcalloc(1, sizeof(*o));

    (void)source;
    (void)path;
    (void)size_bytes;
    o->origin = (struct origin){.ops = &ops, .refs = 1};
    o->content = content->hash[0];
    return &o->origin;
}

const struct source_ops script_ops = {
    script_resolve, script_pin, script_list, script_stat, script_origin};
