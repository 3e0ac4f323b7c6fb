/* The body of a request on its way to disk, while it comes.
 *
 * Bytes are gathered in memory; a full piece is written, and hashed, on the
 * pool while the next one is gathered. A body of one piece stays in memory. */
#ifndef HUB_LOCAL_SPOOL_H
#define HUB_LOCAL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct blob_in;
struct blobs;
struct pool;
struct spool;

#define SPOOL_PIECE ((size_t)256 << 10) /* two of them are in memory */

struct spool_config {
    struct pool *pool;
    struct blobs *blobs; /* where the bytes are put aside */
    bool hash;           /* SHA-256 is wanted */
    /* A write has ended. user is NULL after spool_free(). */
    void (*wrote)(void *owner, void *user);
    void *owner;
    void *user;
};

struct spool *spool_new(const struct spool_config *config);

/* Also during a write, which then ends by itself. */
void spool_free(struct spool *s);

/* ---- For the loop thread */

/* How many of the n bytes were taken. When not all: again after wrote(). After
 * an error all are, and go nowhere. */
size_t spool_add(struct spool *s, const void *p, size_t n);
bool spool_busy(const struct spool *s); /* a write is under way */
int spool_error(const struct spool *s);

/* ---- For a pool job, once the body is complete and no write under way */
uint64_t spool_size(const struct spool *s);

/* Up to n bytes from this place on: how many, 0 at the end, or -errno. */
long spool_read(struct spool *s, void *p, size_t n, uint64_t at);

/* Writes what is still in memory, and ends the hash. What was put aside is
 * the caller's then. */
int spool_end(
    struct spool *s, uint8_t sha256[static SHA256_SIZE], struct blob_in **out);

#endif
