#include "test/lib/vfs_fix.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "test/lib/temp.h"
#include "test/lib/waiter.h"

int open_vfs(struct fix *f)
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

void close_vfs(struct fix *f, bool clean)
{
    struct waiter w;

    wait_begin(&w);
    vfs_close(f->v, clean, &w.op);
    assert_int_equal(wait_for(&w, &f->loop), 0);
    f->v = NULL;
}

void reopen(struct fix *f, bool clean)
{
    close_vfs(f, clean);
    assert_int_equal(open_vfs(f), 0);
}

int vfs_setup(void **state)
{
    struct fix *f = xcalloc(1, sizeof(*f));
    struct cache_config cache = {.pool = &f->pool};

    pool_threads_set(4);
    uv_loop_init(&f->loop);
    pool_init(&f->pool, &f->loop, 4);
    f->dir = temp_dir();
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

int vfs_teardown(void **state)
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
    free(f->dir);
    free(f);
    return 0;
}

int lookup(struct fix *f, uint64_t dir, const char *name, struct vfs_attr *out)
{
    struct waiter w;

    wait_begin(&w);
    vfs_lookup(f->v, dir, name, strlen(name), out, &w.op);
    return wait_for(&w, &f->loop);
}

int getattr(struct fix *f, uint64_t ino, struct vfs_attr *out)
{
    struct waiter w;

    wait_begin(&w);
    vfs_getattr(f->v, ino, out, &w.op);
    return wait_for(&w, &f->loop);
}

int walk(struct fix *f, const char *path, struct vfs_attr *out)
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

int list_some(struct fix *f, uint64_t dir, struct names *l, bool *eof)
{
    struct waiter w;

    l->in_call = 0;
    wait_begin(&w);
    vfs_readdir(f->v, dir, l->cookie, take_name, l, eof, &w.op);
    return wait_for(&w, &f->loop);
}

void list_all(struct fix *f, uint64_t dir, struct names *l, size_t room)
{
    bool eof = false;

    *l = (struct names){.room = room};
    while (!eof)
        assert_int_equal(list_some(f, dir, l, &eof), 0);
}

void add_many(struct fix *f, const char *dir, size_t n)
{
    add_item(&f->s, dir, VFS_DIR, 0, 0);
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%s/file-%06zu", dir, i);

        add_item(&f->s, path, VFS_FILE, i, 1);
        free(path);
    }
}

void check_many(struct names *l, size_t n)
{
    bool *seen = xcalloc(n, sizeof(*seen));
    char *rest = buf_take(&l->text);
    char *line = rest;
    char *name;

    assert_int_equal(l->n, n + 2);
    while ((name = strsep(&line, "\n")) != NULL && *name != '\0') {
        size_t i;

        if (strncmp(name, "file-", 5) != 0)
            continue;
        i = strtoul(name + 5, NULL, 10);
        assert_true(i < n && !seen[i]);
        seen[i] = true;
    }
    free(rest);
    free(seen);
}
