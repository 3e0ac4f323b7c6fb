/* One measurement, as it was asked for: see load.c. */
#ifndef TEST_BENCH_LOAD_PLAN_H
#define TEST_BENCH_LOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum op_kind { GETATTR, LOOKUP, ACCESS, MISSING, READ, READDIR, READDIRPLUS };

struct plan {
    enum op_kind op;
    const char *name;
    const char *path;
    const char *same;
    uint64_t size;
    uint64_t depth;
    uint64_t conns;
    uint64_t ms;
    uint64_t count;
    uint64_t bytes;
    uint64_t at;
    uint64_t seed;
    bool random;
};

/* Takes "op=read,path=big,..." apart in place; the plan points into it. What
 * is wrong ends the program. */
struct plan plan_parse(char *words);

#endif
