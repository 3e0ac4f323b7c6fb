/* A child process as a wait of an operation. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"

struct op;
struct opt_list;

#define CHILD_OUTPUT_MAX 16384 /* kept; more is read and dropped */

/* What the child's descriptors are. */
enum child_io {
    CHILD_INHERIT, /* ours */
    CHILD_CAPTURE, /* stdin empty; stdout and stderr into child.output */
    CHILD_REPORT,  /* stdin empty, stdout to stderr, CHILD_REPORT_FD into
                      child.output */
};

#define CHILD_REPORT_FD 3

struct child_spec {
    uv_loop_t *loop;
    const struct opt_list *argv; /* argv[0] is looked up on PATH, unless ... */
    const char *file;            /* ... this is the program; may be NULL */
    const char *const *env; /* "NAME=value" to add to ours; ends with NULL */
    const char *cwd;        /* NULL: ours */
    enum child_io io;
    bool detached; /* a session of its own, that outlives us */
};

/* Embedded where the waiting operation lives. Zero it before the first run. */
struct child {
    uv_process_t process;
    uv_pipe_t pipe;
    struct buf output;
    void (*on_output)(struct child *c); /* more output is there; may be NULL */
    struct op *op;
    unsigned open; /* handles that are not closed yet */
    bool running;
    int error;      /* of starting it, or 0 */
    int64_t status; /* exit status, or 127 when it could not be started */
    int signal;     /* that ended it, or 0 */
};

/* Starts it; op wakes when it has ended, with 0 whatever its status, or with
 * the error of starting it. The output of an earlier run is dropped; buf_free
 * it in the end. */
void child_run(struct child *c, const struct child_spec *spec, struct op *op);

/* Sends a signal, if it is running. */
void child_signal(struct child *c, int signum);

/* Wakes op without waiting for the end; the child goes on. */
void child_leave(struct child *c);

/* 0 to 255 as a shell would say it: 128 + signal for a killed one. */
int child_exit_status(const struct child *c);

#endif
