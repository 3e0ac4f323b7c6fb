/* The process's log. A line is put together first and written with one
 * write(2), so that lines of several threads and processes never mix. */
#include "base/log.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/timer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 4000 /* the rest is cut off */
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

/* A name from outside must not forge a line of its own. */
static void one_line(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20)
            *text = '?';
    }
}

static void put_json(struct buf *line, const char *level, const char *text)
{
    struct jsonw w = {.to = line};
    char stamp[32];

    time_format_rfc3339(clock_wall_ns(), stamp);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "time", stamp);
    jsonw_str(&w, "level", level);
    jsonw_str(&w, "text", text);
    jsonw_object_end(&w);
    buf_addc(line, '\n');
}

static void put_text(struct buf *line, const char *level, const char *text)
{
    char stamp[32];

    time_format_rfc3339(clock_wall_ns(), stamp);
    buf_addf(line, "%s %-5s %s\n", stamp, level, text);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    struct buf line = {0};
    char text[TEXT_MAX];
    ssize_t written;
    va_list ap;

    if (level > log_max && !(level == LOG_DEBUG && module_listed(fmt)))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    one_line(text);
    (log_as_json ? put_json : put_text)(&line, level_name[level], text);
    written = write(log_fd, line.data, line.len);
    (void)written;
    buf_free(&line);
}
