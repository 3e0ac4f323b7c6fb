/* nfsd/peer: who may connect. */
#include "nfsd/peer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "nfsd/nfsd.h"

static struct peer_addr addr(const char *text)
{
    struct sockaddr_storage sa;
    struct peer_addr a;

    if (uv_ip4_addr(text, 1, (struct sockaddr_in *)&sa) != 0)
        assert_int_equal(uv_ip6_addr(text, 1, (struct sockaddr_in6 *)&sa), 0);
    assert_true(peer_addr_of((struct sockaddr *)&sa, &a));
    return a;
}

static void parsing(void **state)
{
    static const char *const bad[] = {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33",
        "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0",
        "localhost", "fd00::/129", "fd00::/0x8", "::1%lo",
        "10.0.0.0/4294967304",
        "1234567890123456789012345678901234567890123456789012345678901234/8"};
    static const struct {
        const char *text;
        unsigned prefix;
        int family;
    } good[] = {{"10.99.0.2", 32, AF_INET}, {"10.0.0.0/8", 8, AF_INET},
        {"0.0.0.0/0", 0, AF_INET}, {"fd00::/8", 8, AF_INET6},
        {"::1", 128, AF_INET6}, {"::/0", 0, AF_INET6}};
    struct nfsd_net net;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(nfsd_net_parse(bad[i], &net), -EINVAL);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(nfsd_net_parse(good[i].text, &net), 0);
        assert_int_equal(net.prefix, good[i].prefix);
        assert_int_equal(net.addr.ss_family, good[i].family);
    }
}

static void matching(void **state)
{
    static const struct {
        const char *net;
        const char *peer;
        bool in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"10.0.0.0/8", "::ffff:11.1.2.3", false},
        {"10.0.0.0/8", "::10.1.2.3", false},
        {"192.168.1.128/25", "192.168.1.127", false},
        {"192.168.1.128/25", "192.168.1.200", true},
        {"192.168.1.5", "192.168.1.5", true},
        {"192.168.1.5", "192.168.1.4", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "fd00::1", false},
        {"fd00::/8", "fd12:3456::1", true},
        {"fd00::/8", "fe80::1", false},
        {"fd00::/8", "10.0.0.1", false},
        {"::/0", "fd00::1", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct nfsd_net net;
        struct peer_addr a = addr(cases[i].peer);

        assert_int_equal(nfsd_net_parse(cases[i].net, &net), 0);
        assert_int_equal(peer_in_nets(&a, &net, 1), cases[i].in);
        assert_false(peer_in_nets(&a, &net, 0));
    }
}

static void loopback(void **state)
{
    static const char *const yes[] = {
        "127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"};
    static const char *const no[] = {
        "128.0.0.1", "0.0.0.0", "::", "::2", "::127.0.0.1", "10.0.0.127"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        struct peer_addr a = addr(yes[i]);

        assert_true(peer_is_loopback(&a));
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        struct peer_addr a = addr(no[i]);

        assert_false(peer_is_loopback(&a));
    }
}

static void text(void **state)
{
    char out[PEER_TEXT_MAX];
    struct peer_addr a = addr("::ffff:10.1.2.3");

    (void)state;
    peer_text(&a, out);
    assert_string_equal(out, "10.1.2.3");
    a = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    peer_text(&a, out);
    assert_string_equal(out, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void logged_once(void **state)
{
    struct peer_log log = {0};

    (void)state;
    log_level_set(LOG_ERROR);
    for (unsigned i = 0; i < 1000; i++) {
        struct peer_addr a = addr("10.0.0.1");

        a.b[14] = (uint8_t)(i % 100);
        peer_log_refused(&log, &a, "no friend");
        assert_int_equal(
            log.n_seen, i < PEER_LOGGED_MAX ? i + 1 : PEER_LOGGED_MAX);
    }
}

/* Both ends of a connection over this address; false where there is none. */
static bool connected(const char *text, int end[2])
{
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof(sa);
    int listener;
    bool ok;

    if (uv_ip4_addr(text, 0, (struct sockaddr_in *)&sa) != 0)
        uv_ip6_addr(text, 0, (struct sockaddr_in6 *)&sa);
    listener = socket(sa.ss_family, SOCK_STREAM, 0);
    end[0] = socket(sa.ss_family, SOCK_STREAM, 0);
    ok = bind(listener, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
        listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&sa, &len) == 0 &&
        connect(end[0], (struct sockaddr *)&sa, len) == 0;
    end[1] = ok ? accept(listener, NULL, NULL) : -1;
    close(listener);
    if (!ok)
        close(end[0]);
    return ok;
}

static void owner(void **state)
{
    static const char *const addrs[] = {"127.0.0.1", "::1"};
    size_t tried = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addrs); i++) {
        struct sockaddr_storage peer = {0};
        struct sockaddr_storage own = {0};
        socklen_t len = sizeof(peer);
        uid_t uid = 12345;
        int end[2];
        int err;

        if (!connected(addrs[i], end))
            continue;
        getpeername(end[1], (struct sockaddr *)&peer, &len);
        len = sizeof(own);
        getsockname(end[1], (struct sockaddr *)&own, &len);
        err = peer_owner(&peer, &own, &uid);
        if (err != -ENOTSUP) {
            assert_int_equal(err, 0);
            assert_int_equal(uid, geteuid());
            close(end[0]);
            assert_int_equal(peer_owner(&peer, &own, &uid), -ENOTCONN);
            tried++;
        } else {
            close(end[0]);
        }
        close(end[1]);
    }
    if (tried == 0)
        skip();
}

/* Nobody comes in because there is no descriptor left to ask with. */
static void owner_without_descriptors(void **state)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_storage own = {0};
    socklen_t len = sizeof(peer);
    struct rlimit limit;
    uid_t uid;
    int end[2];
    int err;

    (void)state;
    if (!connected("127.0.0.1", end))
        skip();
    getpeername(end[1], (struct sockaddr *)&peer, &len);
    len = sizeof(own);
    getsockname(end[1], (struct sockaddr *)&own, &len);
    err = peer_owner(&peer, &own, &uid);
    if (err == 0) {
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
        assert_int_equal(
            setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, limit.rlim_max}), 0);
        err = peer_owner(&peer, &own, &uid);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        assert_int_equal(err, -EMFILE);
    }
    close(end[0]);
    close(end[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing),
        cmocka_unit_test(matching),
        cmocka_unit_test(loopback),
        cmocka_unit_test(text),
        cmocka_unit_test(logged_once),
        cmocka_unit_test(owner),
        cmocka_unit_test(owner_without_descriptors),
    };

    return cmocka_run_group_tests_name("nfsd_peer", tests, NULL, NULL);
}
