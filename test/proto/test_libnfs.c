/* A client of somebody else: libnfs mounts, walks, stats and reads the export,
 * with many calls in flight. (Its headers and libtirpc's do not go together,
 * so this program uses neither ours nor rpcgen's.) */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <nfsc/libnfs.h>

#include "test/lib/checks.h"
#include "test/lib/memvfs/memvfs.h"

#define DEPTH 32
#define PIECE 65536

static struct nfs_context *mount_it(const char *where, const char *export_path)
{
    struct nfs_context *nfs = nfs_init_context();
    const char *colon = strrchr(where, ':');
    char url[1024];
    struct nfs_url *u;

    if (colon == NULL)
        bail_out("usage: HOST:PORT EXPORT");
    snprintf(url, sizeof(url), "nfs://%.*s%s?nfsport=%s&mountport=%s&version=3",
        (int)(colon - where), where, export_path, colon + 1, colon + 1);
    u = nfs_parse_url_dir(nfs, url);
    if (u == NULL || nfs_mount(nfs, u->server, u->path) != 0)
        bail_out("mount: %s", nfs_get_error(nfs));
    nfs_destroy_url(u);
    return nfs;
}

/* ---- Walking */

struct walk {
    struct nfs_context *nfs;
    unsigned n_dirs;
    unsigned n_files;
    unsigned n_bad;
    char file[1024]; /* the largest */
    uint64_t size;
};

static void visit(struct walk *w, const char *dir, const struct nfsdirent *e)
{
    struct nfs_stat_64 st;
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", dir, e->name);
    if (nfs_lstat64(w->nfs, path, &st) != 0 || st.nfs_ino != e->inode ||
        (st.nfs_mode & 07777) != (e->mode & 07777))
        w->n_bad++;
    else if (S_ISREG(st.nfs_mode) && st.nfs_size > w->size) {
        w->size = st.nfs_size;
        memcpy(w->file, path, sizeof(path));
    }
    w->n_files++;
}

/* Two levels; the first hundred names of each directory are statted. */
static void walk(struct walk *w, const char *dir, int levels)
{
    struct nfsdir *d;
    struct nfsdirent *e;
    unsigned n = 0;

    w->n_dirs++;
    if (nfs_opendir(w->nfs, dir, &d) != 0) {
        w->n_bad++;
        return;
    }
    while ((e = nfs_readdir(w->nfs, d)) != NULL && n++ < 100) {
        char path[1024];

        if (e->name[0] == '.')
            continue;
        visit(w, dir, e);
        snprintf(path, sizeof(path), "%s/%s", dir, e->name);
        if (S_ISDIR(e->mode) && levels > 1)
            walk(w, path, levels - 1);
    }
    nfs_closedir(w->nfs, d);
}

/* ---- Reading with DEPTH calls in flight */

struct reader {
    struct nfsfh *fh;
    struct nfs_context *nfs;
    uint64_t ino;
    uint64_t size;
    uint64_t next; /* to be asked for */
    uint64_t good; /* bytes */
    unsigned flying;
    bool generated; /* the content is memvfs's */
};

struct piece {
    struct reader *r;
    uint64_t offset;
};

static void ask(struct reader *r);

static void arrived(int err, struct nfs_context *nfs, void *data, void *ctx)
{
    struct piece *p = ctx;
    struct reader *r = p->r;
    const uint8_t *got = data;
    int i = 0;

    (void)nfs;
    while (err > 0 && i < err &&
        (!r->generated || got[i] == memvfs_byte(r->ino, p->offset + i)))
        i++;
    r->good += (uint64_t)i;
    r->flying--;
    free(p);
    ask(r);
}

static void ask(struct reader *r)
{
    while (r->flying < DEPTH && r->next < r->size) {
        struct piece *p = xmalloc(sizeof(*p));

        *p = (struct piece){r, r->next};
        r->next += PIECE;
        r->flying++;
        if (nfs_pread_async(r->nfs, r->fh, p->offset, PIECE, arrived, p) != 0)
            bail_out("pread: %s", nfs_get_error(r->nfs));
    }
}

static void read_it(struct nfs_context *nfs, const char *path)
{
    struct reader r = {.nfs = nfs};
    struct nfs_stat_64 st;

    if (nfs_stat64(nfs, path, &st) != 0 ||
        nfs_open(nfs, path, O_RDONLY, &r.fh) != 0)
        bail_out("open %s: %s", path, nfs_get_error(nfs));
    r.size = st.nfs_size;
    r.ino = st.nfs_ino;
    r.generated = nfs_stat64(nfs, "/dir/odd \xff name", &st) == 0;
    ask(&r);
    while (r.flying > 0) {
        struct pollfd p = {
            .fd = nfs_get_fd(nfs), .events = (short)nfs_which_events(nfs)};

        if (poll(&p, 1, 20000) <= 0 || nfs_service(nfs, p.revents) != 0)
            bail_out("service: %s", nfs_get_error(nfs));
    }
    check(r.good == r.size, "%s: %llu of %llu bytes", path,
        (unsigned long long)r.good, (unsigned long long)r.size);
    nfs_close(nfs, r.fh);
}

static void errors(struct nfs_context *nfs, const char *file)
{
    struct nfs_stat_64 st;
    struct nfsfh *fh;
    char path[1100];

    check(nfs_stat64(nfs, "/no such file", &st) < 0, "a missing name");
    snprintf(path, sizeof(path), "%s/below", file);
    check(nfs_stat64(nfs, path, &st) < 0, "a name below a file");
    check(nfs_creat(nfs, "/new", 0644, &fh) < 0, "creat is refused");
    check(nfs_unlink(nfs, file) < 0, "unlink is refused");
    check(nfs_mkdir(nfs, "/newdir") < 0, "mkdir is refused");
    check(nfs_rename(nfs, file, "/new") < 0, "rename is refused");
    check(nfs_chmod(nfs, file, 0600) < 0, "chmod is refused");
    check(nfs_truncate(nfs, file, 0) < 0, "truncate is refused");
    check(nfs_stat64(nfs, file, &st) == 0, "and the file is still there");
}

int main(int argc, char **argv)
{
    struct nfs_context *nfs;
    struct walk w = {0};

    if (argc != 3)
        bail_out("usage: %s HOST:PORT EXPORT", argv[0]);
    nfs = mount_it(argv[1], argv[2]);
    w.nfs = nfs;
    walk(&w, "", 3);
    check(w.n_dirs > 1 && w.n_files > 1 && w.n_bad == 0,
        "%u directories and %u files, %u wrong", w.n_dirs, w.n_files, w.n_bad);
    read_it(nfs, w.file);
    errors(nfs, w.file);
    nfs_destroy_context(nfs);
    return checks_done();
}
