/* The whole server, fed with bytes: a connection to nfsd over a file system in
 * memory gets the input and reads the replies, then goes away, politely or by
 * a reset. Seeds are streams of records with good handles. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "nfsd/nfsd.h"
#include "test/lib/memvfs/memvfs.h"
#include "vfs/vfs.h"

#define INPUT_MAX 65536 /* the socket takes this much at once */
#define QUIET_TURNS 4
#define POLITE_EVERY 509

static struct server {
    uv_loop_t loop;
    struct nfsd *nfsd;
} server;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start(void)
{
    struct nfsd_config config = {
        .loop = &server.loop,
        .export_path = "/0123456789abcdef",
        .handle_id = 7,
        .handle_key = {7},
    };
    struct vfs *v;
    uint64_t dir;

    signal(SIGPIPE, SIG_IGN);
    log_level_set(LOG_ERROR);
    uv_loop_init(&server.loop);
    config.vfs = v = memvfs_new(&server.loop, 1000, 1000);
    dir = memvfs_dir(v, VFS_ROOT_INO, "dir");
    memvfs_file(v, dir, "file", 5000);
    memvfs_link(v, dir, "link", "file");
    if (nfsd_start(&config, &server.nfsd) != 0)
        abort();
}

static int connect_to_it(void)
{
    struct sockaddr_in sa = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    sa.sin_port = htons(nfsd_port(server.nfsd));
    while (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
        if (errno == EISCONN)
            break;
        if (errno != EINTR) /* libFuzzer's timer */
            abort();
    }
    if (fd < 0)
        abort();
    return fd;
}

/* Runs the server and takes its replies until it has none for a while, or
 * closes: all it does is done at once. */
static void serve(int fd)
{
    static uint8_t reply[65536];

    for (int quiet = 0; quiet < QUIET_TURNS; quiet++) {
        ssize_t n;

        uv_run(&server.loop, UV_RUN_NOWAIT);
        n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
        if (n > 0)
            quiet = 0;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct linger reset = {.l_onoff = 1};
    ssize_t sent;
    int fd;

    if (server.nfsd == NULL)
        start();
    if (size > INPUT_MAX)
        return 0;
    fd = connect_to_it();
    while ((sent = send(fd, data, size, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    if (sent != (ssize_t)size)
        abort();
    /* Each polite end keeps a port busy for a minute: only some. */
    if (size % POLITE_EVERY == 0)
        shutdown(fd, SHUT_WR);
    else
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    serve(fd);
    close(fd);
    while (nfsd_stats(server.nfsd).connections > 0)
        uv_run(&server.loop, UV_RUN_NOWAIT);
    return 0;
}
/* The last include: it defines the functions of vfs/vfs.h. */
#include "test/lib/memvfs/memvfs.c" /* NOLINT(bugprone-suspicious-include) */
