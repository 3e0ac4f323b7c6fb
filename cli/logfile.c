/* Rotation without a log descriptor of its own: the file is stderr, so what
 * libraries and dying processes have to say is in it too. Server and
 * supervisor write to one file; the server rotates, the other follows. */
#include "cli/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int logfile_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int err = 0;

    if (fd < 0)
        return -errno;
    /* Stdout too: whoever reads what our starter prints waits for its end. */
    if (dup2(fd, STDERR_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
        err = -errno;
    close(fd);
    return err;
}

static void rotate(const char *path)
{
    for (int i = LOGFILE_KEEP; i > 0; i--) {
        char *to = xasprintf("%s.%d", path, i);
        char *from = i > 1 ? xasprintf("%s.%d", path, i - 1) : xstrdup(path);

        rename(from, to);
        free(from);
        free(to);
    }
}

void logfile_check(const char *path, uint64_t max_bytes)
{
    struct stat ours;
    struct stat there;
    bool moved;

    if (fstat(STDERR_FILENO, &ours) != 0)
        return;
    moved = stat(path, &there) != 0 || there.st_ino != ours.st_ino ||
        there.st_dev != ours.st_dev;
    if (!moved && max_bytes != 0 && (uint64_t)ours.st_size >= max_bytes) {
        rotate(path);
        moved = true;
    }
    if (moved)
        logfile_open(path);
}
