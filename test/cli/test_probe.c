/* The call that tells a living server from a dead one, against servers that
 * answer well, wrongly, slowly or not at all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/probe.h"

#define SHORT_MS 100
#define LONG_MS 20000

/* A server for one connection: reads the call, sends words, closes or stays. */
struct answer {
    const uint32_t *word;
    size_t n;
    bool stays;
};

static void serve(int listener, const struct answer *a)
{
    uint32_t wire[16];
    char call[256];
    int fd = accept(listener, NULL, NULL);

    if (fd < 0 || read(fd, call, sizeof(call)) <= 0)
        _exit(1);
    for (size_t i = 0; i < a->n; i++)
        wire[i] = htonl(a->word[i]);
    if (write(fd, wire, a->n * sizeof(wire[0])) < 0)
        _exit(1);
    if (a->stays)
        pause();
    _exit(0);
}

static enum probe_answer probe(const struct answer *a, unsigned timeout_ms)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    enum probe_answer answer;
    pid_t pid = -1;

    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    getsockname(fd, (struct sockaddr *)&addr, &size);
    if (a != NULL) {
        assert_int_equal(listen(fd, 1), 0);
        pid = fork();
        if (pid == 0)
            serve(fd, a);
    }
    answer = probe_export("127.0.0.1", ntohs(addr.sin_port), "/x", timeout_ms);
    close(fd);
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return answer;
}

#define XID 0x68666673
#define LAST 0x80000000u

static void serves(void **state)
{
    /* fragment, xid, reply, accepted, no verifier, success, MNT3_OK, ... */
    static const uint32_t word[] = {LAST | 28, XID, 1, 0, 0, 0, 0, 0};
    const struct answer a = {word, ARRAY_LEN(word), true};

    (void)state;
    assert_int_equal(probe(&a, LONG_MS), PROBE_SERVES);
}

static void serves_something_else(void **state)
{
    static const uint32_t no_entry[] = {LAST | 28, XID, 1, 0, 0, 0, 0, 2};
    static const uint32_t no_program[] = {LAST | 24, XID, 1, 0, 0, 0, 1};
    static const uint32_t denied[] = {LAST | 20, XID, 1, 1, 1, 5};
    static const uint32_t other_xid[] = {LAST | 28, 1, 1, 0, 0, 0, 0, 0};
    static const uint32_t a_call[] = {LAST | 28, XID, 0, 0, 0, 0, 0, 0};
    static const uint32_t big_verifier[] = {
        LAST | 28, XID, 1, 0, 0, 0xffffffff, 0, 0};
    static const uint32_t http[] = {0x48545450, 0x2f312e31, 0x20343030};
    const struct answer answers[] = {
        {no_entry, ARRAY_LEN(no_entry), true},
        {no_program, ARRAY_LEN(no_program), true},
        {denied, ARRAY_LEN(denied), true},
        {other_xid, ARRAY_LEN(other_xid), true},
        {a_call, ARRAY_LEN(a_call), true},
        {big_verifier, ARRAY_LEN(big_verifier), true},
        {http, ARRAY_LEN(http), false},
        {http, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        assert_int_equal(probe(&answers[i], LONG_MS), PROBE_OTHER);
}

static void serves_nothing(void **state)
{
    static const uint32_t half[] = {LAST | 28, XID, 1};
    const struct answer silent = {half, 0, true};
    const struct answer torn = {half, ARRAY_LEN(half), true};

    (void)state;
    assert_int_equal(probe(NULL, LONG_MS), PROBE_NOBODY); /* refused */
    assert_int_equal(probe(&silent, SHORT_MS), PROBE_NOBODY);
    assert_int_equal(probe(&torn, SHORT_MS), PROBE_NOBODY);
    assert_int_equal(
        probe_export("no address", 1, "/x", SHORT_MS), PROBE_NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves),
        cmocka_unit_test(serves_something_else),
        cmocka_unit_test(serves_nothing),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
