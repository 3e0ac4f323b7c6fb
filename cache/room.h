/* Private to cache/: the bound of fetched bytes in memory. What is optional
 * stops at it; a reader of a stream waits for room, which paces him to what the
 * disk and the hash keep up with; where nothing moves on, room is made.
 * Everything here belongs to the loop thread. */
#ifndef CACHE_ROOM_H
#define CACHE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/op.h"
#include "base/timer.h"

struct cache;

/* Zeroed, but for op_list_init(&waiting). */
struct room {
    struct op op;
    struct timer timer;
    bool running;
    struct op_list waiting;
    uint64_t gained; /* bytes that became free since the last look */
    unsigned forced; /* how often room was made */
};

/* Bytes that may still be fetched. */
size_t room_left(const struct cache *c);

/* Waits until there is some room, or room.forced has grown: then what is
 * needed must be fetched whatever there is. */
void room_wait(struct cache *c, struct op *op);

/* Wakes who waits, if bytes have become free (gained) that are worth it. Runs
 * readers: to be called where nothing is half done. */
void room_check(struct cache *c);

#endif
