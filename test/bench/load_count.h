/* What a measurement counts: operations, bytes, latencies, CPU time. */
#ifndef TEST_BENCH_LOAD_COUNT_H
#define TEST_BENCH_LOAD_COUNT_H

#include <stdint.h>
#include <stdio.h>

#define LATENCY_BUCKETS 512

struct count {
    uint64_t ops;
    uint64_t bytes;   /* of file data */
    uint64_t entries; /* of listings */
    uint64_t errors;
    uint32_t first_error; /* nfsstat3 */
    uint64_t latency[LATENCY_BUCKETS];
    uint64_t start_ns;
    double server_cpu; /* seconds */
    double own_cpu;
    int server_pid; /* 0: not watched */
};

uint64_t now_ns(void);

void count_begin(struct count *c, int server_pid);
void count_latency(struct count *c, uint64_t ns);

/* Ends the measurement and prints it as one JSON object on a line. */
void count_print(struct count *c, const char *name, FILE *to);

#endif
