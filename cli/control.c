/* An answer is small and a socket's buffer is not, so it is written at once or
 * not at all: no state is kept for a connection. */
#include "cli/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/op.h"
#include "base/timer.h"

#define BACKLOG 16
#define ANSWER_MAX 65536

struct control {
    uv_pipe_t listener;
    control_fill_fn *fill;
    void *ctx;
    struct op *op;
    char *path;
    unsigned open; /* handles not yet closed, the listener among them */
};

static void drop(struct control *c)
{
    struct op *op = c->op;

    if (--c->open > 0)
        return;
    free(c->path);
    free(c);
    op_wake(op, 0);
}

static void client_closed(uv_handle_t *handle)
{
    struct control *c = handle->data;

    free(handle);
    drop(c);
}

static void listener_closed(uv_handle_t *handle)
{
    drop(container_of((uv_pipe_t *)handle, struct control, listener));
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *c =
        container_of((uv_pipe_t *)listener, struct control, listener);
    uv_pipe_t *client = xmalloc(sizeof(*client));
    struct buf text = {0};
    uv_buf_t part;

    uv_pipe_init(listener->loop, client, 0);
    client->data = c;
    c->open++;
    if (status == 0 && uv_accept(listener, (uv_stream_t *)client) == 0) {
        c->fill(c->ctx, &text);
        part = uv_buf_init((char *)text.data, (unsigned)text.len);
        uv_try_write((uv_stream_t *)client, &part, 1);
        buf_free(&text);
    }
    uv_close((uv_handle_t *)client, client_closed);
}

int control_open(uv_loop_t *loop, const char *path, control_fill_fn *fill,
    void *ctx, struct control **out)
{
    struct control *c = xcalloc(1, sizeof(*c));
    int err;

    *c = (struct control){
        .fill = fill, .ctx = ctx, .path = xstrdup(path), .open = 1};
    unlink(path);
    uv_pipe_init(loop, &c->listener, 0);
    err = uv_pipe_bind(&c->listener, path);
    if (err == 0 && chmod(path, 0600) != 0)
        err = -errno;
    if (err == 0)
        err = uv_listen((uv_stream_t *)&c->listener, BACKLOG, on_connection);
    *out = c; /* to be closed in any case, as its handle is */
    return err;
}

void control_close(struct control *c, struct op *op)
{
    if (c == NULL)
        return;
    c->op = op;
    op_hold(op);
    unlink(c->path);
    uv_close((uv_handle_t *)&c->listener, listener_closed);
}

static int read_all(int fd, uint64_t deadline_ms, struct buf *out)
{
    size_t start = out->len;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint64_t now = clock_mono_ms();
        ssize_t n;

        if (now >= deadline_ms || poll(&p, 1, (int)(deadline_ms - now)) == 0)
            return -ETIMEDOUT;
        n = read(fd, buf_reserve(out, 4096), 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return out->len > start ? 0 : -ENODATA;
        out->len += (size_t)n;
        if (out->len - start > ANSWER_MAX)
            return -EFBIG;
    }
}

int control_ask(const char *path, unsigned timeout_ms, struct buf *out)
{
    uint64_t deadline_ms = clock_mono_ms() + timeout_ms;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd;
    int err = 0;

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    memcpy(addr.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return -errno;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    /* Without O_NONBLOCK a full backlog of a stuck server would wait. */
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        err = -errno;
    if (err == 0)
        err = read_all(fd, deadline_ms, out);
    close(fd);
    return err;
}
