/* The server's socket for `hffs status`: whoever connects is told the present
 * state as one JSON object, and the connection ends. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <uv.h>

struct buf;
struct control;
struct op;

/* Appends the object. */
typedef void control_fill_fn(void *ctx, struct buf *out);

/* path is replaced if a dead server left it; the socket gets mode 0600. */
int control_open(uv_loop_t *loop, const char *path, control_fill_fn *fill,
    void *ctx, struct control **out);
void control_close(struct control *c, struct op *op); /* NULL: nothing */

/* The other side, blocking: appends what the server says. -ETIMEDOUT, or the
 * error of connecting; -ENODATA when it said nothing. */
int control_ask(const char *path, unsigned timeout_ms, struct buf *out);

#endif
