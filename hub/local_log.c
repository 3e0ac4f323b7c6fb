/* One write(2) per line, so that lines of several writers never mix, and each
 * is in the file before the next request is answered. */
#include "hub/local_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "hub/local_call.h"
#include "hub/local_web.h"

struct request_log {
    int fd;
    struct buf line;
    bool failed; /* and said so */
};

int request_log_open(const char *path, struct request_log **out)
{
    int fd = strcmp(path, "-") == 0
        ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
        : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    *out = xcalloc(1, sizeof(**out));
    (*out)->fd = fd;
    return 0;
}

void request_log_close(struct request_log *log)
{
    if (log == NULL)
        return;
    close(log->fd);
    buf_free(&log->line);
    free(log);
}

/* The query may hold the signature of a URL, which opens it to whoever reads
 * the log. */
static void write_query(struct jsonw *w, const struct target *t)
{
    if (form_get(&t->query, "signature") != NULL)
        jsonw_str(w, "query", "(signed)");
    else
        jsonw_str(w, "query", target_query(t));
}

void request_log_write(
    struct request_log *log, const struct exchange *x, const struct call *call)
{
    struct jsonw w = {.to = &log->line};
    char time[32];
    int err;

    buf_clear(&log->line);
    time_format_rfc3339(x->began_ns, time);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "time", time);
    jsonw_str(&w, "id", x->id);
    jsonw_str(&w, "remote", x->peer->text);
    if (call != NULL && call->user != NULL)
        jsonw_str(&w, "user", call->user->name);
    jsonw_str(&w, "method", x->method != NULL ? x->method : "");
    jsonw_strn(&w, "path", x->target.raw, x->target.path_len);
    write_query(&w, &x->target);
    if (x->field[FIELD_RANGE] != NULL)
        jsonw_str(&w, "range", x->field[FIELD_RANGE]);
    jsonw_u64(&w, "status", x->answer.status);
    jsonw_u64(&w, "in", x->received_bytes);
    jsonw_u64(&w, "bytes", x->sent_bytes);
    jsonw_u64(&w, "ms", clock_mono_ms() - x->began_ms);
    if (x->aborted)
        jsonw_bool(&w, "aborted", true);
    jsonw_object_end(&w);
    buf_addc(&log->line, '\n');
    err = file_write(log->fd, log->line.data, log->line.len);
    if (err != 0 && !log->failed)
        log_warn("hub: write the log of requests: %s", strerror(-err));
    log->failed = err != 0;
}
