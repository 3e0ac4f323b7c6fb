/* The mount table, its odd paths, and who a mount belongs to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/fstab.h"
#include "cli/mount_cmd.h"
#include "cli/mount_table.h"
#include "cli/mountpoint.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static struct mount_table parse(const char *text)
{
    struct mount_table t = {0};

    mountinfo_parse(text, strlen(text), &t);
    return t;
}

static void fields(void **state)
{
    struct mount_table t =
        parse("22 28 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
              "36 35 98:123 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 "
              "unbindable - ext3 /dev/root rw,errors=continue\n"
              "40 28 0:44 / /plain ro - nfs 127.0.0.1:/x ro,port=7");

    (void)state;
    assert_int_equal(t.n, 3);
    assert_string_equal(t.entry[0].point, "/sys");
    assert_string_equal(t.entry[1].point, "/mnt2");
    assert_string_equal(t.entry[1].type, "ext3");
    assert_string_equal(t.entry[1].source, "/dev/root");
    assert_string_equal(t.entry[1].options, "rw,errors=continue");
    assert_int_equal(t.entry[1].dev_major, 98);
    assert_int_equal(t.entry[1].dev_minor, 123);
    assert_string_equal(t.entry[2].point, "/plain"); /* no line end */
    mount_table_free(&t);
}

static void odd_paths(void **state)
{
    struct mount_table t =
        parse("1 2 0:1 / /a\\040b rw - tmpfs t\\011s rw\n"
              "1 2 0:2 / /tab\\011nl\\012bs\\134end rw - tmpfs none rw\n"
              "1 2 0:3 / /caf\xc3\xa9\\043x rw - tmpfs none rw\n"
              "1 2 0:4 / /not\\09\\4x\\ rw - tmpfs none rw\n");

    (void)state;
    assert_int_equal(t.n, 4);
    assert_string_equal(t.entry[0].point, "/a b");
    assert_string_equal(t.entry[0].source, "t\ts");
    assert_string_equal(t.entry[1].point, "/tab\tnl\nbs\\end");
    assert_string_equal(t.entry[2].point, "/caf\xc3\xa9#x");
    assert_string_equal(t.entry[3].point, "/not\\09\\4x\\");
    mount_table_free(&t);
}

static void malformed_lines_are_left_out(void **state)
{
    struct mount_table t = parse("\n"
                                 "1 2 0:1 / /short rw\n"
                                 "1 2 0:1 / /nodash rw shared:1 tmpfs none rw\n"
                                 "1 2 x:1 / /dev rw - tmpfs none rw\n"
                                 "1 2 0:1 / relative rw - tmpfs none rw\n"
                                 "1 2 0:1 / /cut rw - tmpfs none\n"
                                 "1 2 0:1 / /good rw - tmpfs none rw\n");

    (void)state;
    assert_int_equal(t.n, 1);
    assert_string_equal(t.entry[0].point, "/good");
    mount_table_free(&t);
}

static void last_mount_hides_the_others(void **state)
{
    struct mount_table t = parse("1 2 0:1 / /m rw - tmpfs one rw\n"
                                 "2 1 0:2 / /m/sub rw - tmpfs two rw\n"
                                 "3 1 0:3 / /m rw - tmpfs three rw\n");

    (void)state;
    assert_string_equal(mount_table_at(&t, "/m")->source, "three");
    assert_string_equal(mount_table_at(&t, "/m/sub")->source, "two");
    assert_null(mount_table_at(&t, "/m/"));
    assert_null(mount_table_at(&t, "/"));
    mount_table_free(&t);
}

static bool own(const char *type, const char *source, const char *options,
    struct own_mount *out)
{
    struct mount_entry e = {.point = (char[]){"/m"},
        .type = (char *)(uintptr_t)type,
        .source = (char *)(uintptr_t)source,
        .options = (char *)(uintptr_t)options};

    return mount_entry_own(&e, out);
}

static void our_mounts(void **state)
{
    struct own_mount m;

    (void)state;
    assert_true(own(
        "nfs", "127.0.0.1:/" SECRET, "ro,vers=3,mountport=7,port=2049,x", &m));
    assert_string_equal(m.host, "127.0.0.1");
    assert_string_equal(m.export_path, "/" SECRET);
    assert_int_equal(m.port, 2049);
    assert_true(own("nfs", "[::1]:/" SECRET, "port=1", &m));
    assert_string_equal(m.host, "::1");
    assert_true(own("nfs", "127.0.0.1:/" SECRET, "", &m));
    assert_int_equal(m.port, 0);
}

static void foreign_mounts(void **state)
{
    struct own_mount m;

    (void)state;
    assert_false(own("ext4", "127.0.0.1:/" SECRET, "port=1", &m));
    assert_false(own("nfs", "server:/home", "port=1", &m));
    assert_false(own("nfs", "127.0.0.1:/" SECRET "0", "port=1", &m));
    assert_false(own("nfs", "127.0.0.1:/" SECRET "/sub", "port=1", &m));
    assert_false(own(
        "nfs", "127.0.0.1:/0123456789abcdef0123456789abcdeF", "port=1", &m));
    assert_false(own("nfs", SECRET, "port=1", &m));
    assert_false(own("nfs", "127.0.0.1:/" SECRET, "port=65536", &m));
}

/* A file system of our own for canonical names. */
struct tree {
    char dir[64];
    struct mount_table table;
};

static int tree_setup(void **state)
{
    struct tree *t = xcalloc(1, sizeof(*t));
    char path[96];

    strcpy(t->dir, "/tmp/hffs-test-XXXXXX");
    if (mkdtemp(t->dir) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/real", t->dir);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/link", t->dir);
    if (symlink("real", path) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/loop", t->dir);
    if (symlink("loop", path) != 0)
        return -1;
    *state = t;
    return 0;
}

static int tree_teardown(void **state)
{
    struct tree *t = *state;

    file_remove_tree(t->dir);
    mount_table_free(&t->table);
    free(t);
    return 0;
}

/* The canonical form of below in the tree is want in the tree. */
static void assert_canonical(
    const struct tree *t, const char *below, const char *want)
{
    char *path = xasprintf("%s/%s", t->dir, below);
    char *right = xasprintf("%s/%s", t->dir, want);
    char *got = NULL;

    assert_int_equal(mountpoint_canonical(path, &t->table, &got), 0);
    assert_string_equal(got, right);
    free(path);
    free(right);
    free(got);
}

static void canonical_names(void **state)
{
    const struct tree *t = *state;
    char *got = NULL;
    char *loop = xasprintf("%s/loop", t->dir);

    assert_canonical(t, "real", "real");
    assert_canonical(t, "real//", "real");
    assert_canonical(t, "link", "real");
    assert_canonical(t, "link/", "real");
    assert_canonical(t, "link/../link", "real");
    assert_canonical(t, "link/new", "real/new");
    assert_canonical(t, "link/new/deep/", "real/new/deep");
    assert_canonical(t, "real/.", "real");
    assert_canonical(t, "real/../link/.", "real");
    assert_canonical(t, "not there/x", "not there/x");
    assert_int_equal(mountpoint_canonical(loop, &t->table, &got), -ELOOP);
    assert_int_equal(
        mountpoint_canonical("relative", &t->table, &got), -EINVAL);
    assert_int_equal(mountpoint_canonical("/", &t->table, &got), 0);
    assert_string_equal(got, "/");
    free(got);
    free(loop);
}

/* What is in the table is not looked at: a symbolic link there would be
 * followed otherwise, and a dead mount would hang. */
static void mount_points_are_not_touched(void **state)
{
    struct tree *t = *state;
    char *line = xasprintf(
        "1 2 0:1 / %s/link ro - nfs 127.0.0.1:/" SECRET " ro\n", t->dir);

    mountinfo_parse(line, strlen(line), &t->table);
    assert_canonical(t, "link", "link");
    assert_canonical(t, "real/../link/", "link");
    /* Below it neither: a link there may be a question to a dead server. */
    assert_canonical(t, "link/sub", "link/sub");
    assert_canonical(t, "link/sub/dir/", "link/sub/dir");
    free(line);
}

static void made_only_if_missing(void **state)
{
    const struct tree *t = *state;
    char *path = xasprintf("%s/a/b", t->dir);
    char *file = xasprintf("%s/file", t->dir);
    bool made = false;

    assert_int_equal(mountpoint_make(path, &made), 0);
    assert_true(made);
    assert_int_equal(mountpoint_make(path, &made), 0);
    assert_false(made);
    assert_int_equal(file_replace(file, "x", 1, 0600), 0);
    assert_int_equal(mountpoint_make(file, &made), -ENOTDIR);
    free(path);
    free(file);
}

static void containing(void **state)
{
    (void)state;
    assert_true(path_contains("/a", "/a"));
    assert_true(path_contains("/a", "/a/b"));
    assert_true(path_contains("/", "/a"));
    assert_false(path_contains("/a", "/ab"));
    assert_false(path_contains("/a/b", "/a"));
}

static const struct mount_spec spec = {
    .host = "127.0.0.1",
    .port = 4711,
    .export_path = "/" SECRET,
    .point = "/home/me/my mount",
    .ttl_ms = 10000,
};

static void fstab_lines(void **state)
{
    const char *right = "127.0.0.1:/" SECRET "\t/home/me/my\\040mount nfs  "
                        "noauto,user,port=4711\t0 0\n";
    const char *other_port = "127.0.0.1:/" SECRET " /home/me/my\\040mount nfs "
                             "noauto,user,port=471 0 0\n";
    const char *no_user = "127.0.0.1:/" SECRET " /home/me/my\\040mount nfs "
                          "noauto,nouser,port=4711 0 0\n";

    (void)state;
    assert_int_equal(fstab_search("", &spec), FSTAB_NONE);
    assert_int_equal(
        fstab_search("# 127.0.0.1:/x /home/me/my\\040mount nfs user 0 0\n"
                     "/dev/sda1 / ext4 defaults 0 1\n\n",
            &spec),
        FSTAB_NONE);
    assert_int_equal(fstab_search(right, &spec), FSTAB_ALLOWS);
    assert_int_equal(fstab_search(other_port, &spec), FSTAB_DIFFERS);
    assert_int_equal(fstab_search(no_user, &spec), FSTAB_DIFFERS);
    assert_int_equal(
        fstab_search("x /home/me/my\\040mount ext4 user 0 0", &spec),
        FSTAB_DIFFERS);
}

/* The line that we print is one that we accept. */
static void fstab_line_round_trip(void **state)
{
    struct buf line = {0};

    (void)state;
    fstab_line(&spec, "vers=3,port=4711", &line);
    assert_string_equal(buf_str(&line),
        "127.0.0.1:/" SECRET " /home/me/my\\040mount nfs "
        "vers=3,port=4711,user,noauto 0 0");
    assert_int_equal(fstab_search(buf_str(&line), &spec), FSTAB_ALLOWS);
    buf_free(&line);
}

static void quoting(void **state)
{
    struct buf out = {0};

    (void)state;
    shell_quote("/plain/path-1.2_x", &out);
    buf_addc(&out, ' ');
    shell_quote("it's $HOME", &out);
    buf_addc(&out, ' ');
    shell_quote("", &out);
    assert_string_equal(buf_str(&out), "/plain/path-1.2_x 'it'\\''s $HOME' ''");
    buf_free(&out);
}

static void command_for_people(void **state)
{
    struct mount_spec six = spec;
    struct buf out = {0};

    (void)state;
    six.host = "::1";
    six.point = NULL;
    six.ttl_ms = 1;
    six.options = "soft";
    mount_command(&six, &out);
    assert_non_null(strstr(buf_str(&out), "[::1]:/" SECRET " MOUNTPOINT"));
    assert_non_null(strstr(buf_str(&out), "port=4711"));
    assert_non_null(strstr(buf_str(&out), "actimeo=1,"));
    assert_non_null(strstr(buf_str(&out), ",soft"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(odd_paths),
        cmocka_unit_test(malformed_lines_are_left_out),
        cmocka_unit_test(last_mount_hides_the_others),
        cmocka_unit_test(our_mounts),
        cmocka_unit_test(foreign_mounts),
        cmocka_unit_test_setup_teardown(
            canonical_names, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(
            mount_points_are_not_touched, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(
            made_only_if_missing, tree_setup, tree_teardown),
        cmocka_unit_test(containing),
        cmocka_unit_test(fstab_lines),
        cmocka_unit_test(fstab_line_round_trip),
        cmocka_unit_test(quoting),
        cmocka_unit_test(command_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
