/* Linux: whose a loopback connection is, asked of the kernel's socket
 * diagnostics (sock_diag(7)) for exactly this connection. */
#include "nfsd/peer.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 what;
};

struct reply {
    struct nlmsghdr head;
    union {
        struct inet_diag_msg found;
        struct nlmsgerr failed;
        uint8_t room[1024]; /* attributes follow */
    };
};

static void put_address(
    const struct sockaddr_storage *sa, __be16 *port, __be32 address[4])
{
    const struct sockaddr_in *in4 = (const void *)sa;
    const struct sockaddr_in6 *in6 = (const void *)sa;

    if (sa->ss_family == AF_INET) {
        *port = in4->sin_port;
        memcpy(address, &in4->sin_addr, sizeof(in4->sin_addr));
    } else {
        *port = in6->sin6_port;
        memcpy(address, &in6->sin6_addr, sizeof(in6->sin6_addr));
    }
}

/* The peer's end: from it to us. */
static struct question question_of(
    const struct sockaddr_storage *peer, const struct sockaddr_storage *own)
{
    struct question q = {
        .head = {.nlmsg_len = sizeof(q),
            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
            .nlmsg_flags = NLM_F_REQUEST},
        .what = {.sdiag_family = (uint8_t)peer->ss_family,
            .sdiag_protocol = IPPROTO_TCP,
            .idiag_states = UINT32_MAX,
            .id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
    };

    put_address(peer, &q.what.id.idiag_sport, q.what.id.idiag_src);
    put_address(own, &q.what.id.idiag_dport, q.what.id.idiag_dst);
    return q;
}

static int judge(const struct reply *r, ssize_t len, uid_t *out)
{
    if (len >= (ssize_t)NLMSG_LENGTH(sizeof(r->failed)) &&
        r->head.nlmsg_type == NLMSG_ERROR)
        return r->failed.error == -ENOENT ? -ENOENT : -ENOTSUP;
    if (len < (ssize_t)NLMSG_LENGTH(sizeof(r->found)) ||
        r->head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return -ENOTSUP;
    /* Nobody has it any more: then the user is not known, but said to be 0. */
    if (r->found.idiag_inode == 0)
        return -ENOTCONN;
    *out = r->found.idiag_uid;
    return 0;
}

/* Only a system that lacks the question lets everybody in; one that is short of
 * descriptors or memory does not. */
static int why_unasked(int err)
{
    switch (err) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
        return -err;
    default:
        return -ENOTSUP;
    }
}

static int owner_of(const struct sockaddr_storage *peer,
    const struct sockaddr_storage *own, uid_t *out)
{
    struct question q = question_of(peer, own);
    struct reply r;
    ssize_t len = -1;
    int err = 0;
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0)
        return why_unasked(errno);
    if (send(fd, &q, sizeof(q), 0) == (ssize_t)sizeof(q))
        len = recv(fd, &r, sizeof(r), MSG_DONTWAIT); /* it is there at once */
    if (len < 0)
        err = why_unasked(errno);
    close(fd);
    return err != 0 ? err : judge(&r, len, out);
}

/* A kernel that was built without these questions answers as if there were no
 * such connection. Our own end of it is there for certain. */
int peer_owner(const struct sockaddr_storage *peer,
    const struct sockaddr_storage *own, uid_t *out)
{
    int err = owner_of(peer, own, out);
    uid_t self;

    return err == -ENOENT && owner_of(own, peer, &self) == -ENOENT ? -ENOTSUP
                                                                   : err;
}
