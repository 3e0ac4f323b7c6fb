/* Reading ahead: which parts of a file will be wanted next.
 *
 * NFS has no open files, and one reader's calls arrive in any order, so a
 * stream is recognised by where reads are, not by their sequence: a read that
 * is near the front of a stream (within as much as a client keeps in flight)
 * belongs to it and moves the front. Its window is as large as what was read of
 * it: whoever stops has fetched no more than twice what he wanted. A read that
 * fits no stream begins one without a window: random reads fetch what they need
 * and nothing else. */
#ifndef VFS_PREFETCH_H
#define VFS_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

struct cache_file;

#define PREFETCH_STREAMS 16

struct prefetch {
    struct prefetch_stream {
        uint64_t front; /* end of the furthest read */
        uint64_t ahead; /* end of what is here or under way */
        uint64_t read;  /* bytes that were read in it */
        size_t window;
        uint64_t used; /* clock of its last read; 0: no stream */
    } stream[PREFETCH_STREAMS];
    struct prefetch_stream *last;
    uint64_t clock;
};

/* A zeroed prefetch knows no streams. A read of [offset, offset + len) has
 * come; window_max is of all streams together. Returns how much may be fetched
 * along with it if it finds nothing (see cache_read). */
size_t prefetch_note(
    struct prefetch *p, uint64_t offset, size_t len, size_t window_max);

/* Starts optional work on the file, of the stream that was noted last. */
void prefetch_start(struct prefetch *p, struct cache_file *file);

#endif
