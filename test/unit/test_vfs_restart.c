/* What survives restarts of a mount, and new revisions. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "test/lib/vfs_fix.h"
#include "test/lib/waiter.h"

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

static void spoil(const char *path, off_t from, off_t to)
{
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    for (off_t at = from; at < to; at++)
        assert_int_equal(pwrite(fd, "z", 1, at), 1);
    close(fd);
}

/* Damage that is only met on the way, in whichever pages it is, is an error
 * until the next start. */
static void test_damage_ends_with_the_mount(void **state)
{
    struct fix *f = *state;
    char *path = xasprintf("%s/tree.db", f->dir);
    bool eof = false;
    struct names l = {.room = 5000};
    struct vfs_attr a;
    struct stat st;
    bool opened;
    int err;

    add_many(f, "big", 5000);
    assert_int_equal(walk(f, "big", &a), 0);
    list_all(f, a.ino, &l, 5000);
    buf_free(&l.text);
    close_vfs(f, true);
    assert_int_equal(stat(path, &st), 0);
    spoil(path, st.st_size / 2, st.st_size);
    free(path);
    l = (struct names){.room = 5000};
    err = open_vfs(f);
    opened = err == 0;
    if (err == 0)
        err = walk(f, "big", &a);
    while (err == 0 && !eof)
        err = list_some(f, a.ino, &l, &eof);
    assert_int_equal(err, -EIO);
    buf_free(&l.text);
    if (opened)
        close_vfs(f, true);
    assert_int_equal(open_vfs(f), 0);
    assert_int_equal(walk(f, "big", &a), 0);
    list_all(f, a.ino, &l, 5000);
    check_many(&l, 5000);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, vfs_setup, vfs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_inode_numbers_survive),
        CASE(test_new_revision_keeps_what_stayed),
        CASE(test_values_survive),
        CASE(test_damaged_database_is_set_aside),
        CASE(test_damage_ends_with_the_mount),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
