/* What Linux offers beyond POSIX. Twin: file_darwin.c. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"

#define COPY_PART ((size_t)1 << 20)

int file_sync_data(int fd)
{
    return fdatasync(fd) == 0 ? 0 : -errno;
}

int file_sync_all(int fd)
{
    return syncfs(fd) == 0 ? 0 : -errno;
}

/* tmpfs answers EOPNOTSUPP to RWF_NOWAIT, but its pages are memory. */
static ssize_t read_hot_on_tmpfs(int fd, void *p, size_t n, uint64_t offset)
{
    struct statfs fs;
    ssize_t got;

    if (fstatfs(fd, &fs) != 0 || fs.f_type != TMPFS_MAGIC)
        return -EOPNOTSUPP;
    got = pread(fd, p, n, (off_t)offset);
    return got < 0 ? -errno : got;
}

ssize_t file_read_hot(int fd, void *p, size_t n, uint64_t offset)
{
    struct iovec part = {.iov_base = p, .iov_len = n};
    ssize_t got = preadv2(fd, &part, 1, (off_t)offset, RWF_NOWAIT);

    if (got >= 0)
        return got;
    if (errno == EOPNOTSUPP)
        return read_hot_on_tmpfs(fd, p, n, offset);
    return -errno;
}

/* Plain reading and writing, from where both files stand. */
static int copy_by_hand(int from, int to, uint64_t left)
{
    uint8_t *part = xmalloc(COPY_PART);
    int err = 0;

    while (left > 0 && err == 0) {
        ssize_t n = read(from, part, min_u64(left, COPY_PART));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            err = n < 0 ? -errno : -ENODATA;
        else
            err = file_write(to, part, (size_t)n);
        left -= n > 0 ? (uint64_t)n : 0;
    }
    free(part);
    return err;
}

void file_read_ahead(int fd, uint64_t offset, size_t n)
{
    int err = posix_fadvise(fd, (off_t)offset, (off_t)n, POSIX_FADV_WILLNEED);

    (void)err; /* advice */
}

static int copy_rest(int from, int to, uint64_t left)
{
    while (left > 0) {
        ssize_t n = copy_file_range(
            from, NULL, to, NULL, left > 1U << 30 ? 1U << 30 : (size_t)left, 0);

        if (n < 0 && errno == EINTR)
            continue;
        /* Not every pair of file systems can: copy_file_range(2). */
        if (n < 0 &&
            (errno == EXDEV || errno == EOPNOTSUPP || errno == EINVAL ||
                errno == ENOSYS))
            return copy_by_hand(from, to, left);
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENODATA;
        left -= (uint64_t)n;
    }
    return 0;
}

int file_clone(int from, int to)
{
    struct stat st;

    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    if (fstat(from, &st) != 0 || lseek(from, 0, SEEK_SET) != 0 ||
        lseek(to, 0, SEEK_SET) != 0)
        return -errno;
    return copy_rest(from, to, (uint64_t)st.st_size);
}

uint64_t process_rss_bytes(void)
{
    char text[128]; /* "size resident shared ...", in pages */
    unsigned long long resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f == NULL)
        return 0;
    if (fgets(text, sizeof(text), f) != NULL && strchr(text, ' ') != NULL)
        resident = strtoull(strchr(text, ' '), NULL, 10);
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
