/* heads: how many HEAD requests an HTTP server answers.
 *
 *   heads PORT PATH CONNECTIONS SECONDS
 *
 * Each connection to 127.0.0.1 has one request in flight. Prints the answers
 * per second; fails when one is not 200. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define ANSWER_MAX 8192

struct connection {
    char answer[ANSWER_MAX];
    size_t len;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "heads: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_connection(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void ask(int fd, const char *request, size_t n)
{
    if (write(fd, request, n) != (ssize_t)n)
        fail("write");
}

/* Takes what has come; true when the answer is complete. */
static bool take(int fd, struct connection *c)
{
    ssize_t n = read(fd, c->answer + c->len, sizeof(c->answer) - c->len - 1);

    if (n <= 0)
        fail("read");
    c->len += (size_t)n;
    c->answer[c->len] = '\0';
    if (c->len < 4 || memcmp(c->answer + c->len - 4, "\r\n\r\n", 4) != 0)
        return false;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0) {
        errno = EPROTO;
        fail(c->answer);
    }
    c->len = 0;
    return true;
}

int main(int argc, char **argv)
{
    static struct connection connection[CONNECTIONS_MAX];
    struct pollfd poll_fd[CONNECTIONS_MAX];
    char request[4096];
    unsigned n = argc == 5 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    double limit = argc == 5 ? strtod(argv[4], NULL) : 0;
    uint16_t port = argc == 5 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
    uint64_t answers = 0;
    double begun = now_s();
    double seconds;
    size_t len;

    if (n == 0 || n > CONNECTIONS_MAX)
        return 2;
    len = (size_t)snprintf(request, sizeof(request),
        "HEAD %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n", argv[2], argv[1]);
    for (unsigned i = 0; i < n; i++) {
        poll_fd[i].fd = open_connection(port);
        poll_fd[i].events = POLLIN;
        ask(poll_fd[i].fd, request, len);
    }
    while ((seconds = now_s() - begun) < limit) {
        if (poll(poll_fd, n, 1000) < 0)
            fail("poll");
        for (unsigned i = 0; i < n; i++) {
            if (poll_fd[i].revents == 0 || !take(poll_fd[i].fd, &connection[i]))
                continue;
            answers++;
            ask(poll_fd[i].fd, request, len);
        }
    }
    printf("%.1f\n", (double)answers / seconds);
    return 0;
}
