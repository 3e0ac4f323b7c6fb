/* A process handle and at most one pipe from it, over when both are closed.
 * What the child leaves behind may keep the pipe open for ever, so its end is
 * not waited for: once the child has ended, what is in the pipe is taken. */
#include "cli/child.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/op.h"
#include "cli/invocation.h"

extern char **environ;

static void closed(uv_handle_t *handle)
{
    struct child *c = handle->data;
    struct op *op = c->op;

    if (--c->open > 0)
        return;
    c->op = NULL;
    op_wake(op, c->error);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, closed);
}

static void keep_output(struct child *c, const void *p, size_t n)
{
    size_t room = CHILD_OUTPUT_MAX - min_size(c->output.len, CHILD_OUTPUT_MAX);

    buf_add(&c->output, p, min_size(n, room));
    if (c->on_output != NULL)
        c->on_output(c);
}

static void give_memory(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    (void)handle;
    (void)hint;
    *buf = uv_buf_init(xmalloc(4096), 4096);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct child *c = stream->data;

    if (n > 0)
        keep_output(c, buf->base, (size_t)n);
    else if (n < 0)
        uv_read_stop(stream);
    free(buf->base);
}

/* What the child wrote before it ended; the descriptor does not block. */
static void drain(struct child *c)
{
    char part[4096];
    uv_os_fd_t fd;
    ssize_t n;

    /* Who takes the output may leave the child, which closes the pipe. */
    while (!uv_is_closing((uv_handle_t *)&c->pipe) &&
        uv_fileno((uv_handle_t *)&c->pipe, &fd) == 0 &&
        (n = read(fd, part, sizeof(part))) > 0)
        keep_output(c, part, (size_t)n);
}

static void ended(uv_process_t *process, int64_t status, int signum)
{
    struct child *c = process->data;

    c->status = status;
    c->signal = signum;
    child_leave(c);
}

void child_leave(struct child *c)
{
    if (c->op == NULL || c->open == 0)
        return;
    c->running = false;
    if (c->pipe.data != NULL) {
        drain(c);
        close_handle((uv_handle_t *)&c->pipe);
    }
    if (c->process.data != NULL)
        close_handle((uv_handle_t *)&c->process);
}

/* Ours, with what is added in place of what has the same name. */
static char **environment(const char *const *add)
{
    size_t n = 0;
    size_t n_add = 0;
    char **env;
    size_t at = 0;

    while (environ[n] != NULL)
        n++;
    while (add[n_add] != NULL)
        n_add++;
    env = xcalloc(n + n_add + 1, sizeof(*env));
    for (size_t i = 0; i < n; i++) {
        bool replaced = false;

        for (size_t j = 0; j < n_add; j++) {
            size_t name = strcspn(add[j], "=") + 1;

            replaced = replaced || strncmp(environ[i], add[j], name) == 0;
        }
        if (!replaced)
            env[at++] = environ[i];
    }
    for (size_t j = 0; j < n_add; j++)
        env[at++] = (char *)(uintptr_t)add[j];
    return env;
}

/* Returns how many descriptors the child gets; `end` is where it writes. */
static int set_stdio(
    enum child_io io, int end, uv_stdio_container_t stdio[static 4])
{
    for (int i = 0; i < 3; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = i;
    }
    if (io == CHILD_INHERIT)
        return 3;
    stdio[0].flags = UV_IGNORE;
    if (io == CHILD_CAPTURE) {
        stdio[1].data.fd = end;
        stdio[2].data.fd = end;
        return 3;
    }
    stdio[1].data.fd = STDERR_FILENO;
    stdio[3] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = end};
    return 4;
}

/* Opens the pipe; returns the child's end of it, or -errno. */
static int open_pipe(struct child *c, uv_loop_t *loop)
{
    uv_file ends[2];
    int err = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);

    if (err != 0)
        return err;
    uv_pipe_init(loop, &c->pipe, 0);
    c->pipe.data = c;
    c->open++;
    uv_pipe_open(&c->pipe, ends[0]);
    uv_read_start((uv_stream_t *)&c->pipe, give_memory, on_read);
    return ends[1];
}

static char **words(const struct opt_list *argv)
{
    char **out = xcalloc(argv->n + 1, sizeof(*out));

    for (size_t i = 0; i < argv->n; i++)
        out[i] = (char *)(uintptr_t)argv->v[i];
    return out;
}

static int spawn(struct child *c, const struct child_spec *spec, int end)
{
    static const char *const nothing[] = {NULL};
    uv_stdio_container_t stdio[4] = {0};
    char **argv = words(spec->argv);
    char **env = environment(spec->env != NULL ? spec->env : nothing);
    uv_process_options_t options = {
        .exit_cb = ended,
        .file = spec->file != NULL ? spec->file : argv[0],
        .args = argv,
        .env = env,
        .cwd = spec->cwd,
        .flags = spec->detached ? UV_PROCESS_DETACHED : 0,
        .stdio_count = set_stdio(spec->io, end, stdio),
        .stdio = stdio,
    };
    int err = uv_spawn(spec->loop, &c->process, &options);

    free(argv);
    free(env);
    return err;
}

void child_run(struct child *c, const struct child_spec *spec, struct op *op)
{
    int end = -1;
    int err = 0;

    assert(c->op == NULL);
    buf_free(&c->output);
    *c = (struct child){.on_output = c->on_output, .op = op};
    op_hold(op);
    if (spec->io != CHILD_INHERIT) {
        end = open_pipe(c, spec->loop);
        err = end < 0 ? end : 0;
    }
    if (err == 0) {
        /* The handle has to be closed even when this fails. */
        err = spawn(c, spec, end);
        c->process.data = c;
        c->open++;
    }
    if (end >= 0)
        close(end);
    if (err == 0) {
        c->running = true;
        return;
    }
    c->status = 127;
    c->error = err;
    if (c->open == 0) {
        c->op = NULL;
        op_wake(op, err);
        return;
    }
    child_leave(c);
}

void child_signal(struct child *c, int signum)
{
    if (c->running)
        uv_process_kill(&c->process, signum);
}

int child_exit_status(const struct child *c)
{
    return c->signal != 0 ? 128 + c->signal : (int)(c->status & 0xff);
}
