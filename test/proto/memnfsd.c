/* memnfsd: the NFS server of nfsd/ over a file system in memory, for tests and
 * measurements of the protocol alone.
 *
 *   memnfsd [--port N] [--listen ADDR] [--allow NET] [--big FILE]
 *
 * Prints "serving ADDR:PORT:/EXPORT" once it is ready; SIGTERM ends it. The
 * tree it serves is in build_tree(). --big adds `big`, with the content of
 * FILE. Handles are the same in every run. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/op.h"
#include "nfsd/nfsd.h"
#include "test/lib/memvfs/memvfs.h"
#include "vfs/vfs.h"

#define EXPORT_PATH "/export-5f2f0c5be9b04dfe"

struct program {
    struct op op;
    uv_loop_t loop;
    uv_signal_t on_term;
    struct vfs *vfs;
    struct nfsd *nfsd;
};

static void many(struct vfs *v, const char *name, unsigned n)
{
    uint64_t dir = memvfs_dir(v, VFS_ROOT_INO, name);

    for (unsigned i = 0; i < n; i++) {
        char file[32];

        snprintf(file, sizeof(file), "file-%06u", i);
        memvfs_file(v, dir, file, i);
    }
}

static void add_slow(struct vfs *v)
{
    uint64_t dir = memvfs_dir(v, VFS_ROOT_INO, "slow");

    for (unsigned i = 0; i < 64; i++) {
        char name[32];
        uint64_t ino;

        snprintf(name, sizeof(name), "read-%02u", i);
        ino = memvfs_file(v, dir, name, 4 << 20);
        memvfs_set_delay(v, ino, 300);
    }
}

static void build_tree(struct vfs *v, const char *big)
{
    uint64_t dir = memvfs_dir(v, VFS_ROOT_INO, "dir");
    uint64_t ino;

    memvfs_file(v, dir, "small", 12345);
    memvfs_file(v, dir, "empty", 0);
    memvfs_file(v, dir, "data", 5 * (1 << 20) + 7);
    memvfs_link(v, dir, "link", "small");
    memvfs_dir(v, memvfs_dir(v, dir, "sub"), "deep");
    ino = memvfs_file(v, dir, "odd \xff name", 1);
    memvfs_set_mtime(v, ino, -5);
    ino = memvfs_file(v, dir, "late", 1);
    memvfs_set_mtime(v, ino, INT64_MAX);
    ino = memvfs_file(v, dir, "private", 100);
    memvfs_set_mode(v, ino, 0640);
    ino = memvfs_file(v, dir, "broken", 100);
    memvfs_set_error(v, ino, -EIO);
    memvfs_set_cold(v, memvfs_file(v, dir, "cold", 100));
    add_slow(v);
    many(v, "many", 10000);
    many(v, "huge", 100000);
    if (big != NULL) {
        int fd = open(big, O_RDONLY | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) != 0) {
            perror(big);
            exit(1);
        }
        ino = memvfs_file(v, VFS_ROOT_INO, "big", (uint64_t)st.st_size);
        memvfs_set_fd(v, ino, fd);
    }
}

static void stopped(struct op *op)
{
    struct program *p = container_of(op, struct program, op);

    uv_close((uv_handle_t *)&p->on_term, NULL);
}

static void stop(struct op *op)
{
    struct program *p = container_of(op, struct program, op);

    nfsd_stop(p->nfsd, op);
}

static void terminate(uv_signal_t *handle, int signum)
{
    struct program *p = container_of(handle, struct program, on_term);

    (void)signum;
    uv_signal_stop(handle);
    op_start(&p->op, stop, stopped, NULL);
}

static void parse(
    int argc, char **argv, struct nfsd_config *config, const char **big)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"listen", required_argument, NULL, 'l'},
        {"allow", required_argument, NULL, 'a'},
        {"big", required_argument, NULL, 'b'},
        {"debug", required_argument, NULL, 'd'},
        {0},
    };
    static struct nfsd_net net;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool ok = true;

        if (c == 'p')
            config->port = (uint16_t)strtoul(optarg, NULL, 10);
        else if (c == 'l')
            config->listen_addr = optarg;
        else if (c == 'b')
            *big = optarg;
        else if (c == 'd')
            ok = log_debug_modules(optarg);
        else if (c == 'a')
            ok = nfsd_net_parse(optarg, &net) == 0;
        else
            ok = false;
        if (!ok)
            exit(2);
        if (c == 'a') {
            config->allow = &net;
            config->n_allow = 1;
        }
    }
}

int main(int argc, char **argv)
{
    static struct program p;
    struct nfsd_config config = {
        .loop = &p.loop,
        .export_path = EXPORT_PATH,
        .handle_id = 0x0123456789abcdef,
        .handle_key = {1, 2, 3},
    };
    const char *big = NULL;
    int err;

    parse(argc, argv, &config, &big);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&p.loop);
    p.vfs = config.vfs = memvfs_new(&p.loop, 1000, 1000);
    build_tree(p.vfs, big);
    err = nfsd_start(&config, &p.nfsd);
    if (err != 0) {
        fprintf(stderr, "memnfsd: %s\n", strerror(-err));
        return 1;
    }
    uv_signal_init(&p.loop, &p.on_term);
    uv_signal_start(&p.on_term, terminate, SIGTERM);
    printf("serving %s:%u:%s\n",
        config.listen_addr != NULL ? config.listen_addr : "127.0.0.1",
        nfsd_port(p.nfsd), EXPORT_PATH);
    fflush(stdout);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    memvfs_free(p.vfs);
    uv_loop_close(&p.loop);
    return 0;
}
/* The last include: it defines the functions of vfs/vfs.h. */
#include "test/lib/memvfs/memvfs.c" /* NOLINT(bugprone-suspicious-include) */
