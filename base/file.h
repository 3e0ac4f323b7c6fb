/* Files: whole reads and writes, durable replacement, directories. Blocking
 * calls: on the loop thread only at start-up and where noted, otherwise inside
 * a function given to work_disk(). All return 0 or -errno unless noted. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;

/* All n bytes, however many calls it takes. A file that ends early gives
 * -ENODATA from file_pread. */
int file_pread(int fd, void *p, size_t n, uint64_t offset);
int file_pwrite(int fd, const void *p, size_t n, uint64_t offset);
int file_write(int fd, const void *p, size_t n);

/* Appends the whole file to b; -EFBIG when it is longer than max. */
int file_read_all(const char *path, size_t max, struct buf *b);

/* Writes path anew so that after a crash either the old or the new content is
 * there, complete: written aside, synced, renamed, directory synced. */
int file_replace(const char *path, const void *p, size_t n, mode_t mode);

/* Creates path and its missing parents with this mode; existing is fine. */
int file_mkdirs(const char *path, mode_t mode);

/* The same, for nobody else: -EPERM, and a line in the log, if path belongs to
 * another user, or lies where others could put something else in its place. A
 * path of ours that others may enter gets mode 0700. Root may use anything. */
int file_mkdirs_own(const char *path);

/* Makes what was renamed, created or removed in a directory durable. */
int file_sync_dir(const char *path);

/* Removes a file, or a directory with everything below it. Nothing there is
 * success. */
int file_remove_tree(const char *path);

/* ---- file_linux.c and file_darwin.c */

/* Data (and the size needed to read it) are on stable storage afterwards. */
int file_sync_data(int fd);

/* The same for everything that this file system has been given so far: one
 * wait instead of one for each of many new files. -EOPNOTSUPP where the system
 * has no such call. */
int file_sync_all(int fd);

/* For the loop thread: reads what is in memory without waiting for the disk.
 * Returns the number of bytes read, possibly short, 0 at the end of the file;
 * -EAGAIN when some of it would have to come from the disk; -EOPNOTSUPP where
 * the system cannot tell (use the pool). */
ssize_t file_read_hot(int fd, void *p, size_t n, uint64_t offset);

/* Tells the system that these bytes will be read soon; it may begin. */
void file_read_ahead(int fd, uint64_t offset, size_t n);

/* Gives a new file the content of another, sharing blocks where the file
 * system can; the bytes from 0 to the present end of `from`. */
int file_clone(int from, int to);

/* Resident set size of this process in bytes; 0 if unknown. */
uint64_t process_rss_bytes(void);

#endif
