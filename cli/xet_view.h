/* hffs xet inspect: xorbs and shards, for people and for programs. */
#ifndef CLI_XET_VIEW_H
#define CLI_XET_VIEW_H

#include <stdbool.h>

struct invocation;

struct xet_view_values {
    const char *hash;
    bool json;
};

int xet_inspect(const struct invocation *in); /* returns the exit status */

#endif
