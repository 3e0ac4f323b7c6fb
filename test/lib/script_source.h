/* For unit tests of vfs/: a source that is a list of paths, in the order the
 * Hub would give them; pages have 100 entries. */
#ifndef TEST_LIB_SCRIPT_SOURCE_H
#define TEST_LIB_SCRIPT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/mem.h"
#include "base/op.h"
#include "vfs/source.h"
#include "vfs/vfs.h"

struct script {
    struct source source;
    uv_loop_t *loop;
    struct item {
        char *path;
        enum vfs_kind kind;
        uint64_t size;
        uint8_t content; /* first byte of the id, and every byte of the data */
    } * item;
    size_t n;
    const char *revision;
    unsigned lists; /* requests for pages */
    unsigned stats;
    unsigned resolves;
    int fail; /* what lists and stats fail with */
    bool held;
    struct op_list released;
};

extern const struct source_ops script_ops;

void add_item(struct script *s, const char *path, enum vfs_kind kind,
    uint64_t size, uint8_t content);
struct item *find_item(struct script *s, const char *path);
void remove_item(struct script *s, const char *path);

#endif
