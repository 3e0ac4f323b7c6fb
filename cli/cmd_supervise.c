/* hffs supervise: the small process behind `hffs start` that keeps a server
 * running. It holds the lock of the mount point from first to last, so that
 * nobody takes a mount for dead whose server is just being started again.
 *
 *     run_server -> judge -+-> (ended on purpose) -> end
 *         ^                +-> (never came up) ----> end, reported
 *         +---- pause <----+    crashed
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/op.h"
#include "base/timer.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/launch.h"
#include "cli/lock.h"
#include "cli/logfile.h"
#include "cli/mount_options.h"
#include "cli/mount_table.h"
#include "cli/mounting.h"
#include "cli/records.h"
#include "cli/report.h"
#include "cli/say.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 30000
#define HEALTHY_MS 60000 /* that long up, and the next pause is short again */
#define STOP_FRESH_MS 30000 /* a death so soon after a stop is part of it */
#define SIGNALS 2

struct supervisor {
    struct op op;
    uv_loop_t loop;
    const struct invocation *in;
    const struct mount_values *values;
    struct mount_target target;
    struct child child;
    struct mounting mounting;
    struct timer timer;
    uv_signal_t signals[SIGNALS];
    bool told;      /* the caller has its answer */
    bool was_ready; /* a server was, once */
    bool pausing;
    uint64_t stop_ms;  /* when a stop was asked for; 0: never */
    uint64_t start_ms; /* of the present server */
    uint64_t pause_ms;
    unsigned restarts;
    int64_t born_ns;
    struct buf last_exit; /* how the last server ended */
    int64_t last_exit_ns;
    int lock;
    int point_lock;
    int status;
};

static op_fn run_server, judge, again, take_down, close_all, end;

static void record(const struct supervisor *s)
{
    struct buf text = {0};
    struct jsonw w = {.to = &text};
    const struct mount_target *t = &s->target;

    jsonw_object(&w, NULL);
    jsonw_u64(&w, "pid", (uint64_t)getpid());
    jsonw_str(&w, "source", t->label);
    if (t->mountpoint != NULL)
        jsonw_str(&w, "mountpoint", t->mountpoint);
    jsonw_u64(&w, "restarts", s->restarts);
    jsonw_i64(&w, "started_ms", s->born_ns / 1000000);
    jsonw_str(&w, "log", t->place.log);
    if (s->last_exit.len > 0) {
        jsonw_strn(
            &w, "last_exit", (const char *)s->last_exit.data, s->last_exit.len);
        jsonw_i64(&w, "last_exit_ms", s->last_exit_ns / 1000000);
    }
    jsonw_object_end(&w);
    buf_addc(&text, '\n');
    if (record_save(t->place.dir, RECORD_SUPERVISOR, &text) != 0)
        log_warn("supervisor: cannot write its record in %s", t->place.dir);
    buf_free(&text);
}

/* Once: the caller goes then. */
static void tell(struct supervisor *s, bool ready, int status, const char *text)
{
    if (!s->told)
        report_send(CHILD_REPORT_FD, ready, status, text);
    s->told = true;
}

static void on_report(struct child *child)
{
    struct supervisor *s = container_of(child, struct supervisor, child);
    struct report report;

    if (!report_parse(&child->output, &report))
        return;
    s->was_ready = s->was_ready || report.ready;
    tell(s, report.ready, report.status, buf_str(&report.text));
    report_fini(&report);
}

static void run_server(struct op *op)
{
    struct supervisor *s = container_of(op, struct supervisor, op);

    s->start_ms = clock_mono_ms();
    s->child.on_output = on_report;
    launch_run(&s->child,
        &(struct launch){
            .loop = &s->loop,
            .in = s->in,
            .target = &s->target,
            .program = "hffs-nfs",
            .restarted = s->restarts > 0,
        },
        op);
    op_then(op, judge);
}

static void describe_end(struct supervisor *s, int err)
{
    const struct child *c = &s->child;

    buf_clear(&s->last_exit);
    s->last_exit_ns = clock_wall_ns();
    if (err != 0)
        buf_addf(&s->last_exit, "could not be started: %s", uv_strerror(err));
    else if (c->signal != 0)
        buf_addf(&s->last_exit, "ended by signal %d (%s)", c->signal,
            strsignal(c->signal));
    else
        buf_addf(&s->last_exit, "ended with status %d", (int)c->status);
}

/* It ended on purpose, or never was of any use, or dies of being stopped. */
static bool is_over(const struct supervisor *s, int err)
{
    if (!s->was_ready || (err == 0 && s->status == EXIT_OK))
        return true;
    return s->stop_ms != 0 && clock_mono_ms() - s->stop_ms < STOP_FRESH_MS;
}

static void judge(struct op *op)
{
    struct supervisor *s = container_of(op, struct supervisor, op);
    uint64_t lived_ms = clock_mono_ms() - s->start_ms;
    int err = op_catch(op);

    describe_end(s, err);
    logfile_check(s->target.place.log, 0);
    s->status = child_exit_status(&s->child);
    op_then(op, close_all);
    if (is_over(s, err)) {
        struct buf text = {0};

        buf_addf(&text, "the server %s; its log is %s", buf_str(&s->last_exit),
            s->target.place.log);
        tell(s, false, EXIT_FAILED, buf_str(&text));
        buf_free(&text);
        if (s->stop_ms != 0)
            op_then(op, take_down);
        return;
    }
    s->pause_ms = lived_ms > HEALTHY_MS || s->pause_ms == 0
        ? PAUSE_FIRST_MS
        : min_size(2 * s->pause_ms, PAUSE_MAX_MS);
    s->restarts++;
    log_error("supervisor: the server %s: starting it again in %llu ms",
        buf_str(&s->last_exit), (unsigned long long)s->pause_ms);
    record(s);
    s->pausing = true;
    timer_sleep(&s->timer, &s->loop, s->pause_ms, op);
    op_then(op, again);
}

static void again(struct op *op)
{
    struct supervisor *s = container_of(op, struct supervisor, op);

    s->pausing = false;
    op_then(op, s->stop_ms != 0 ? take_down : run_server);
}

/* Stopped while no server ran, or before one was ready: what is still mounted
 * then is nobody else's to unmount. */
static void take_down(struct op *op)
{
    struct supervisor *s = container_of(op, struct supervisor, op);

    op_then(op, close_all);
    if (s->target.mountpoint != NULL && mount_is_own(s->target.mountpoint))
        umount_run(&s->mounting, &s->loop, s->target.mountpoint, true, op);
}

static void close_all(struct op *op)
{
    struct supervisor *s = container_of(op, struct supervisor, op);

    if (op_catch(op) != 0)
        log_error("supervisor: unmount %s: %s", s->target.mountpoint,
            buf_str(&s->mounting.said));
    for (size_t i = 0; i < SIGNALS; i++)
        handle_close((uv_handle_t *)&s->signals[i], op);
}

static void end(struct op *op)
{
    struct supervisor *s = container_of(op, struct supervisor, op);

    buf_free(&s->child.output);
    mounting_fini(&s->mounting);
    if (s->target.mountpoint == NULL || !mount_is_own(s->target.mountpoint))
        records_tidy(s->target.place.dir);
    record_drop(s->target.place.dir, RECORD_SUPERVISOR);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct supervisor *s = handle->data;

    (void)signum;
    s->stop_ms = clock_mono_ms();
    child_signal(&s->child, SIGTERM);
    if (s->pausing)
        timer_cut(&s->timer);
}

/* A lock in the place and one for the mount point. */
static int claim(struct supervisor *s)
{
    const struct place *place = &s->target.place;
    char *path = xasprintf("%s/%s", place->dir, LOCK_SUPERVISOR);
    int err = lock_take(path, &s->lock);
    struct buf why = {0};

    if (err == 0 && place->point_lock != NULL)
        err = lock_take(place->point_lock, &s->point_lock);
    if (err == -EWOULDBLOCK)
        mount_target_refuse_running(&s->target, &why);
    else if (err != 0)
        buf_addf(&why, "cannot lock %s: %s", place->dir, strerror(-err));
    if (err != 0)
        tell(s, false, err == -EWOULDBLOCK ? EXIT_RUNNING : EXIT_FAILED,
            buf_str(&why));
    buf_free(&why);
    free(path);
    return err;
}

static void work(struct supervisor *s)
{
    static const int signum[SIGNALS] = {SIGTERM, SIGINT};

    uv_loop_init(&s->loop);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, signum[i]);
    }
    record(s);
    op_start(&s->op, run_server, end, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
}

/* hffs start gives us a pipe; people who try this command do not. */
static bool has_caller(void)
{
    struct stat st;

    return fstat(CHILD_REPORT_FD, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int run(const struct invocation *in)
{
    struct supervisor s = {.in = in,
        .values = in->values,
        .born_ns = clock_wall_ns(),
        .lock = -1,
        .point_lock = -1};
    struct buf why = {0};
    int status;

    if (!has_caller()) {
        complain("this command is for hffs start, which see");
        return EXIT_USAGE;
    }
    fcntl(CHILD_REPORT_FD, F_SETFD, FD_CLOEXEC);
    signal(SIGHUP, SIG_IGN);
    status = mount_target_init(in, &s.target, &why);
    if (status != EXIT_OK) {
        tell(&s, false, status, buf_str(&why));
    } else if (logfile_open(s.target.place.log) != 0) {
        buf_addf(&why, "cannot write the log %s", s.target.place.log);
        tell(&s, false, EXIT_FAILED, buf_str(&why));
    } else if (claim(&s) == 0) {
        work(&s);
    }
    status = s.status;
    if (s.lock >= 0)
        close(s.lock);
    if (s.point_lock >= 0)
        close(s.point_lock);
    mount_target_fini(&s.target);
    buf_free(&s.last_exit);
    buf_free(&why);
    return status;
}

static const struct opt_group *const groups[] = {
    &mount_group_source,
    &mount_group_hub,
    &mount_group_cache,
    &mount_group_mount,
    &mount_group_server,
    &mount_group_program,
    &mount_group_internal,
    NULL,
};

const struct command cmd_supervise = {
    .name = "supervise",
    .usage = "hffs supervise repo ID MOUNTPOINT [options]",
    .summary = "Keep a server running, for hffs start",
    .groups = groups,
    .values_size = sizeof(struct mount_values),
    .words_min = 2,
    .words_max = 3,
    .hidden = true,
    .run = run,
};
