/* Addresses and networks. Everything is compared as 16 bytes: an IPv4 peer of
 * a socket that serves both families appears as ::ffff:a.b.c.d (RFC 4291
 * 2.5.5.2), and so do IPv4 networks here. */
#include "nfsd/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "nfsd/nfsd.h"

#define MAPPED_BITS 96 /* of the prefix before an IPv4 address */

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = {[10] = 0xff, 0xff};

static bool is_mapped(const struct peer_addr *a)
{
    return memcmp(a->b, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool peer_addr_of(const struct sockaddr *sa, struct peer_addr *out)
{
    if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)sa;

        memcpy(out->b, &in6->sin6_addr, sizeof(out->b));
        return true;
    }
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in4 = (const void *)sa;

        memcpy(out->b, mapped_prefix, sizeof(mapped_prefix));
        memcpy(out->b + sizeof(mapped_prefix), &in4->sin_addr, 4);
        return true;
    }
    return false;
}

bool peer_is_loopback(const struct peer_addr *a)
{
    static const struct peer_addr loopback6 = {.b = {[15] = 1}};

    if (is_mapped(a))
        return a->b[12] == 127;
    return memcmp(a, &loopback6, sizeof(*a)) == 0;
}

static bool same_prefix(
    const struct peer_addr *a, const struct peer_addr *b, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;

    if (memcmp(a->b, b->b, whole) != 0)
        return false;
    return rest == 0 || ((a->b[whole] ^ b->b[whole]) >> (8 - rest)) == 0;
}

bool peer_in_nets(
    const struct peer_addr *a, const struct nfsd_net *net, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct peer_addr base;
        unsigned bits = net[i].prefix;

        if (!peer_addr_of((const struct sockaddr *)&net[i].addr, &base))
            continue;
        if (net[i].addr.ss_family == AF_INET)
            bits += MAPPED_BITS;
        if (same_prefix(a, &base, bits))
            return true;
    }
    return false;
}

void peer_text(const struct peer_addr *a, char out[static PEER_TEXT_MAX])
{
    if (is_mapped(a))
        inet_ntop(AF_INET, a->b + sizeof(mapped_prefix), out, PEER_TEXT_MAX);
    else
        inet_ntop(AF_INET6, a->b, out, PEER_TEXT_MAX);
}

void peer_log_refused(
    struct peer_log *log, const struct peer_addr *a, const char *why)
{
    char text[PEER_TEXT_MAX];

    for (size_t i = 0; i < log->n_seen; i++) {
        if (memcmp(&log->seen[i], a, sizeof(*a)) == 0)
            return;
    }
    if (log->n_seen == PEER_LOGGED_MAX)
        return;
    log->seen[log->n_seen++] = *a;
    peer_text(a, text);
    log_warn("nfsd: refuse %s: %s", text, why);
}

/* Digits only, at most `max`. */
static int parse_prefix(const char *text, unsigned max, unsigned *out)
{
    unsigned v = 0;

    if (*text == '\0')
        return -EINVAL;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -EINVAL;
        v = v * 10 + (unsigned)(*text - '0');
        if (v > max)
            return -EINVAL;
    }
    *out = v;
    return 0;
}

int nfsd_net_parse(const char *text, struct nfsd_net *out)
{
    struct nfsd_net net = {0};
    struct sockaddr_in *in4 = (void *)&net.addr;
    struct sockaddr_in6 *in6 = (void *)&net.addr;
    char addr[PEER_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);

    if (len >= sizeof(addr))
        return -EINVAL;
    memcpy(addr, text, len);
    addr[len] = '\0';
    if (inet_pton(AF_INET, addr, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        net.prefix = 32;
    } else if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        net.prefix = 128;
    } else {
        return -EINVAL;
    }
    if (slash != NULL && parse_prefix(slash + 1, net.prefix, &net.prefix) != 0)
        return -EINVAL;
    *out = net;
    return 0;
}
