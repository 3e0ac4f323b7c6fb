/* flock and not fcntl: the latter's locks belong to the process and vanish
 * when any descriptor of the file is closed. flock can only be tested by taking
 * it, for a moment; so who wants it for good tries a few times. */
#include "cli/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TRIES 10
#define TRY_EACH_NS 5000000

int lock_take(const char *path, int *fd)
{
    const struct timespec wait = {.tv_nsec = TRY_EACH_NS};
    int got = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int err = -EWOULDBLOCK;

    if (got < 0)
        return -errno;
    for (int i = 0; i < TRIES && err == -EWOULDBLOCK; i++) {
        if (i > 0)
            nanosleep(&wait, NULL);
        err = flock(got, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
    }
    if (err != 0)
        close(got);
    else
        *fd = got;
    return err;
}

bool lock_held(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool held;

    if (fd < 0)
        return false;
    held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}
