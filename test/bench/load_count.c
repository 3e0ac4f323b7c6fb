/* Counting. Latencies go into buckets an eighth of a power of two wide, from
 * one microsecond up: exact enough for percentiles, and no memory to touch. */
#include "test/bench/load_count.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double own_cpu(void)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
        (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/* proc(5): fields 14 and 15, counted from the end of the name. */
static double cpu_of(int pid)
{
    char path[64];
    char text[1024] = "";
    char *p;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = pid != 0 ? fopen(path, "re") : NULL;
    if (f == NULL)
        return 0;
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    p = strrchr(text, ')');
    for (int field = 2; p != NULL && field < 14; field++)
        p = strchr(p + 1, ' ');
    if (p == NULL)
        return 0;
    return (double)(strtoull(p, &p, 10) + strtoull(p, NULL, 10)) /
        (double)sysconf(_SC_CLK_TCK);
}

void count_begin(struct count *c, int server_pid)
{
    *c = (struct count){.server_pid = server_pid};
    c->server_cpu = cpu_of(server_pid);
    c->own_cpu = own_cpu();
    c->start_ns = now_ns();
}

void count_latency(struct count *c, uint64_t ns)
{
    uint64_t us = ns / 1000 + 8;
    unsigned power = 63U - (unsigned)__builtin_clzll(us);
    size_t bucket = (size_t)(power - 3) * 8 + (us >> (power - 3)) - 8;

    c->latency[bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1]++;
}

/* The upper edge of the bucket below which that share of the calls lies. */
static uint64_t percentile(const struct count *c, double share)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen += c->latency[i];
        if (c->ops != 0 && (double)seen >= share * (double)c->ops)
            return ((uint64_t)(i % 8 + 9) << i / 8) - 8;
    }
    return 0;
}

void count_print(struct count *c, const char *name, FILE *to)
{
    double seconds = (double)(now_ns() - c->start_ns) / 1e9;

    fprintf(to,
        "{\"name\":\"%s\",\"seconds\":%.6f,\"ops\":%" PRIu64
        ",\"bytes\":%" PRIu64 ",\"entries\":%" PRIu64 ",\"errors\":%" PRIu64
        ",\"first_error\":%u,\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64
        ",\"max_us\":%" PRIu64 ",\"server_cores\":%.3f,\"own_cores\":%.3f}\n",
        name, seconds, c->ops, c->bytes, c->entries, c->errors, c->first_error,
        percentile(c, 0.5), percentile(c, 0.99), percentile(c, 1),
        (cpu_of(c->server_pid) - c->server_cpu) / seconds,
        (own_cpu() - c->own_cpu) / seconds);
    fflush(to);
}
