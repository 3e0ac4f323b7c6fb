/* A mount's place on disk: names, records, locks, logs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/invocation.h"
#include "cli/lock.h"
#include "cli/logfile.h"
#include "cli/place.h"
#include "cli/records.h"

static char dir[64];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/hffs-test-XXXXXX");
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir);
}

static const struct place_id base_id = {
    .mountpoint = "/home/me/m",
    .kind = "model",
    .id = "ns/name",
    .subdir = "",
    .endpoint = "https://huggingface.co",
    .revision = "main",
};

/* Anything that makes it another mount makes another key, and nothing can be
 * shifted from one field into the next. */
static void keys_differ(void **state)
{
    struct place_id id[8];
    struct place place[8];

    (void)state;
    for (size_t i = 0; i < 8; i++)
        id[i] = base_id;
    id[1].mountpoint = "/home/me/n";
    id[2].mountpoint = NULL;
    id[3].kind = "dataset";
    id[4].id = "ns/nam";
    id[4].subdir = "e";
    id[5].subdir = "sub";
    id[6].endpoint = "http://localhost";
    id[7].revision = "v1";
    for (size_t i = 0; i < 8; i++)
        place_name(dir, &id[i], &place[i]);
    for (size_t i = 0; i < 8; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(place[i].key, place[j].key);
    }
    for (size_t i = 0; i < 8; i++)
        place_fini(&place[i]);
}

static void names_are_stable_and_private(void **state)
{
    struct place a;
    struct place b;
    struct stat st;

    (void)state;
    place_name(dir, &base_id, &a);
    place_name(dir, &base_id, &b);
    assert_string_equal(a.dir, b.dir);
    assert_non_null(strstr(a.log, "/logs/m-"));
    assert_int_equal(place_make(&a), 0);
    assert_int_equal(place_make(&a), 0);
    assert_int_equal(stat(a.dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    place_fini(&a);
    place_fini(&b);
}

static void odd_names_make_harmless_logs(void **state)
{
    struct place_id id = base_id;
    struct place p;

    (void)state;
    id.mountpoint = "/x/..a\n\xff b";
    place_name(dir, &id, &p);
    assert_non_null(strstr(p.log, "/logs/__a___b-"));
    place_fini(&p);
}

static void long_state_directories_are_refused(void **state)
{
    char *deep = xasprintf("%s/%0100d", dir, 0);
    struct place p;

    (void)state;
    place_name(deep, &base_id, &p);
    assert_int_equal(place_make(&p), -ENAMETOOLONG);
    place_fini(&p);
    free(deep);
}

static void records(void **state)
{
    struct buf text = {0};
    struct json *root;

    (void)state;
    assert_null(record_load(dir, RECORD_SERVER));
    buf_adds(&text, "{\"pid\": 7}");
    assert_int_equal(record_save(dir, RECORD_SERVER, &text), 0);
    root = record_load(dir, RECORD_SERVER);
    assert_non_null(json_get(root, "pid"));
    json_free(root);
    buf_clear(&text);
    buf_adds(&text, "[1]");
    record_save(dir, RECORD_SERVER, &text);
    assert_null(record_load(dir, RECORD_SERVER));
    buf_clear(&text);
    buf_adds(&text, "{\"pid\": ");
    record_save(dir, RECORD_SERVER, &text);
    assert_null(record_load(dir, RECORD_SERVER));
    record_drop(dir, RECORD_SERVER);
    record_drop(dir, RECORD_SERVER);
    buf_free(&text);
}

/* Who holds the lock is there, whatever records say. */
static void locks_name_their_holder(void **state)
{
    struct buf text = {0};
    struct place p;
    char *found;
    int fd = -1;

    (void)state;
    place_name(dir, &base_id, &p);
    assert_int_equal(place_make(&p), 0);
    buf_adds(&text, "{\"pid\": 1, \"mountpoint\": \"/home/me/m\"}");
    assert_int_equal(record_save(p.dir, RECORD_SERVER, &text), 0);
    assert_int_equal(record_server_pid(p.dir), 0);
    assert_int_equal(lock_take(p.lock, &fd), 0);
    assert_int_equal(record_server_pid(p.dir), getpid());
    assert_int_equal(records_holder(dir, "/nowhere", "/home/me/m"), getpid());
    assert_int_equal(records_holder(dir, "/nowhere", "/home/me"), 0);
    found = records_find(dir, "/home/me/m");
    assert_string_equal(found, p.dir);
    assert_null(records_find(dir, "/home/me/other"));
    free(found);
    close(fd);
    assert_int_equal(record_server_pid(p.dir), 0);
    place_fini(&p);
    buf_free(&text);
}

static void locks_exclude_others(void **state)
{
    char *path = xasprintf("%s/lock", dir);
    int fd = -1;
    int other = -1;

    (void)state;
    assert_int_equal(lock_holder(path), 0);
    assert_int_equal(lock_take(path, &fd), 0);
    assert_int_equal(lock_holder(path), getpid());
    assert_int_equal(lock_take(path, &other), -EWOULDBLOCK);
    assert_int_equal(other, -1);
    close(fd);
    assert_int_equal(lock_holder(path), 0);
    assert_int_equal(lock_take(path, &fd), 0);
    close(fd);
    free(path);
}

/* The holder's end lets go, whatever it was. */
static void locks_end_with_their_process(void **state)
{
    char *path = xasprintf("%s/lock", dir);
    int ready[2];
    int fd = -1;
    char byte;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        if (lock_take(path, &fd) == 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(lock_holder(path), pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(lock_holder(path), 0);
    close(ready[0]);
    close(ready[1]);
    free(path);
}

/* Runs fn in a process of its own, as it changes stderr. */
static void apart(void (*fn)(const char *path), const char *path)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        fn(path);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void write_logs(const char *path)
{
    if (logfile_open(path) != 0)
        _exit(2);
    for (int i = 0; i < 6; i++) {
        dprintf(STDERR_FILENO, "round %d\n", i);
        logfile_check(path, 5);
    }
    dprintf(STDERR_FILENO, "last\n");
    logfile_check(path, 0); /* never rotates */
    logfile_check(path, 1000);
}

static void assert_content(
    const char *path, const char *suffix, const char *want)
{
    char *name = xasprintf("%s%s", path, suffix);
    struct buf text = {0};
    int err = file_read_all(name, 4096, &text);

    if (want == NULL) {
        assert_int_equal(err, -ENOENT);
    } else {
        assert_int_equal(err, 0);
        assert_string_equal(buf_str(&text), want);
    }
    buf_free(&text);
    free(name);
}

static void logs_rotate(void **state)
{
    char *path = xasprintf("%s/log", dir);

    (void)state;
    apart(write_logs, path);
    assert_content(path, "", "last\n");
    assert_content(path, ".1", "round 5\n");
    assert_content(path, ".2", "round 4\n");
    assert_content(path, ".3", "round 3\n");
    assert_content(path, ".4", NULL);
    free(path);
}

static void follow_log(const char *path)
{
    char *old = xasprintf("%s.1", path);

    if (logfile_open(path) != 0)
        _exit(2);
    dprintf(STDERR_FILENO, "before\n");
    if (rename(path, old) != 0)
        _exit(3);
    logfile_check(path, 0);
    dprintf(STDERR_FILENO, "after\n");
    if (unlink(path) != 0)
        _exit(4);
    logfile_check(path, 0);
    dprintf(STDERR_FILENO, "again\n");
    free(old);
}

static void logs_follow(void **state)
{
    char *path = xasprintf("%s/log", dir);

    (void)state;
    apart(follow_log, path);
    assert_content(path, ".1", "before\n");
    assert_content(path, "", "again\n");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_differ),
        cmocka_unit_test_setup_teardown(
            names_are_stable_and_private, setup, teardown),
        cmocka_unit_test(odd_names_make_harmless_logs),
        cmocka_unit_test_setup_teardown(
            long_state_directories_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(records, setup, teardown),
        cmocka_unit_test_setup_teardown(
            locks_name_their_holder, setup, teardown),
        cmocka_unit_test_setup_teardown(locks_exclude_others, setup, teardown),
        cmocka_unit_test_setup_teardown(
            locks_end_with_their_process, setup, teardown),
        cmocka_unit_test_setup_teardown(logs_rotate, setup, teardown),
        cmocka_unit_test_setup_teardown(logs_follow, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
