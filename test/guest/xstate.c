/* A shim for User Mode Linux, preloaded into linux.uml by test/guest/run.
 *
 * UML 6.1 restores the floating-point state of its processes with
 * PTRACE_SETREGSET from a buffer of the size it knew at build time. On a
 * processor with larger state (AMX needs about 11 KB) the host's kernel refuses
 * a short NT_X86_XSTATE and UML dies as it starts its first process. Here the
 * whole state is read first, the known part laid over it, and all of it
 * written back. Elsewhere the buffer is not short, and the call passes as it
 * is. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define STATE_MAX 65536

long ptrace(enum __ptrace_request request, ...);

static long set_state(long request, pid_t pid, void *type, struct iovec *given)
{
    /* Not on the stack: UML calls from kernel stacks of 16 KB. It runs its
     * kernel on one thread. */
    static _Alignas(64) uint8_t state[STATE_MAX];
    struct iovec whole = {.iov_base = state, .iov_len = sizeof(state)};

    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, type, &whole) != 0 ||
        whole.iov_len <= given->iov_len)
        return syscall(SYS_ptrace, request, pid, type, given);
    memcpy(state, given->iov_base, given->iov_len);
    return syscall(SYS_ptrace, request, pid, type, &whole);
}

/* The kernel stores the word at `data`; the C function returns it. */
static long peek(long request, pid_t pid, void *addr)
{
    long word = 0;

    if (syscall(SYS_ptrace, request, pid, addr, &word) < 0)
        return -1;
    errno = 0;
    return word;
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list ap;
    pid_t pid;
    void *addr;
    void *data;

    va_start(ap, request);
    pid = va_arg(ap, pid_t);
    addr = va_arg(ap, void *);
    data = va_arg(ap, void *);
    va_end(ap);
    if (request == PTRACE_SETREGSET && (uintptr_t)addr == NT_X86_XSTATE)
        return set_state(request, pid, addr, data);
    if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA ||
        request == PTRACE_PEEKUSER)
        return peek(request, pid, addr);
    return syscall(SYS_ptrace, request, pid, addr, data);
}
