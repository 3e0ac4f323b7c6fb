/* Logging: one line per event, module first: log_warn("hub: list %s: %s", ...).
 *
 * error = data or service at risk, warn = degraded, info = life cycle,
 * debug = per request, switched on by module name. The log is the one thing
 * of the process that is global: it belongs to no mount. Lines may come from
 * any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/mem.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Where lines go: a descriptor (borrowed; default stderr), the lowest level
 * shown (default info), and whether a line is plain text with a time stamp,
 * or one JSON object. */
void log_to(int fd);
void log_level_set(enum log_level level);
void log_json_set(bool json);

/* "rpc,cache" shows debug lines of these modules, "all" of every one. Returns
 * false if the list is too long. */
bool log_debug_modules(const char *list);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)

/* The module is the text before the first ':' of the format. Costs one load
 * and a branch while debugging is off. */
extern bool log_debugging;
#define log_debug(...)                                                         \
    do {                                                                       \
        if (log_debugging)                                                     \
            log_line(LOG_DEBUG, __VA_ARGS__);                                  \
    } while (0)

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
