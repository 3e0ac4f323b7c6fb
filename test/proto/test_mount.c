/* The MOUNT protocol, RFC 1813 Appendix I. */
#include <string.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/rpc_client.h"
#include "test/lib/checks.h"

static struct client c;

/* MNT of these bytes; the handle goes to *out if it is given out. */
static int mnt_bytes(const char *path, size_t n, struct handle *out)
{
    dirpath arg = {(u_int)n, (char *)(uintptr_t)path};
    mountres3 res = {0};
    const mountres3_ok *ok = &res.mountres3_u.mountinfo;
    int status = -1;

    if (!mount_call(&c, MOUNTPROC3_MNT, (xdr_fn *)xdr_dirpath, &arg,
            (xdr_fn *)xdr_mountres3, &res))
        return -1;
    status = (int)res.fhs_status;
    if (status == MNT3_OK) {
        nfs_fh3 fh = {{ok->fhandle.fhandle3_len, ok->fhandle.fhandle3_val}};

        if (out != NULL)
            *out = handle_of(&fh);
        if (ok->auth_flavors.auth_flavors_len != 1 ||
            ok->auth_flavors.auth_flavors_val[0] != AUTH_SYS)
            status = -2;
    }
    xdr_free((xdrproc_t)xdr_mountres3, (char *)&res);
    return status;
}

static int mnt(const char *path, struct handle *out)
{
    return mnt_bytes(path, strlen(path), out);
}

/* MNT of the export's path and n bytes behind it. */
static int mnt_below(
    const char *export_path, const char *rest, size_t n, struct handle *out)
{
    struct buf path = {0};
    int status;

    buf_adds(&path, export_path);
    buf_add(&path, rest, n);
    status = mnt_bytes((char *)path.data, path.len, out);
    buf_free(&path);
    return status;
}

static int mnt_in(const char *export_path, const char *rest, struct handle *out)
{
    return mnt_below(export_path, rest, strlen(rest), out);
}

static bool same(const struct handle *a, const struct handle *b)
{
    return a->len == b->len && memcmp(a->b, b->b, a->len) == 0;
}

static void right_path(const char *path)
{
    struct handle first = {0};
    struct handle again = {0};

    check(mnt(path, &first) == MNT3_OK,
        "MNT gives a handle and lists AUTH_SYS alone");
    check(mnt(path, &again) == MNT3_OK && same(&first, &again),
        "and the same handle again");
    check(mnt_in(path, "/", &again) == MNT3_OK && same(&first, &again),
        "a trailing slash changes nothing");
    check(mnt_in(path, "///./", &again) == MNT3_OK && same(&first, &again),
        "nor do more slashes and dots");
    c.flavor = AUTH_NONE;
    check(mnt(path, &again) == MNT3_OK && same(&first, &again),
        "MNT with AUTH_NONE");
    c.flavor = AUTH_SYS;
}

static void wrong_paths(const char *path)
{
    size_t n = strlen(path);
    char *other = strdup(path);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        other[i] ^= 1;
        wrong += mnt(other, NULL) == MNT3ERR_NOENT;
        wrong += mnt_bytes(path, i, NULL) == MNT3ERR_NOENT;
        other[i] ^= 1;
    }
    check(wrong == 2 * n, "no other path is mounted: %zu", wrong);
    check(mnt_in(path, "x", NULL) == MNT3ERR_NOENT, "nor a longer name");
    check(mnt_below(path, "", 1, NULL) == MNT3ERR_NOENT,
        "nor one with a NUL at its end");
    check(mnt_below(path, "/a\0b", 4, NULL) == MNT3ERR_NOENT, "nor one inside");
    free(other);
}

static void long_paths(const char *path)
{
    size_t n = strlen(path);
    char *slashes = malloc(200000);

    memset(slashes, '/', 200000);
    check(mnt_below(path, slashes, 1024 - n, NULL) == MNT3_OK, "1024 bytes");
    check(mnt_below(path, slashes, 1025 - n, NULL) == MNT3ERR_NAMETOOLONG,
        "a path of 1025 bytes is too long");
    check(mnt_below(path, slashes, 200000, NULL) == MNT3ERR_NAMETOOLONG,
        "one of 200,000 bytes too");
    free(slashes);
}

/* Names below the export, as a tree in memory has them (memnfsd.c). */
static void below(const struct target *t)
{
    const char *path = t->export_path;
    struct handle root = mount_root(&c, t);
    struct handle want = {0};
    struct handle got = {0};
    char name[302];

    if (!find_path(&c, &root, "dir/sub/deep", &want, NULL)) {
        check_skip("the export has no dir/sub/deep");
        return;
    }
    memset(name, 'x', sizeof(name));
    name[0] = '/';
    check(mnt_in(path, "/dir/sub//deep/", &got) == MNT3_OK && same(&want, &got),
        "a directory below the export is mounted");
    check(mnt_in(path, "/dir/../dir/sub/deep", &got) == MNT3_OK &&
            same(&want, &got),
        "through ..");
    check(mnt_in(path, "/../..", &got) == MNT3_OK && same(&root, &got),
        ".. of the root is the root");
    check(mnt_in(path, "/dir/small", NULL) == MNT3ERR_NOTDIR,
        "a file is not mounted");
    check(mnt_in(path, "/dir/small/x", NULL) == MNT3ERR_NOTDIR,
        "nor is what is below one");
    check(mnt_in(path, "dir", NULL) == MNT3ERR_NOENT,
        "a name must begin behind a slash");
    check(
        mnt_in(path, "/dir/none", NULL) == MNT3ERR_NOENT, "nor a missing name");
    check(mnt_below(path, name, 300, NULL) == MNT3ERR_NAMETOOLONG,
        "nor too long a name");
}

/* Bytes of the last reply contain the secret part of the path. */
static bool shows_secret(const char *export_path)
{
    return memmem(c.reply.data, c.reply.len, export_path + 1,
               strlen(export_path) - 1) != NULL;
}

static size_t count_mounts(void)
{
    mountlist list = NULL;
    size_t n = 0;

    if (!mount_call(
            &c, MOUNTPROC3_DUMP, NULL, NULL, (xdr_fn *)xdr_mountlist, &list))
        return SIZE_MAX;
    for (mountlist at = list; at != NULL; at = at->ml_next)
        n++;
    xdr_free((xdrproc_t)xdr_mountlist, (char *)&list);
    return n;
}

static void lists(const struct target *t)
{
    exports list = NULL;
    dirpath path = {
        (u_int)strlen(t->export_path), (char *)(uintptr_t)t->export_path};
    struct handle root;
    fattr3 attr;

    check(mount_call(&c, MOUNTPROC3_EXPORT, NULL, NULL, (xdr_fn *)xdr_exports,
              &list) &&
            list != NULL && list->ex_next == NULL,
        "EXPORT lists one export");
    check(!shows_secret(t->export_path), "and does not show its secret");
    xdr_free((xdrproc_t)xdr_exports, (char *)&list);
    root = mount_root(&c, t);
    check(count_mounts() == 1, "DUMP lists a client that has mounted, once");
    check(!shows_secret(t->export_path), "and does not show the secret");
    check(mount_call(
              &c, MOUNTPROC3_UMNT, (xdr_fn *)xdr_dirpath, &path, NULL, NULL),
        "UMNT answers");
    check(count_mounts() == 0, "and DUMP has forgotten the client");
    check(mount_call(&c, MOUNTPROC3_UMNTALL, NULL, NULL, NULL, NULL),
        "UMNTALL answers");
    check(find_path(&c, &root, ".", &root, &attr),
        "the file system is there after UMNT and UMNTALL");
}

/* Nothing that another user of this machine learns opens the server to him. */
static void another_user(struct target *t)
{
    struct client other;
    exports list = NULL;
    int status = 0;
    pid_t pid;

    if (geteuid() != 0) {
        check_skip("only root can be another user");
        return;
    }
    pid = fork();
    if (pid == 0) {
        if (setuid(65534) != 0)
            _exit(2);
        client_open(&other, t);
        _exit(mount_call(&other, MOUNTPROC3_EXPORT, NULL, NULL,
                  (xdr_fn *)xdr_exports, &list)
                ? 1
                : 0);
    }
    waitpid(pid, &status, 0);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0,
        "another user of this machine gets no answer");
}

int main(int argc, char **argv)
{
    struct target t = target_of(argc, argv);

    client_open(&c, &t);
    check(mount_call(&c, MOUNTPROC3_NULL, NULL, NULL, NULL, NULL), "NULL");
    right_path(t.export_path);
    wrong_paths(t.export_path);
    long_paths(t.export_path);
    below(&t);
    lists(&t);
    another_user(&t);
    client_close(&c);
    return checks_done();
}
