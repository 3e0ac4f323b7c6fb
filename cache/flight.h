/* Private to cache/: a flight is a read of an origin under way. Everything here
 * belongs to the loop thread. */
#ifndef CACHE_FLIGHT_H
#define CACHE_FLIGHT_H

#include <stdint.h>

struct cache_file;
struct flight;
struct op;

struct flight *flight_find(struct cache_file *o, uint64_t pos);
/* flight_start() makes one for [start, end), which nothing else brings;
 * flight_run() lets it go, after those who want it wait for it. */
struct flight *flight_start(struct cache_file *o, uint64_t start, uint64_t end);
void flight_run(struct flight *f);
uint64_t flight_end(const struct flight *f);
/* op wakes once the flight has brought everything below upto. */
void flight_wait(struct flight *f, uint64_t upto, struct op *op);
/* Where a flight that begins in the missing block at pos must stop. */
uint64_t flight_gap_end(struct cache_file *o, uint64_t pos, uint64_t limit);

#endif
