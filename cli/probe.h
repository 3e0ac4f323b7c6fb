/* Asks a server on this machine, by one call with a time limit, whether it
 * serves an export: how a dead mount is told from a living one without touching
 * the mount. Blocking. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <stdint.h>

enum probe_answer {
    PROBE_NOBODY, /* nothing answers there, or not in time */
    PROBE_OTHER,  /* something else does */
    PROBE_SERVES,
};

/* host is numeric. */
enum probe_answer probe_export(const char *host, uint16_t port,
    const char *export_path, unsigned timeout_ms);

#endif
