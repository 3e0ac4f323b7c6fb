/* flock and not fcntl: the latter's locks belong to the process and vanish
 * when any descriptor of the file is closed. flock can only be tested by taking
 * it, for a moment; so who wants it for good tries a few times. */
#include "cli/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define TRIES 10
#define TRY_EACH_NS 5000000
#define PID_TEXT_MAX 32

static void pause_briefly(void)
{
    const struct timespec wait = {.tv_nsec = TRY_EACH_NS};

    nanosleep(&wait, NULL);
}

static int write_pid(int fd)
{
    char text[PID_TEXT_MAX];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) != 0)
        return -errno;
    return file_pwrite(fd, text, (size_t)n, 0);
}

int lock_take(const char *path, int *fd)
{
    int got = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int err = -EWOULDBLOCK;

    if (got < 0)
        return -errno;
    for (int i = 0; i < TRIES && err == -EWOULDBLOCK; i++) {
        if (i > 0)
            pause_briefly();
        err = flock(got, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
    }
    if (err == 0)
        err = write_pid(got);
    if (err != 0)
        close(got);
    else
        *fd = got;
    return err;
}

/* The process that the file names, if there is such a process: a new holder
 * has not written its own name for a moment. */
static int read_pid(int fd)
{
    char text[PID_TEXT_MAX] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long pid = n > 0 ? strtol(text, NULL, 10) : 0;

    if (pid <= 0 || pid > INT_MAX ||
        (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
        return -1;
    return (int)pid;
}

int lock_holder(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int pid = 0;

    if (fd < 0)
        return 0;
    for (int i = 0; i < TRIES && pid <= 0; i++) {
        if (i > 0)
            pause_briefly();
        if (flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
            close(fd);
            return 0;
        }
        pid = read_pid(fd);
    }
    close(fd);
    return pid;
}
