/* What macOS offers beyond POSIX. Twin: file_linux.c. Compile-checked by
 * `make check-macos`, not run there. */
#include "base/file.h"

#include <copyfile.h>
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <unistd.h>

int file_sync_data(int fd)
{
    /* fsync(2) on macOS leaves the data in the drive's cache. */
    if (fcntl(fd, F_FULLFSYNC) == 0)
        return 0;
    return fsync(fd) == 0 ? 0 : -errno;
}

int file_sync_all(int fd)
{
    (void)fd;
    return -EOPNOTSUPP; /* sync(2) does not wait */
}

ssize_t file_read_hot(int fd, void *p, size_t n, uint64_t offset)
{
    (void)fd;
    (void)p;
    (void)n;
    (void)offset;
    return -EOPNOTSUPP;
}

void file_read_ahead(int fd, uint64_t offset, size_t n)
{
    struct radvisory wish = {.ra_offset = (off_t)offset, .ra_count = (int)n};

    fcntl(fd, F_RDADVISE, &wish);
}

int file_clone(int from, int to)
{
    return fcopyfile(from, to, NULL, COPYFILE_DATA) == 0 ? 0 : -errno;
}

uint64_t process_rss_bytes(void)
{
    struct mach_task_basic_info info;
    mach_msg_type_number_t n = MACH_TASK_BASIC_INFO_COUNT;

    if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info,
            &n) != KERN_SUCCESS)
        return 0;
    return info.resident_size;
}
