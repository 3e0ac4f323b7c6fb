/* The process's log. A line is formatted into a local buffer and written with
 * one write(2), so that lines of several threads and processes never mix. */
#include "base/log.h"

#include "base/timer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define MODULES_MAX 256

static const char *const level_name[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

bool log_debugging;

static int log_fd = STDERR_FILENO;
static enum log_level log_max = LOG_INFO;
static bool log_as_json;
static char log_modules[MODULES_MAX]; /* ",rpc,cache," */

void log_to(int fd)
{
    log_fd = fd;
}

void log_level_set(enum log_level level)
{
    log_max = level;
    log_debugging = level == LOG_DEBUG || log_modules[0] != '\0';
}

void log_json_set(bool json)
{
    log_as_json = json;
}

bool log_debug_modules(const char *list)
{
    int n = snprintf(log_modules, sizeof(log_modules), ",%s,", list);

    if (n < 0 || (size_t)n >= sizeof(log_modules)) {
        log_modules[0] = '\0';
        return false;
    }
    log_debugging = true;
    return true;
}

static bool module_listed(const char *text)
{
    char key[64];
    size_t n = strcspn(text, ":");

    if (strstr(log_modules, ",all,") != NULL)
        return true;
    if (n == 0 || n + 3 > sizeof(key))
        return false;
    snprintf(key, sizeof(key), ",%.*s,", (int)n, text);
    return strstr(log_modules, key) != NULL;
}

/* Appends text as the inside of a JSON string; control bytes become '?'. */
static size_t escape(char *out, size_t room, const char *text)
{
    size_t n = 0;

    for (; *text != '\0' && n + 2 < room; text++) {
        if (*text == '"' || *text == '\\')
            out[n++] = '\\';
        out[n++] = (unsigned char)*text < 0x20 ? '?' : *text;
    }
    return n;
}

static size_t as_json(
    char *line, enum log_level level, const char *stamp, const char *text)
{
    int n = snprintf(line, LINE_MAX_BYTES,
        "{\"time\":\"%s\",\"level\":\"%s\",\"text\":\"", stamp,
        level_name[level]);
    size_t used = (size_t)n;

    used += escape(line + used, LINE_MAX_BYTES - used - 4, text);
    memcpy(line + used, "\"}\n", 3);
    return used + 3;
}

static size_t as_text(
    char *line, enum log_level level, const char *stamp, const char *text)
{
    int n = snprintf(
        line, LINE_MAX_BYTES - 1, "%s %-5s %s", stamp, level_name[level], text);
    size_t used = min_size((size_t)n, LINE_MAX_BYTES - 2);

    /* A name from outside must not forge a line of its own. */
    for (size_t i = 0; i < used; i++) {
        if ((unsigned char)line[i] < 0x20)
            line[i] = '?';
    }
    line[used] = '\n';
    return used + 1;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    char text[LINE_MAX_BYTES - 128];
    char line[LINE_MAX_BYTES];
    char stamp[32];
    va_list ap;
    size_t n;
    ssize_t written;

    if (level > log_max && !(level == LOG_DEBUG && module_listed(fmt)))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    time_format_rfc3339(clock_wall_ns(), stamp);
    n = log_as_json ? as_json(line, level, stamp, text)
                    : as_text(line, level, stamp, text);
    written = write(log_fd, line, n);
    (void)written;
}
