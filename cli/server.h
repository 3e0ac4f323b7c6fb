/* A running mount: every layer of it, wired together on one loop. The files
 * server*.c share this struct; nobody else looks inside. */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/mem.h"
#include "base/op.h"
#include "base/timer.h"
#include "base/work.h"
#include "cli/child.h"
#include "cli/identity.h"
#include "cli/mounting.h"
#include "cli/mount_target.h"

struct invocation;
struct mount_values;

#define SERVER_SIGNALS 3

enum server_phase {
    SERVER_STARTING,
    SERVER_READY,
    SERVER_STOPPING, /* the mount is being removed */
    SERVER_CLOSING,  /* it is gone; layers end */
};

struct server {
    /* given */
    const struct mount_values *values;
    struct mount_target target;
    const char *cwd;        /* where --run's command starts */
    struct nfsd_net *allow; /* of --allow-client, n_allow of them */
    size_t n_allow;

    /* layers, from the bottom up */
    uv_loop_t loop;
    struct pool pool;
    uv_work_t warm_up;
    struct hub *hub;
    struct source *source;
    struct cache *cache;
    struct vfs *vfs;
    struct nfsd *nfsd;
    struct control *control;
    struct identity identity;

    /* the mount */
    struct mount_spec spec;
    struct own_mount found; /* what was at the mount point at the start */
    bool adopt;             /* ... is ours, of an earlier life */
    bool stale;             /* ... is a dead server's */
    unsigned stale_seen;
    bool mounted;
    bool made_point; /* the directory was not there before */
    bool busy_told;  /* it could not be unmounted, and the user knows */
    bool force;      /* take the mount away even if it is in use */
    unsigned busy_tries;
    struct mounting mounting;
    struct child child; /* --run */
    /* state */
    struct op op;
    enum server_phase phase;
    struct op_list stop; /* waits for the request to stop */
    bool stop_asked;
    int64_t started_ns;
    uv_signal_t signals[SERVER_SIGNALS];
    struct tick tick;
    struct timer pause;
    uint64_t closing_ms; /* clock_mono_ms() at which closing began */
    int lock;            /* descriptors, or -1 */
    int point_lock;
    int status;         /* exit status */
    struct buf failure; /* one sentence, when status says failure */
};

/* Runs until the mount ends. Returns the exit status. */
int server_run(const struct invocation *in);

/* The mount is in the table, as ours. */
bool server_mount_there(const struct server *s);

/* ---- server.c: the operation; when it has ended, so has everything. */
void server_start(struct server *s);

/* ---- server_start.c: its blocking parts. They return an exit status. */

/* The first failure counts: it is what the user is told. */
void server_fail(struct server *s, int status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* A warning for the user: on the terminal, or in the log if there is none. */
void server_say(const struct server *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Takes the locks, and looks at what is mounted there already. */
int server_claim(struct server *s);
int server_look(struct server *s); /* again */
void server_release(struct server *s);

/* Hub, source and cache. */
int server_open(struct server *s);

/* Identity, NFS server and control socket, once the tree is open. */
int server_serve(struct server *s);

/* ---- server_tell.c: what others see of it */
void server_record(const struct server *s); /* writes server.json */

/* Tells the user or the supervisor that it is ready, or why not. */
void server_tell_ready(struct server *s);
void server_tell_failed(struct server *s);

/* The JSON object for `hffs status`. */
void server_state(void *ctx, struct buf *out);

#endif
