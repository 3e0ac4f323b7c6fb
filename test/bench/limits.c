/* limits: what two processes of this machine can pass through loopback TCP
 * with plain blocking calls: what the server's rates are held against. To be
 * run between its measurements, as machines change from minute to minute.
 *
 *   limits FILE [SECONDS [SERVER-CORE CLIENT-CORE]]
 *
 *   copy-1M-d1, -d8, copy-128K-d8, copy-4K-d32   requests of 120 bytes are
 *       answered by a header and a piece of FILE (pread, then writev), so many
 *       requests in flight: the shape of READ from the page cache. 4K pieces
 *       come from random places.
 *   ping-d1, -d32, -d128   requests answered by replies of 120 bytes, all that
 *       arrived by one write: the shape of GETATTR
 *
 * One JSON object a figure: name, seconds, ops, bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE 120
#define BATCH 1024 /* messages taken at once */
#define PIECE_MAX ((size_t)1 << 20)

struct shape {
    const char *name;
    size_t piece; /* 0: a ping */
    unsigned depth;
    bool random;
};

static const struct shape shapes[] = {
    {.name = "copy-1M-d1", .piece = PIECE_MAX, .depth = 1},
    {.name = "copy-1M-d8", .piece = PIECE_MAX, .depth = 8},
    {.name = "copy-128K-d8", .piece = (size_t)128 << 10, .depth = 8},
    {.name = "copy-4K-d32", .piece = 4096, .depth = 32, .random = true},
    {.name = "ping-d1", .depth = 1},
    {.name = "ping-d32", .depth = 32},
    {.name = "ping-d128", .depth = 128},
};

struct pair {
    int client;
    int server;
};

_Noreturn static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pin(int core)
{
    cpu_set_t set;

    if (core < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((unsigned)core, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static struct pair loopback(void)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pair p = {.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int one = 1;

    if (bind(listener, (struct sockaddr *)&at, size) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) != 0 ||
        connect(p.client, (struct sockaddr *)&at, size) != 0)
        die("loopback");
    p.server = accept(listener, NULL, NULL);
    close(listener);
    setsockopt(p.client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(p.server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return p;
}

static void advance(struct iovec *v, size_t n)
{
    v->iov_base = (char *)v->iov_base + n;
    v->iov_len -= n;
}

static bool write_both(int fd, struct iovec v[2])
{
    while (v[0].iov_len + v[1].iov_len > 0) {
        ssize_t n = writev(fd, v, 2);
        size_t first;

        if (n <= 0)
            return false;
        first = (size_t)n < v[0].iov_len ? (size_t)n : v[0].iov_len;
        advance(&v[0], first);
        advance(&v[1], (size_t)n - first);
    }
    return true;
}

/* ---- The server's side, in a process of its own */

struct source {
    int fd;
    uint64_t pieces;
    uint64_t next;
    char *buffer;
};

static bool send_piece(int to, const struct shape *s, struct source *from)
{
    static char header[MESSAGE];
    struct iovec v[2] = {{header, MESSAGE}, {from->buffer, s->piece}};
    uint64_t at = from->next++;

    if (s->random)
        at = at * 11400714819323198485ULL >> 20;
    if (pread(from->fd, from->buffer, s->piece,
            (off_t)(at % from->pieces * s->piece)) != (ssize_t)s->piece)
        return false;
    return write_both(to, v);
}

static void serve(int fd, const struct shape *s, int file, uint64_t size)
{
    static char in[MESSAGE * BATCH];
    struct source from = {.fd = file, .buffer = malloc(PIECE_MAX)};
    size_t have = 0;

    from.pieces = s->piece != 0 ? size / s->piece : 1;
    for (;;) {
        ssize_t n = read(fd, in + have, sizeof(in) - have);
        size_t whole;

        if (n <= 0)
            return;
        have += (size_t)n;
        whole = have / MESSAGE;
        if (s->piece == 0 && whole > 0 &&
            write(fd, in, whole * MESSAGE) != (ssize_t)(whole * MESSAGE))
            return;
        for (size_t i = 0; s->piece != 0 && i < whole; i++) {
            if (!send_piece(fd, s, &from))
                return;
        }
        have -= whole * MESSAGE;
        memmove(in, in + whole * MESSAGE, have);
    }
}

/* ---- The client's side */

/* Keeps so many requests in flight until the time is up; answers counted. */
static uint64_t ask(int fd, const struct shape *s, double seconds)
{
    static char out[MESSAGE * BATCH];
    size_t first = (size_t)MESSAGE * s->depth;
    size_t unit = MESSAGE + s->piece;
    char *in = malloc(PIECE_MAX);
    uint64_t answers = 0;
    double end = now() + seconds;
    size_t have = 0;

    if (write(fd, out, first) != (ssize_t)first)
        die("write");
    while (now() < end) {
        ssize_t n = read(fd, in, PIECE_MAX);
        size_t whole;

        if (n <= 0)
            die("read");
        have += (size_t)n;
        whole = have / unit;
        have -= whole * unit;
        answers += whole;
        if (whole != 0 &&
            write(fd, out, whole * MESSAGE) != (ssize_t)(whole * MESSAGE))
            die("write");
    }
    free(in);
    return answers;
}

static void measure(const struct shape *s, int file, uint64_t size,
    double seconds, int server_core)
{
    struct pair p = loopback();
    pid_t child = fork();
    uint64_t answers;
    double start;

    if (child == 0) {
        pin(server_core);
        close(p.client);
        serve(p.server, s, file, size);
        _exit(0);
    }
    close(p.server);
    start = now();
    answers = ask(p.client, s, seconds);
    printf("{\"name\":\"%s\",\"seconds\":%.6f,\"ops\":%" PRIu64
           ",\"bytes\":%" PRIu64 "}\n",
        s->name, now() - start, answers, answers * s->piece);
    close(p.client);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    int file = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 2;
    int server_core = argc > 4 ? (int)strtol(argv[3], NULL, 10) : -1;
    static char page[PIECE_MAX];
    struct stat st;

    if (file < 0 || fstat(file, &st) != 0 || st.st_size < (off_t)PIECE_MAX) {
        fprintf(stderr,
            "usage: limits FILE-OF-1M-OR-MORE [SECONDS [SERVER-CORE"
            " CLIENT-CORE]]\n");
        return 2;
    }
    pin(argc > 4 ? (int)strtol(argv[4], NULL, 10) : -1);
    while (read(file, page, sizeof(page)) > 0) /* into the page cache */
        ;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        measure(&shapes[i], file, (uint64_t)st.st_size, seconds, server_core);
        fflush(stdout);
    }
    return 0;
}
