/* The life of a mount, from the locks to the last closed handle:
 *
 *     clean -> open_tree -> serve -> mount -> tell -> stay
 *                                                      |
 *       close_hub <- close_tree <- close_nfsd <- unmount
 *
 * Every failure goes on in the lower row. A mount that is in use is not taken
 * away by the first signal: the server stays, and says who uses it. */
#include "cli/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cache/cache.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/mount_options.h"
#include "cli/mountpoint.h"
#include "cli/records.h"
#include "nfsd/nfsd.h"
#include "vfs/source_hub.h"
#include "vfs/vfs.h"

#define WINDOW_BYTES ((size_t)64 << 20)
#define INODES_DEFAULT 100000
#define INODES_LEAST 1000
#define STALE_MAX 16 /* dead mounts on top of each other */
#define BUSY_TRIES 5 /* to unmount after --run's command has ended */
#define BUSY_PAUSE_MS 200

static op_fn clean, cleaned, open_tree, serve, mount, tell, stay, unmount,
    unmounted, close_nfsd, close_tree, close_cache, close_hub, close_handles,
    end;

void server_start(struct server *s)
{
    op_list_init(&s->stop);
    op_start(&s->op, clean, end, NULL);
}

static bool ending(const struct server *s)
{
    return s->status != EXIT_OK || s->stop_asked;
}

/* Takes away what a dead server left, so that nobody waits for it. */
static void clean(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    op_then(op, s->nfsd == NULL ? open_tree : mount);
    if (!s->stale || ending(s))
        return;
    if (s->stale_seen++ == 0)
        server_say(s, "removing the mount that a dead server left on %s",
            s->target.mountpoint);
    umount_run(&s->mounting, &s->loop, s->target.mountpoint, true, op);
    op_then(op, cleaned);
}

static void cleaned(struct op *op)
{
    struct server *s = container_of(op, struct server, op);
    int err = op_catch(op);

    if (err != 0 || s->stale_seen > STALE_MAX)
        server_fail(s, err == -EPERM ? EXIT_MAY_NOT_MOUNT : EXIT_FAILED,
            "cannot remove the mount that a dead server left on %s: %s",
            s->target.mountpoint, buf_str(&s->mounting.said));
    else if (server_look(s) == EXIT_OK && !s->stale && !s->adopt &&
        records_bury(s->target.state_dir, s->target.mountpoint))
        s->made_point = true;
    op_then(op, clean);
}

static void open_tree(struct op *op)
{
    struct server *s = container_of(op, struct server, op);
    const struct mount_values *v = s->values;
    uint64_t inodes = v->inode_soft_limit;
    struct vfs_config config = {
        .pool = &s->pool,
        .state_dir = s->target.place.dir,
        .uid = v->uid != OPT_UNSET ? (uint32_t)v->uid : getuid(),
        .gid = v->gid != OPT_UNSET ? (uint32_t)v->gid : getgid(),
        .inode_limit =
            inodes == 0 ? INODES_DEFAULT : max_size(inodes, INODES_LEAST),
        .window_bytes = WINDOW_BYTES,
        /* Where nothing is mounted, nobody can hold a handle. */
        .resolve_anew = !s->adopt && !v->no_mount,
    };

    op_then(op, serve);
    if (ending(s) || server_open(s) != EXIT_OK)
        return;
    config.source = s->source;
    config.cache = s->cache;
    vfs_open(&config, &s->vfs, op);
}

static void fail_open(struct server *s, int err)
{
    const char *said = hub_last_error(s->hub);

    if (s->stop_asked)
        return;
    if (said[0] != '\0')
        server_fail(s, EXIT_HUB, "cannot open %s on %s: %s", s->target.label,
            s->target.endpoint, said);
    else
        server_fail(s, EXIT_FAILED, "cannot open %s with the state in %s: %s",
            s->target.label, s->target.place.dir, strerror(-err));
}

static void serve(struct op *op)
{
    struct server *s = container_of(op, struct server, op);
    int err = op_catch(op);

    if (err != 0)
        fail_open(s, err);
    if (ending(s) || server_serve(s) != EXIT_OK)
        op_then(op, close_nfsd);
    else
        op_then(op, clean);
}

static int make_mountpoint(struct server *s)
{
    bool made = false;
    int err = mountpoint_make(s->target.mountpoint, &made);

    s->made_point = s->made_point || made;
    if (err != 0)
        server_fail(s, EXIT_FAILED, "cannot mount on %s: %s",
            s->target.mountpoint, strerror(-err));
    return s->status;
}

static void mount(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    op_then(op, tell);
    if (ending(s) || s->values->no_mount || s->adopt)
        return;
    if (make_mountpoint(s) != EXIT_OK)
        return;
    /* A crash from here on leaves a record of what is ours. */
    server_record(s);
    mount_run(&s->mounting, &s->loop, &s->spec, op);
    s->mounted = true;
}

static void fail_mount(struct server *s)
{
    struct buf why = {0};
    bool forbidden = mount_explain(&s->spec, buf_str(&s->mounting.said), &why);

    s->mounted = false;
    server_fail(
        s, forbidden ? EXIT_MAY_NOT_MOUNT : EXIT_FAILED, "%s", buf_str(&why));
    buf_free(&why);
}

static void tell(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    if (op_catch(op) != 0)
        fail_mount(s);
    op_then(op, unmount);
    if (ending(s))
        return;
    if (s->mounted)
        mount_raise_read_ahead(s->target.mountpoint);
    s->phase = SERVER_READY;
    server_record(s);
    server_tell_ready(s);
    op_then(op, stay);
}

/* --run: the shell starts where the user is, and finds the mount by name. */
static void run_command(struct server *s, struct op *op)
{
    struct opt_list argv = {0};
    char *env = xasprintf("HFFS_MOUNTPOINT=%s", s->target.mountpoint);
    const char *const add[] = {env, NULL};

    opt_list_add(&argv, "/bin/sh");
    opt_list_add(&argv, "-c");
    opt_list_add(&argv, s->values->run);
    child_run(&s->child,
        &(struct child_spec){
            .loop = &s->loop,
            .argv = &argv,
            .env = add,
            .cwd = s->cwd,
            .io = CHILD_INHERIT,
        },
        op);
    opt_list_free(&argv);
    free(env);
}

static void stay(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    op_then(op, unmount);
    if (s->stop_asked)
        return;
    if (s->values->run != NULL)
        run_command(s, op);
    else
        op_list_wait(&s->stop, op);
}

/* The status of --run's command becomes ours, once. */
static void take_status(struct server *s, int err)
{
    if (s->values->run == NULL || s->phase != SERVER_READY)
        return;
    if (err != 0)
        server_fail(s, EXIT_FAILED, "cannot start /bin/sh: %s", strerror(-err));
    else if (s->status == EXIT_OK)
        s->status = child_exit_status(&s->child);
}

static void unmount(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    take_status(s, op_catch(op));
    op_then(op, close_nfsd);
    if (s->mounted && !server_mount_there(s))
        s->mounted = false;
    if (!s->mounted)
        return;
    s->phase = SERVER_STOPPING;
    umount_run(&s->mounting, &s->loop, s->target.mountpoint, s->force, op);
    op_then(op, unmounted);
}

/* The first signal finds it busy: everything goes on. */
static void stay_mounted(struct server *s, int err)
{
    struct buf who = {0};

    if (err == -EBUSY)
        mount_users(s->target.mountpoint, &who);
    else
        buf_addf(&who, ": %s", buf_str(&s->mounting.said));
    server_say(s, "%s %s%s; it stays mounted. Ask again to detach it by force",
        s->target.mountpoint,
        err == -EBUSY ? "is in use" : "cannot be unmounted", buf_str(&who));
    buf_free(&who);
    s->stop_asked = false;
    s->busy_told = true;
    s->phase = SERVER_READY;
}

static void unmounted(struct op *op)
{
    struct server *s = container_of(op, struct server, op);
    int err = op_catch(op);

    op_then(op, close_nfsd);
    if (err == 0) {
        s->mounted = false;
    } else if (s->force) {
        log_error("server: unmount %s: %s", s->target.mountpoint,
            buf_str(&s->mounting.said));
    } else if (s->values->run == NULL) {
        stay_mounted(s, err);
        op_then(op, stay);
    } else {
        /* What the command left behind gets a moment to end. */
        s->force = ++s->busy_tries >= BUSY_TRIES;
        timer_sleep(&s->pause, &s->loop, BUSY_PAUSE_MS, op);
        op_then(op, unmount);
    }
}

static void close_nfsd(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    s->phase = SERVER_CLOSING;
    s->closing_ms = clock_mono_ms();
    control_close(s->control, op);
    /* Connections first: who waits for an answer must not get an error. */
    if (s->nfsd != NULL)
        nfsd_stop(s->nfsd, op);
    if (s->hub != NULL)
        hub_quit(s->hub);
    op_then(op, close_tree);
}

static void close_tree(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    if (s->vfs != NULL)
        vfs_close(s->vfs, !s->mounted, op);
    s->vfs = NULL;
    op_then(op, close_cache);
}

static void close_cache(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    if (s->cache != NULL)
        cache_close(s->cache, op);
    op_then(op, close_hub);
}

static void close_hub(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    source_hub_free(s->source);
    free(s->allow);
    hub_free(s->hub, op);
    op_then(op, close_handles);
}

static void close_handles(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    tick_stop(&s->tick, op);
    for (size_t i = 0; i < SERVER_SIGNALS; i++)
        handle_close((uv_handle_t *)&s->signals[i], op);
}

static void end(struct op *op)
{
    struct server *s = container_of(op, struct server, op);

    mounting_fini(&s->mounting);
    buf_free(&s->child.output);
}
