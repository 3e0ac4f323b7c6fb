/* Sockets by address. Looking up a host name may wait; that happens at
 * start-up only. */
#include "hub/local_listen.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "hub/local_web.h"

#define BACKLOG 512

static bool loopback(const struct sockaddr *a)
{
    static const uint8_t v4_in_v6[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;

        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    if (a->sa_family == AF_INET6) {
        const struct in6_addr *in =
            &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;

        return IN6_IS_ADDR_LOOPBACK(in) ||
            memcmp(in->s6_addr, v4_in_v6, sizeof(v4_in_v6)) == 0;
    }
    return false;
}

static struct addrinfo *look_up(const char *address, uint16_t port)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    char service[8];

    snprintf(service, sizeof(service), "%u", port);
    return getaddrinfo(address, service, &hints, &found) == 0 ? found : NULL;
}

bool listen_is_loopback(const char *address)
{
    struct addrinfo *found = look_up(address, 0);
    bool all = found != NULL;

    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
        all = all && loopback(a->ai_addr);
    if (found != NULL)
        freeaddrinfo(found);
    return all;
}

static char *url_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);
    char host[64];
    char port[8];

    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
        getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port,
            sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return NULL;
    return strchr(host, ':') != NULL ? xasprintf("http://[%s]:%s", host, port)
                                     : xasprintf("http://%s:%s", host, port);
}

static int open_on(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    int on = 1;
    int err;

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    err = -errno;
    close(fd);
    return err;
}

int listen_open(const char *address, uint16_t port, char **url)
{
    struct addrinfo *found = look_up(address, port);
    int fd;

    if (found == NULL)
        return -EINVAL;
    fd = open_on(found);
    freeaddrinfo(found);
    if (fd < 0)
        return fd;
    *url = url_of(fd);
    if (*url == NULL) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

void listen_peer(const struct sockaddr *address, struct web_peer *peer)
{
    socklen_t len = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                   : sizeof(struct sockaddr_in);
    char host[48];
    char port[8];

    *peer = (struct web_peer){.loopback = loopback(address)};
    if (getnameinfo(address, len, host, sizeof(host), port, sizeof(port),
            NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(peer->text, sizeof(peer->text),
            strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

bool listen_host_ok(const char *host)
{
    size_t n = strlen(host);

    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)host[i]) &&
            strchr(".-_:[]", host[i]) == NULL)
            return false;
    }
    return n > 0 && n < 256;
}
