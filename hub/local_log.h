/* The log of requests: one JSON object a line, written when the answer is
 * out. */
#ifndef HUB_LOCAL_LOG_H
#define HUB_LOCAL_LOG_H

struct call;
struct exchange;
struct request_log;

/* "-" is stderr; a file is appended to. Blocks. */
int request_log_open(const char *path, struct request_log **out);
void request_log_close(struct request_log *log);

/* call may be NULL: the request was refused before it was looked at. */
void request_log_write(
    struct request_log *log, const struct exchange *x, const struct call *call);

#endif
