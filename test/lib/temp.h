/* For tests: a folder of their own, below $TMPDIR. */
#ifndef TEST_LIB_TEMP_H
#define TEST_LIB_TEMP_H

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* The caller frees it. */
static inline char *temp_dir(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = xasprintf("%s/hffs-test-XXXXXX", base != NULL ? base : "/tmp");

    if (mkdtemp(dir) == NULL) {
        perror(dir);
        abort();
    }
    return dir;
}

#endif
