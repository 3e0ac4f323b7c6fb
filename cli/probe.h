/* Asks a server on this machine, by one call with a time limit, whether it
 * serves an export: how a dead mount is told from a living one without touching
 * the mount. Blocking. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

enum probe_answer {
    PROBE_NOBODY, /* nothing answers there, or not in time */
    PROBE_OTHER,  /* something else does */
    PROBE_SERVES,
};

/* host is numeric. */
enum probe_answer probe_export(const char *host, uint16_t port,
    const char *export_path, unsigned timeout_ms);

/* Its parts that look at what came: whether the whole first record is here;
 * and the status of MNT in it, where anything else, RPC or not, is another
 * server. */
bool probe_complete(const struct buf *reply);
enum probe_answer probe_judge(const struct buf *reply);

#endif
