/* What a local Hub has done since it started, and what it keeps, as Prometheus
 * reads it. */
#ifndef HUB_LOCAL_METRICS_H
#define HUB_LOCAL_METRICS_H

#include <stdint.h>

struct exchange;
struct local_hub;

#define METRICS_STATUSES 24 /* that are told apart, and others as one */
#define METRICS_BUCKETS 12  /* of durations; the last has no upper end */

struct route_count {
    uint64_t requests;
    uint64_t body_bytes;     /* of answers, as sent */
    uint64_t received_bytes; /* of requests */
    uint64_t ms;             /* from the first byte to the last, together */
    uint64_t status[METRICS_STATUSES];
    uint64_t bucket[METRICS_BUCKETS];
};

/* How much is in the blobs. To look takes long where there are many, so that
 * an answer serves for a while. */
struct storage_count {
    uint64_t blobs;
    uint64_t bytes;
    uint64_t at_ms; /* 0: never looked */
};

/* One more request, which is over. */
void metrics_count(struct local_hub *hub, const struct exchange *x);

#endif
