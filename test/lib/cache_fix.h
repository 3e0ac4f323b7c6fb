/* For unit tests of cache/: a cache over a scripted origin, whose bytes are a
 * function of the offset. */
#ifndef TEST_LIB_CACHE_FIX_H
#define TEST_LIB_CACHE_FIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/op.h"
#include "base/work.h"
#include "cache/cache.h"
#include "cache/origin.h"

#define MIB ((uint64_t)1 << 20)

struct script {
    struct origin origin;
    uv_loop_t *loop;
    uint64_t size;
    size_t piece;     /* bytes per delivery */
    uint64_t corrupt; /* offset of a wrong byte, or UINT64_MAX */
    uint64_t fail_at; /* the read ends with fail_err there; UINT64_MAX: no */
    int fail_err;
    unsigned reads;
    uint64_t bytes;
    bool held; /* deliveries wait until released */
    struct op_list released;
};

struct fix {
    uv_loop_t loop;
    struct pool pool;
    struct cache *cache;
    struct script script;
    struct content_id id;
    char *dir;
    char *cache_dir;
};

uint8_t byte_at(uint64_t i);
void set_content(struct fix *f, uint64_t size);
void open_cache(struct fix *f, const char *dir, size_t memory);
void close_cache(struct fix *f);

/* cmocka's: *state becomes a struct fix with a cache in a folder. */
int cache_setup(void **state);
int cache_teardown(void **state);

struct cache_file *get_file(struct fix *f);
void check_bytes(const struct bytes_parts *parts, uint64_t offset);
/* Reads and compares; -errno. */
int read_range(
    struct fix *f, struct cache_file *file, uint64_t offset, size_t len);
void read_all(struct fix *f, struct cache_file *file, size_t step);
/* Waits until nothing is under way: what is to be on disk is there. */
void settle(struct fix *f);
/* Path of the content's entry; the caller frees it. */
char *entry_file(struct fix *f);

#endif
