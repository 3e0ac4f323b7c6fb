/* The process around a server: limits, log, signals, the clock that looks
 * after it, and the exit status. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/logfile.h"
#include "cli/mount_options.h"
#include "cli/records.h"
#include "cli/say.h"
#include "cli/server.h"
#include "hub/hub.h"
#include "nfsd/nfsd.h"

#define TICK_MS 2000
#define CLOSING_MAX_MS 10000
#define FILES_WANTED 65536
#define THREADS_LEAST 8
#define THREADS_MOST 32

/* Every cached file that is being read is open. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur =
        limit.rlim_max == RLIM_INFINITY || limit.rlim_max > FILES_WANTED
        ? FILES_WANTED
        : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("server: only %llu files may be open at once: %s",
            (unsigned long long)limit.rlim_cur, strerror(errno));
}

static enum log_level level_of(const char *name)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error",
        [LOG_WARN] = "warn",
        [LOG_INFO] = "info",
        [LOG_DEBUG] = "debug",
    };
    enum log_level level = LOG_INFO;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0)
            level = (enum log_level)i;
    }
    return level;
}

static void ask_stop(struct server *s)
{
    s->stop_asked = true;
    op_list_wake(&s->stop, 0);
}

/* A signal while nothing is mounted yet ends the start; a second one ends the
 * process, as does one that finds it closing for long. */
static void signal_early(struct server *s, int signum)
{
    if (s->stop_asked || s->phase == SERVER_CLOSING)
        _exit(128 + signum);
    if (s->status == EXIT_OK)
        s->status = 128 + signum;
    ask_stop(s);
    if (s->hub != NULL)
        hub_quit(s->hub);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct server *s = handle->data;

    /* Without a terminal a hang-up is somebody's way to say "new log". */
    if (signum == SIGHUP && s->values->supervised)
        return;
    switch (s->phase) {
    case SERVER_STARTING:
    case SERVER_CLOSING:
        signal_early(s, signum);
        return;
    case SERVER_READY:
        s->force = s->force || s->busy_told;
        if (s->child.running)
            child_signal(&s->child, signum);
        else
            ask_stop(s);
        return;
    case SERVER_STOPPING:
        s->force = true;
        child_signal(&s->mounting.child, SIGTERM);
        return;
    }
}

/* Somebody else unmounted it. A lazily detached mount still has users, and
 * then a connection. */
static bool mount_is_gone(struct server *s)
{
    return s->phase == SERVER_READY && s->mounted && !s->child.running &&
        !server_mount_there(s) && nfsd_stats(s->nfsd).connections == 0;
}

static void on_tick(struct tick *tick)
{
    struct server *s = container_of(tick, struct server, tick);

    if (s->values->log_file != NULL)
        logfile_check(s->values->log_file, LOGFILE_MAX_BYTES);
    if (mount_is_gone(s)) {
        log_info("server: %s was unmounted: ending", s->target.mountpoint);
        ask_stop(s);
    }
    if (s->phase == SERVER_CLOSING &&
        clock_mono_ms() - s->closing_ms > CLOSING_MAX_MS) {
        log_warn("server: something did not end in time: leaving it");
        _exit(s->status);
    }
}

bool server_mount_there(const struct server *s)
{
    struct buf source = {0};
    bool there;

    mount_source(&s->spec, &source);
    there = mount_still_there(s->target.mountpoint, buf_str(&source));
    buf_free(&source);
    return there;
}

static void nothing(uv_work_t *work)
{
    (void)work;
}

/* libuv learns the number of its threads from a variable, when it first needs
 * one; afterwards the variable is what it was, for --run's command. */
static void start_pool(struct server *s)
{
    static const char name[] = "UV_THREADPOOL_SIZE";
    char *before = getenv(name) != NULL ? xstrdup(getenv(name)) : NULL;
    unsigned threads = 2 * uv_available_parallelism();

    if (threads < THREADS_LEAST)
        threads = THREADS_LEAST;
    if (threads > THREADS_MOST)
        threads = THREADS_MOST;
    pool_threads_set(threads);
    pool_init(&s->pool, &s->loop, threads);
    uv_queue_work(&s->loop, &s->warm_up, nothing, NULL);
    if (before != NULL)
        setenv(name, before, 1);
    else
        unsetenv(name);
    free(before);
}

static void start_loop(struct server *s)
{
    static const int signum[SERVER_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

    uv_loop_init(&s->loop);
    start_pool(s);
    for (size_t i = 0; i < SERVER_SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, signum[i]);
    }
    tick_start(&s->tick, &s->loop, TICK_MS, on_tick);
}

/* Nothing is mounted any more, so nothing has to be found again. */
static void forget(struct server *s)
{
    if (s->mounted || s->lock < 0)
        return;
    record_drop(s->target.place.dir, RECORD_SERVER);
    if (s->made_point && s->target.mountpoint != NULL)
        rmdir(s->target.mountpoint);
}

static int set_log(const struct mount_values *v, struct buf *why)
{
    log_level_set(level_of(v->log_level));
    if (v->debug != NULL && !log_debug_modules(v->debug)) {
        buf_adds(why, "--debug names too many modules; write 'all'");
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

int server_run(const struct invocation *in)
{
    char cwd[PATH_MAX];
    struct server s = {.values = in->values, .lock = -1, .point_lock = -1};
    int status;

    s.cwd = getcwd(cwd, sizeof(cwd));
    s.started_ns = clock_wall_ns();
    s.status = set_log(s.values, &s.failure);
    raise_file_limit();
    if (s.status == EXIT_OK)
        s.status = mount_target_init(in, &s.target, &s.failure);
    /* A working directory below the mount would keep it busy. */
    if (s.status == EXIT_OK && chdir("/") == 0 && server_claim(&s) == EXIT_OK) {
        start_loop(&s);
        server_start(&s);
        uv_run(&s.loop, UV_RUN_DEFAULT);
        uv_loop_close(&s.loop);
    }
    if (s.failure.len > 0)
        server_tell_failed(&s);
    forget(&s);
    server_release(&s);
    status = s.status;
    mount_target_fini(&s.target);
    buf_free(&s.failure);
    return status;
}
