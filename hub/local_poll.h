/* Driving libmicrohttpd from the loop: when it has something to do, it is
 * run. local_poll_linux.c watches its one epoll descriptor,
 * local_poll_darwin.c every descriptor of its own. */
#ifndef HUB_LOCAL_POLL_H
#define HUB_LOCAL_POLL_H

#include <uv.h>

struct MHD_Daemon;
struct op;
struct web_poll;

/* What MHD_start_daemon() is given for this. */
extern const unsigned web_poll_flags;

struct web_poll *web_poll_start(uv_loop_t *loop, struct MHD_Daemon *daemon);

/* Has the daemon run in the next turn of the loop: for what no descriptor
 * tells about, such as a connection that was resumed. */
void web_poll_soon(struct web_poll *p);

/* Stops watching, and frees p; the daemon is still there. */
void web_poll_stop(struct web_poll *p, struct op *op);

#endif
