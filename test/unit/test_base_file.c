/* base/file: whole reads and writes, durable replacement, folders. Crashes
 * are children that the kernel kills where a limit says so. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

/* Each test runs in an empty folder of its own, as the current one. */
static int enter(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = xasprintf("%s/file-XXXXXX", tmp != NULL ? tmp : "/tmp");

    *state = dir;
    return mkdtemp(dir) != NULL ? chdir(dir) : -1;
}

static int leave(void **state)
{
    int err = chdir("/") + file_remove_tree(*state);

    free(*state);
    return err;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, text, strlen(text), 0600), 0);
}

static void expect_content(const char *path, const char *text)
{
    struct buf b = {0};

    assert_int_equal(file_read_all(path, 1 << 20, &b), 0);
    assert_string_equal(buf_str(&b), text);
    buf_free(&b);
}

static unsigned entries(const char *path)
{
    DIR *d = opendir(path);
    unsigned n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2;
}

static void reads_and_writes_are_whole(void **state)
{
    int fd = open("f", O_RDWR | O_CREAT, 0600);
    char got[11] = {0};

    (void)state;
    assert_int_equal(file_write(fd, "0123", 4), 0);
    assert_int_equal(file_pwrite(fd, "456789", 6, 4), 0);
    assert_int_equal(file_pread(fd, got, 10, 0), 0);
    assert_string_equal(got, "0123456789");
    assert_int_equal(file_pread(fd, got, 0, 100), 0);
    assert_int_equal(file_pread(fd, got, 10, 1), -ENODATA);
    assert_int_equal(file_pread(fd, got, 1, 10), -ENODATA);
    close(fd);
    assert_int_equal(file_pread(fd, got, 1, 0), -EBADF);
    assert_int_equal(file_pwrite(fd, got, 1, 0), -EBADF);
    assert_int_equal(file_write(fd, got, 1), -EBADF);
}

/* A pipe takes and gives less than was asked for. */
static void short_writes_go_on(void **state)
{
    enum { SIZE = 1 << 20 };
    uint8_t *data = xmalloc(SIZE);
    size_t got = 0;
    ssize_t n;
    int pipes[2];
    pid_t child;

    (void)state;
    memset(data, 'p', SIZE);
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    if (child == 0) {
        close(pipes[0]);
        _exit(file_write(pipes[1], data, SIZE) == 0 ? 0 : 1);
    }
    close(pipes[1]);
    while ((n = read(pipes[0], data, 1000)) > 0)
        got += (size_t)n;
    close(pipes[0]);
    assert_int_equal(got, SIZE);
    assert_int_equal(waitpid(child, &pipes[0], 0), child);
    assert_int_equal(pipes[0], 0);
    free(data);
}

static void reading_all_is_bounded(void **state)
{
    struct buf b = {0};

    (void)state;
    put("f", "content");
    buf_adds(&b, "before ");
    assert_int_equal(file_read_all("f", 6, &b), -EFBIG);
    assert_string_equal(buf_str(&b), "before "); /* as it was */
    assert_int_equal(file_read_all("f", 7, &b), 0);
    assert_string_equal(buf_str(&b), "before content");
    assert_int_equal(file_read_all("none", 7, &b), -ENOENT);
    assert_int_equal(file_read_all(".", 7, &b), -EISDIR);
    assert_string_equal(buf_str(&b), "before content");
    buf_free(&b);
}

static void replacing_leaves_nothing_beside(void **state)
{
    struct stat st;

    (void)state;
    put("f", "old");
    put("f", "new, longer");
    expect_content("f", "new, longer");
    assert_int_equal(file_replace("f", "", 0, 0600), 0);
    expect_content("f", "");
    assert_int_equal(entries("."), 1);
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_replace("none/f", "x", 1, 0600), -ENOENT);
    assert_int_equal(mkdir("dir", 0700), 0);
    assert_int_equal(file_replace("dir", "x", 1, 0600), -EISDIR);
    assert_int_equal(entries("."), 2);
}

/* The disk is full after some bytes: a limit on the size of files stands in.
 * Without a handler for its signal the process dies in the middle instead. */
static int replace_with_limit(size_t limit, bool survive)
{
    struct rlimit most = {.rlim_cur = limit, .rlim_max = limit};
    static char data[100000];
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit no_core = {0};

        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGXFSZ, survive ? SIG_IGN : SIG_DFL);
        memset(data, 'n', sizeof(data));
        setrlimit(RLIMIT_FSIZE, &most);
        _exit(-file_replace("f", data, sizeof(data), 0600));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_full_disk_leaves_the_old_content(void **state)
{
    (void)state;
    put("f", "old");
    assert_int_equal(replace_with_limit(50000, true), EFBIG);
    expect_content("f", "old");
    assert_int_equal(entries("."), 1);
}

static void a_crash_leaves_the_old_content(void **state)
{
    (void)state;
    put("f", "old");
    assert_int_equal(replace_with_limit(50000, false), -SIGXFSZ);
    expect_content("f", "old");
    /* What it left aside is in nobody's way. */
    put("f", "new");
    expect_content("f", "new");
}

static void folders_are_made_with_their_parents(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(file_mkdirs("a/b/c", 0700), 0);
    assert_int_equal(file_mkdirs("a/b/c", 0700), 0);
    assert_int_equal(file_mkdirs("a//b/d/", 0700), 0);
    assert_int_equal(stat("a/b/c", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    put("file", "");
    assert_int_equal(file_mkdirs("file", 0700), -ENOTDIR);
    assert_int_equal(file_mkdirs("file/x", 0700), -ENOTDIR);
    assert_int_equal(file_sync_dir("a"), 0);
    assert_int_equal(file_sync_dir("none"), -ENOENT);
    assert_int_equal(file_sync_dir("file"), -ENOTDIR);
}

/* As nobody in particular: root may use anything. */
static void folders_of_others_are_not_ours(void **state)
{
    const uid_t me = geteuid();
    struct stat st;

    (void)state;
    assert_int_equal(file_mkdirs_own("own/below"), 0);
    assert_int_equal(file_mkdirs("theirs/below", 0777), 0);
    if (me != 0)
        skip();
    assert_int_equal(file_mkdirs("ours", 0755), 0);
    assert_int_equal(chown("ours", 65534, 65534), 0);
    assert_int_equal(file_mkdirs("ours/open", 0755), 0);
    assert_int_equal(chown("ours/open", 65534, 65534), 0);
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(seteuid(65534), 0);
    assert_int_equal(file_mkdirs_own("theirs/below"), -EPERM);
    assert_int_equal(file_mkdirs_own("ours/new"), 0);
    assert_int_equal(file_mkdirs_own("ours/open"), 0);
    assert_int_equal(stat("ours/open", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(chmod("ours", 0777), 0);
    assert_int_equal(file_mkdirs_own("ours/new"), -EPERM);
    assert_int_equal(chmod("ours", 01777), 0);
    assert_int_equal(file_mkdirs_own("ours/new"), 0);
    assert_int_equal(seteuid(me), 0);
    assert_int_equal(chown("ours", 65533, 65533), 0);
    assert_int_equal(seteuid(65534), 0);
    assert_int_equal(file_mkdirs_own("ours/new"), -EPERM);
    assert_int_equal(seteuid(me), 0);
}

static void trees_are_removed_but_not_what_links_name(void **state)
{
    (void)state;
    assert_int_equal(file_mkdirs("t/a/b", 0700), 0);
    assert_int_equal(file_mkdirs("other", 0700), 0);
    put("t/a/f", "");
    put("other/kept", "");
    assert_int_equal(symlink("../../other", "t/a/link"), 0);
    assert_int_equal(symlink("nowhere", "t/dangling"), 0);
    assert_int_equal(file_remove_tree("t"), 0);
    assert_int_equal(access("t", F_OK), -1);
    assert_int_equal(access("other/kept", F_OK), 0);
    assert_int_equal(file_remove_tree("t"), 0);
    assert_int_equal(symlink("other", "link"), 0);
    assert_int_equal(file_remove_tree("link"), 0);
    assert_int_equal(access("other/kept", F_OK), 0);
}

/* The error is that of the removal, not of a second attempt. */
static void what_cannot_be_removed_says_why(void **state)
{
    (void)state;
    assert_int_equal(file_mkdirs("t", 0700), 0);
    put("t/f", "");
    assert_int_equal(file_remove_tree("t/f/x"), -ENOTDIR);
    if (access("/proc/version", F_OK) == 0) { /* a file that nobody removes */
        int err = file_remove_tree("/proc/version");

        assert_true(err == -EPERM || err == -EACCES);
    }
}

static void hot_bytes_come_without_waiting(void **state)
{
    char got[16] = {0};
    ssize_t n;
    int fd;

    (void)state;
    put("f", "just written");
    fd = open("f", O_RDONLY);
    assert_true(fd >= 0);
    n = file_read_hot(fd, got, sizeof(got), 5);
    if (n == -EOPNOTSUPP || n == -EAGAIN) {
        close(fd);
        skip(); /* this system or file system cannot tell */
    }
    assert_int_equal(n, 7);
    assert_string_equal(got, "written");
    assert_int_equal(file_read_hot(fd, got, sizeof(got), 12), 0);
    close(fd);
    assert_int_equal(file_read_hot(fd, got, sizeof(got), 0), -EBADF);
}

static void a_clone_has_the_same_bytes(void **state)
{
    enum { SIZE = 3000001 };
    uint8_t *data = xmalloc(SIZE);
    struct buf b = {0};
    int from;
    int to;

    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 2654435761U >> 24);
    assert_int_equal(file_replace("from", data, SIZE, 0600), 0);
    from = open("from", O_RDONLY);
    to = open("to", O_RDWR | O_CREAT, 0600);
    assert_int_equal(file_clone(from, to), 0);
    assert_int_equal(file_sync_data(to), 0);
    assert_int_equal(file_read_all("to", SIZE, &b), 0);
    assert_int_equal(b.len, SIZE);
    assert_memory_equal(b.data, data, SIZE);
    close(from);
    close(to);
    buf_free(&b);
    free(data);
}

/* Where the system cannot copy for us, as from a disk to memory. */
static void a_clone_crosses_file_systems(void **state)
{
    enum { SIZE = 3000001 };
    static const char name[] = "/dev/shm/hffs-test-clone";
    int to = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct buf b = {0};
    uint8_t *data;
    int from;

    (void)state;
    if (to < 0)
        skip(); /* no such file system here */
    data = xcalloc(1, SIZE);
    data[0] = data[SIZE - 1] = 7;
    assert_int_equal(file_replace("from", data, SIZE, 0600), 0);
    from = open("from", O_RDONLY);
    assert_int_equal(file_clone(from, to), 0);
    assert_int_equal(file_read_all(name, SIZE, &b), 0);
    assert_int_equal(b.len, SIZE);
    assert_memory_equal(b.data, data, SIZE);
    unlink(name);
    close(from);
    close(to);
    buf_free(&b);
    free(data);
}

static void memory_in_use_is_known(void **state)
{
    enum { SIZE = 64 << 20 };
    uint64_t before = process_rss_bytes();
    char *p = xmalloc(SIZE);

    (void)state;
    memset(p, 1, SIZE);
    assert_true(before > 0);
    assert_true(process_rss_bytes() >= before + SIZE / 2);
    free(p);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(reads_and_writes_are_whole),
        IN_FOLDER(short_writes_go_on),
        IN_FOLDER(reading_all_is_bounded),
        IN_FOLDER(replacing_leaves_nothing_beside),
        IN_FOLDER(a_full_disk_leaves_the_old_content),
        IN_FOLDER(a_crash_leaves_the_old_content),
        IN_FOLDER(folders_are_made_with_their_parents),
        IN_FOLDER(folders_of_others_are_not_ours),
        IN_FOLDER(trees_are_removed_but_not_what_links_name),
        IN_FOLDER(what_cannot_be_removed_says_why),
        IN_FOLDER(hot_bytes_come_without_waiting),
        IN_FOLDER(a_clone_has_the_same_bytes),
        IN_FOLDER(a_clone_crosses_file_systems),
        cmocka_unit_test(memory_in_use_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
