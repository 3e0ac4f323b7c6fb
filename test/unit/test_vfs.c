/* The file system core over a scripted source: what a frontend sees, how often
 * the source is asked, and what survives restarts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/timer.h"
#include "base/work.h"
#include "cache/cache.h"
#include "cache/origin.h"
#include "test/lib/waiter.h"
#include "vfs/source.h"
#include "vfs/vfs.h"

#define PAGE 100 /* entries of a page of the source */

/* ---- A scripted source: a list of paths in the order the Hub would give. */

struct script {
    struct source source;
    uv_loop_t *loop;
    struct item {
        char *path;
        enum vfs_kind kind;
        uint64_t size;
        uint8_t content; /* first byte of the id, and every byte of the data */
    } * item;
    size_t n;
    const char *revision;
    unsigned lists; /* requests for pages */
    unsigned stats;
    unsigned resolves;
    int fail; /* what lists and stats fail with */
    bool held;
    struct op_list released;
};

static void add_item(struct script *s, const char *path, enum vfs_kind kind,
    uint64_t size, uint8_t content)
{
    s->item = xrealloc(s->item, (s->n + 1) * sizeof(*s->item));
    s->item[s->n++] = (struct item){xstrdup(path), kind, size, content};
}

static struct item *find_item(struct script *s, const char *path)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->item[i].path, path) == 0)
            return &s->item[i];
    }
    return NULL;
}

static void remove_item(struct script *s, const char *path)
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
    size_t from = p->next.len != 0 ? (size_t)atoi(buf_str(&p->next)) : 0;
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

static const struct source_ops script_ops = {
    script_resolve, script_pin, script_list, script_stat, script_origin};

/* ---- Fixture */

struct fix {
    uv_loop_t loop;
    struct pool pool;
    struct cache *cache;
    struct vfs *v;
    struct script s;
    char dir[64];
    size_t inode_limit;
};

static int open_vfs(struct fix *f)
{
    struct vfs_config config = {.pool = &f->pool,
        .source = &f->s.source,
        .cache = f->cache,
        .state_dir = f->dir,
        .uid = 7,
        .gid = 8,
        .inode_limit = f->inode_limit,
        .window_bytes = 1 << 20};
    struct waiter w;

    wait_begin(&w);
    vfs_open(&config, &f->v, &w.op);
    return wait_for(&w, &f->loop);
}

static void close_vfs(struct fix *f, bool clean)
{
    struct waiter w;

    wait_begin(&w);
    vfs_close(f->v, clean, &w.op);
    assert_int_equal(wait_for(&w, &f->loop), 0);
    f->v = NULL;
}

static void reopen(struct fix *f, bool clean)
{
    close_vfs(f, clean);
    assert_int_equal(open_vfs(f), 0);
}

static int setup(void **state)
{
    struct fix *f = xcalloc(1, sizeof(*f));
    struct cache_config cache = {.pool = &f->pool};

    pool_threads_set(4);
    uv_loop_init(&f->loop);
    pool_init(&f->pool, &f->loop, 4);
    strcpy(f->dir, "/tmp/hffs-test-vfs-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->inode_limit = 1000;
    f->s.source.ops = &script_ops;
    f->s.loop = &f->loop;
    f->s.revision = "aaaa";
    op_list_init(&f->s.released);
    add_item(&f->s, "README.md", VFS_FILE, 100, 1);
    add_item(&f->s, "sub", VFS_DIR, 0, 0);
    add_item(&f->s, "sub/a.txt", VFS_FILE, 5000, 2);
    add_item(&f->s, "sub/deep", VFS_DIR, 0, 0);
    add_item(&f->s, "sub/deep/b.bin", VFS_FILE, 3000000, 3);
    assert_int_equal(cache_open(&cache, &f->cache), 0);
    assert_int_equal(open_vfs(f), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fix *f = *state;
    struct waiter w;

    if (f->v != NULL)
        close_vfs(f, true);
    wait_begin(&w);
    cache_close(f->cache, &w.op);
    assert_int_equal(wait_for(&w, &f->loop), 0);
    while (f->s.n > 0)
        remove_item(&f->s, f->s.item[0].path);
    free(f->s.item);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    file_remove_tree(f->dir);
    free(f);
    return 0;
}

static int lookup(
    struct fix *f, uint64_t dir, const char *name, struct vfs_attr *out)
{
    struct waiter w;

    wait_begin(&w);
    vfs_lookup(f->v, dir, name, strlen(name), out, &w.op);
    return wait_for(&w, &f->loop);
}

static int getattr(struct fix *f, uint64_t ino, struct vfs_attr *out)
{
    struct waiter w;

    wait_begin(&w);
    vfs_getattr(f->v, ino, out, &w.op);
    return wait_for(&w, &f->loop);
}

/* Walks a path; the last attributes are left in *out. */
static int walk(struct fix *f, const char *path, struct vfs_attr *out)
{
    char *copy = xstrdup(path);
    char *rest = copy;
    char *name;
    int err = 0;

    out->ino = VFS_ROOT_INO;
    while (err == 0 && (name = strsep(&rest, "/")) != NULL)
        err = lookup(f, out->ino, name, out);
    free(copy);
    return err;
}

struct names {
    struct buf text; /* "name\n" each */
    size_t n;
    size_t room; /* entries a call takes */
    size_t in_call;
    uint64_t cookie;
};

static bool take_name(void *ctx, const struct vfs_dirent *e)
{
    struct names *l = ctx;

    if (l->in_call == l->room)
        return false;
    assert_true(e->cookie > l->cookie);
    l->cookie = e->cookie;
    buf_add(&l->text, e->name, e->name_len);
    buf_addc(&l->text, '\n');
    l->n++;
    l->in_call++;
    return true;
}

static int list_some(struct fix *f, uint64_t dir, struct names *l, bool *eof)
{
    struct waiter w;

    l->in_call = 0;
    wait_begin(&w);
    vfs_readdir(f->v, dir, l->cookie, take_name, l, eof, &w.op);
    return wait_for(&w, &f->loop);
}

static void list_all(struct fix *f, uint64_t dir, struct names *l, size_t room)
{
    bool eof = false;

    *l = (struct names){.room = room};
    while (!eof)
        assert_int_equal(list_some(f, dir, l, &eof), 0);
}

static void add_many(struct fix *f, const char *dir, size_t n)
{
    add_item(&f->s, dir, VFS_DIR, 0, 0);
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%s/file-%06zu", dir, i);

        add_item(&f->s, path, VFS_FILE, i, 1);
        free(path);
    }
}

/* Every name of add_many() once, in order of appearance irrelevant. */
static void check_many(struct names *l, size_t n)
{
    bool *seen = xcalloc(n, sizeof(*seen));
    char *rest = buf_take(&l->text);
    char *line = rest;
    char *name;

    assert_int_equal(l->n, n + 2);
    while ((name = strsep(&line, "\n")) != NULL && *name != '\0') {
        size_t i;

        if (sscanf(name, "file-%zu", &i) != 1)
            continue;
        assert_true(i < n && !seen[i]);
        seen[i] = true;
    }
    free(rest);
    free(seen);
}

/* ---- Cases */

static void test_walks_and_attributes(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;

    assert_int_equal(getattr(f, VFS_ROOT_INO, &a), 0);
    assert_int_equal(a.kind, VFS_DIR);
    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    assert_int_equal(a.kind, VFS_FILE);
    assert_int_equal(a.size_bytes, 5000);
    assert_int_equal(a.mode, 0444);
    assert_int_equal(a.uid, 7);
    assert_int_equal(a.gid, 8);
    assert_int_equal(a.mtime_ns, 1000000000);
    assert_int_equal(a.used_bytes, 8192);
    assert_int_equal(walk(f, "sub/deep/b.bin", &a), 0);
    assert_int_equal(walk(f, "sub/deep/../a.txt/x", &a), -ENOTDIR);
    assert_int_equal(walk(f, "sub/..", &a), 0);
    assert_int_equal(a.ino, VFS_ROOT_INO);
    assert_int_equal(a.nlink, 3);
    assert_int_equal(walk(f, "README.md/x", &a), -ENOTDIR);
}

static void test_known_and_missing_names_cost_nothing(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    unsigned asked;

    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    asked = f->s.lists + f->s.stats;
    assert_int_equal(asked, 2); /* one list each of the root and of sub */
    for (int i = 0; i < 50; i++) {
        assert_int_equal(walk(f, "sub/a.txt", &a), 0);
        assert_int_equal(walk(f, "sub/nothing", &a), -ENOENT);
        assert_int_equal(walk(f, "._README.md", &a), -ENOENT);
    }
    reopen(f, false);
    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    assert_int_equal(walk(f, "sub/nothing", &a), -ENOENT);
    assert_int_equal(f->s.lists + f->s.stats, asked);
}

static void test_names_that_cannot_be(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    char longest[400];

    memset(longest, 'x', sizeof(longest));
    longest[399] = '\0';
    assert_int_equal(lookup(f, 1, longest, &a), -ENAMETOOLONG);
    assert_int_equal(lookup(f, 1, "", &a), -EINVAL);
    assert_int_equal(lookup(f, 1, "a/b", &a), -EINVAL);
    assert_int_equal(lookup(f, 99999, "x", &a), -ESTALE);
    assert_int_equal(getattr(f, 99999, &a), -ESTALE);
}

static void test_bad_names_are_hidden_and_counted(void **state)
{
    struct fix *f = *state;
    struct names l;
    char *long_name = xmalloc(305);

    memset(long_name, 'y', 304);
    long_name[304] = '\0';
    add_item(&f->s, "..", VFS_FILE, 1, 1);
    add_item(&f->s, ".", VFS_DIR, 1, 1);
    add_item(&f->s, "", VFS_FILE, 1, 1);
    add_item(&f->s, long_name, VFS_FILE, 1, 1);
    list_all(f, VFS_ROOT_INO, &l, 100);
    assert_string_equal(buf_str(&l.text), ".\n..\nREADME.md\nsub\n");
    assert_int_equal(vfs_stats(f->v).hidden_names, 4);
    buf_free(&l.text);
    free(long_name);
}

static void test_large_directory_each_name_once(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l;

    add_many(f, "big", 2777);
    assert_int_equal(walk(f, "big", &a), 0);
    list_all(f, a.ino, &l, 37);
    check_many(&l, 2777);
    f->s.lists = 0;
    list_all(f, a.ino, &l, 5000);
    check_many(&l, 2777);
    assert_int_equal(f->s.lists, 0);
    assert_true(vfs_stats(f->v).hot_inodes <= 1000);
}

static void test_lookup_does_not_wait_for_a_whole_listing(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct vfs_attr b;
    struct names l;

    add_many(f, "big", 3000);
    assert_int_equal(walk(f, "big", &a), 0);
    f->s.lists = 0;
    assert_int_equal(lookup(f, a.ino, "file-002999", &b), 0);
    assert_int_equal(b.size_bytes, 2999);
    assert_true(f->s.lists < 10);
    assert_int_equal(lookup(f, a.ino, "file-x", &b), -ENOENT);
    assert_true(f->s.lists < 20);
    list_all(f, a.ino, &l, 100);
    check_many(&l, 3000);
}

static void test_listing_streams_while_it_comes(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l = {.room = 50};
    bool eof = false;

    add_many(f, "big", 1000);
    assert_int_equal(walk(f, "big", &a), 0);
    f->s.lists = 0;
    assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    assert_true(f->s.lists <= 2); /* the first page was enough */
    while (!eof)
        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    check_many(&l, 1000);
}

static void test_restart_in_the_middle_of_a_listing(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l = {.room = 70};
    bool eof = false;

    add_many(f, "big", 1500);
    assert_int_equal(walk(f, "big", &a), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    reopen(f, false);
    while (!eof)
        assert_int_equal(list_some(f, a.ino, &l, &eof), 0);
    check_many(&l, 1500);
}

static void same_attr(const struct vfs_attr *a, const struct vfs_attr *b)
{
    assert_int_equal(a->ino, b->ino);
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_int_equal(a->mtime_ns, b->mtime_ns);
    assert_int_equal(a->ctime_ns, b->ctime_ns);
    assert_int_equal(a->kind, b->kind);
}

static void test_inode_numbers_survive(void **state)
{
    struct fix *f = *state;
    struct vfs_attr before;
    struct vfs_attr after;

    assert_int_equal(walk(f, "sub/deep/b.bin", &before), 0);
    reopen(f, false);
    assert_int_equal(getattr(f, before.ino, &after), 0);
    same_attr(&before, &after);
    assert_int_equal(f->s.resolves, 1); /* pinned: not asked again */
    reopen(f, true);
    assert_int_equal(f->s.resolves, 2);
    assert_int_equal(getattr(f, before.ino, &after), 0);
    same_attr(&before, &after);
}

static void test_new_revision_keeps_what_stayed(void **state)
{
    struct fix *f = *state;
    struct vfs_attr readme, a_txt, deep, x;
    struct names l;

    assert_int_equal(walk(f, "README.md", &readme), 0);
    assert_int_equal(walk(f, "sub/a.txt", &a_txt), 0);
    assert_int_equal(walk(f, "sub/deep", &deep), 0);
    f->s.revision = "bbbb";
    remove_item(&f->s, "README.md");
    find_item(&f->s, "sub/a.txt")->size = 6000;
    find_item(&f->s, "sub/a.txt")->content = 9;
    add_item(&f->s, "new.txt", VFS_FILE, 1, 4);
    find_item(&f->s, "sub/deep")->kind = VFS_FILE;
    reopen(f, true);
    assert_int_equal(getattr(f, readme.ino, &x), -ESTALE);
    assert_int_equal(getattr(f, a_txt.ino, &x), 0);
    assert_int_equal(x.size_bytes, 6000);
    assert_true(x.ctime_ns > a_txt.ctime_ns);
    assert_int_equal(getattr(f, deep.ino, &x), -ESTALE);
    assert_int_equal(walk(f, "sub/deep", &x), 0);
    assert_int_equal(x.kind, VFS_FILE);
    assert_true(x.ino != deep.ino);
    assert_int_equal(walk(f, "README.md", &x), -ENOENT);
    list_all(f, VFS_ROOT_INO, &l, 100);
    assert_string_equal(buf_str(&l.text), ".\n..\nsub\nnew.txt\n");
    buf_free(&l.text);
}

static void test_errors_of_the_source_pass(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct names l = {.room = 10};
    bool eof;

    f->s.fail = -EIO;
    assert_int_equal(walk(f, "README.md", &a), -EIO);
    assert_int_equal(list_some(f, VFS_ROOT_INO, &l, &eof), -EIO);
    f->s.fail = -EACCES;
    assert_int_equal(walk(f, "README.md", &a), -EACCES);
    f->s.fail = 0;
    assert_int_equal(walk(f, "README.md", &a), 0);
    buf_free(&l.text);
}

static void test_many_lookups_one_listing(void **state)
{
    struct fix *f = *state;
    struct waiter w[20];
    struct vfs_attr a[20];

    f->s.held = true;
    for (int i = 0; i < 20; i++) {
        wait_begin(&w[i]);
        vfs_lookup(f->v, VFS_ROOT_INO, "README.md", 9, &a[i], &w[i].op);
    }
    while (f->s.lists == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    f->s.held = false;
    op_list_wake(&f->s.released, 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(wait_for(&w[i], &f->loop), 0);
    assert_int_equal(f->s.lists, 1);
}

static int read_at(struct fix *f, uint64_t ino, uint64_t offset, uint32_t len,
    struct vfs_data *d)
{
    struct waiter w;

    wait_begin(&w);
    vfs_read(f->v, ino, offset, len, d, &w.op);
    return wait_for(&w, &f->loop);
}

static void test_reads(void **state)
{
    struct fix *f = *state;
    struct vfs_attr a;
    struct vfs_data d;

    assert_int_equal(walk(f, "sub/deep/b.bin", &a), 0);
    for (uint64_t at = 0; at < a.size_bytes; at += 700000) {
        assert_int_equal(read_at(f, a.ino, at, 700000, &d), 0);
        assert_int_equal(d.len, min_size(700000, (size_t)(a.size_bytes - at)));
        assert_int_equal(d.eof, at + d.len == a.size_bytes);
        assert_int_equal(d.part[0].p[0], 3);
        vfs_data_free(&d);
    }
    assert_int_equal(read_at(f, a.ino, a.size_bytes, 10, &d), 0);
    assert_true(d.len == 0 && d.eof);
    assert_int_equal(read_at(f, a.ino, UINT64_MAX, 10, &d), 0);
    assert_true(d.len == 0 && d.eof);
    assert_int_equal(read_at(f, a.ino, 5, 0, &d), 0);
    assert_true(d.len == 0 && !d.eof);
    assert_int_equal(read_at(f, VFS_ROOT_INO, 0, 10, &d), -EISDIR);
    assert_int_equal(read_at(f, 4242, 0, 10, &d), -ESTALE);
}

static void test_values_survive(void **state)
{
    struct fix *f = *state;
    char text[8];
    size_t len;

    assert_int_equal(
        vfs_value_get(f->v, "port", text, sizeof(text), &len), -ENOENT);
    assert_int_equal(vfs_value_set(f->v, "port", "12345", 5), 0);
    reopen(f, false);
    assert_int_equal(vfs_value_get(f->v, "port", text, 2, &len), -ERANGE);
    assert_int_equal(vfs_value_get(f->v, "port", text, sizeof(text), &len), 0);
    assert_int_equal(len, 5);
    assert_memory_equal(text, "12345", 5);
}

static void test_damaged_database_is_set_aside(void **state)
{
    struct fix *f = *state;
    char *path = xasprintf("%s/tree.db", f->dir);
    struct vfs_attr a;

    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    close_vfs(f, true);
    assert_int_equal(file_replace(path,
                         "not a database at all, but long "
                         "enough to be looked at as one ...",
                         64, 0600),
        0);
    assert_int_equal(open_vfs(f), 0);
    assert_int_equal(walk(f, "sub/a.txt", &a), 0);
    free(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_walks_and_attributes),
        CASE(test_known_and_missing_names_cost_nothing),
        CASE(test_names_that_cannot_be),
        CASE(test_bad_names_are_hidden_and_counted),
        CASE(test_large_directory_each_name_once),
        CASE(test_lookup_does_not_wait_for_a_whole_listing),
        CASE(test_listing_streams_while_it_comes),
        CASE(test_restart_in_the_middle_of_a_listing),
        CASE(test_inode_numbers_survive),
        CASE(test_new_revision_keeps_what_stayed),
        CASE(test_errors_of_the_source_pass),
        CASE(test_many_lookups_one_listing),
        CASE(test_reads),
        CASE(test_values_survive),
        CASE(test_damaged_database_is_set_aside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
