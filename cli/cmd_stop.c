/* hffs stop: unmounts first, and only then ends server and supervisor, so that
 * a mount in use is never left without its server. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/timer.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/mounting.h"
#include "cli/mountpoint.h"
#include "cli/records.h"
#include "cli/say.h"
#include "cli/mount_target.h"

#define END_MS 35000       /* for server and supervisor to end */
#define END_FORCED_MS 5000 /* with --force: then they are killed */
#define GONE_MS 1000
#define POLL_NS 5000000
#define STACKED_MAX 16 /* dead mounts on top of each other */

struct stop_values {
    const char *state_dir;
    bool all;
    bool force;
};

/* One mount to be ended. */
struct stopping {
    const char *state;
    const char *name; /* as the user knows it: mount point, or source */
    char *dir;        /* its place; NULL when there is none */
    bool force;
};

static bool is_alive(const char *dir)
{
    return dir != NULL &&
        (record_server_pid(dir) != 0 || record_supervisor_pid(dir) != 0);
}

static int refuse_busy(const struct stopping *s)
{
    struct buf who = {0};

    mount_users(s->name, &who);
    complain("%s is in use%s; it stays mounted. hffs stop --force detaches it "
             "all the same",
        s->name, buf_str(&who));
    buf_free(&who);
    return EXIT_BUSY;
}

/* Programs that use the mount of a dead server wait for it for ever, so that
 * one is taken away in any case. */
static int unmount(const struct stopping *s)
{
    bool force = s->force || !is_alive(s->dir);
    struct buf said = {0};
    int status = EXIT_OK;

    for (int i = 0; i < STACKED_MAX && mount_is_own(s->name); i++) {
        int err = umount_now(s->name, force, &said);

        if (err == -EBUSY)
            status = refuse_busy(s);
        else if (err != 0)
            status = EXIT_FAILED;
        if (err != 0 && err != -EBUSY)
            complain("cannot unmount %s: %s", s->name, buf_str(&said));
        if (err != 0)
            break;
    }
    buf_free(&said);
    return status;
}

/* Server and supervisor; 0 for none. */
struct pids {
    int server;
    int supervisor;
};

/* The supervisor passes SIGTERM on, and would start a killed server again. */
static void send_signal(const struct pids *p, int signum)
{
    if (p->supervisor > 0)
        kill(p->supervisor, signum);
    if (p->server > 0 && (p->supervisor <= 0 || signum == SIGKILL))
        kill(p->server, signum);
}

static bool has_ended(int pid)
{
    return pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH);
}

/* The locks tell; the processes themselves are gone a moment later, unless
 * nobody takes note of their end. */
static bool wait_for_end(
    const char *dir, const struct pids *p, uint64_t limit_ms)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    uint64_t deadline_ms = clock_mono_ms() + limit_ms;

    while (is_alive(dir)) {
        if (clock_mono_ms() > deadline_ms)
            return false;
        nanosleep(&pause, NULL);
    }
    deadline_ms = clock_mono_ms() + GONE_MS;
    while (clock_mono_ms() < deadline_ms &&
        !(has_ended(p->server) && has_ended(p->supervisor)))
        nanosleep(&pause, NULL);
    return true;
}

static int end_processes(const struct stopping *s)
{
    struct pids pids = {
        record_server_pid(s->dir), record_supervisor_pid(s->dir)};

    if (!is_alive(s->dir))
        return EXIT_OK;
    send_signal(&pids, SIGTERM);
    if (wait_for_end(s->dir, &pids, s->force ? END_FORCED_MS : END_MS))
        return EXIT_OK;
    if (s->force) {
        /* It may have been started again meanwhile. */
        pids.server = record_server_pid(s->dir);
        send_signal(&pids, SIGKILL);
        if (wait_for_end(s->dir, &pids, END_FORCED_MS))
            return EXIT_OK;
    }
    complain("the server of %s (pid %d) does not end; hffs stop --force kills "
             "it",
        s->name, pids.server);
    return EXIT_FAILED;
}

static int stop_one(const struct stopping *s)
{
    int status = EXIT_OK;

    if (s->dir == NULL && !mount_is_own(s->name)) {
        complain("hffs has nothing mounted on %s; hffs status lists what it "
                 "has",
            s->name);
        return EXIT_NOT_MOUNTED;
    }
    if (s->name[0] == '/')
        status = unmount(s);
    if (status == EXIT_OK && s->dir != NULL)
        status = end_processes(s);
    if (status == EXIT_OK && s->dir != NULL)
        records_tidy(s->dir);
    if (status == EXIT_OK && s->name[0] == '/' &&
        records_bury(s->state, s->name))
        rmdir(s->name);
    if (status == EXIT_OK) {
        struct buf text = {0};

        buf_addf(&text, "stopped %s\n", s->name);
        print_out(buf_str(&text));
        buf_free(&text);
    }
    return status;
}

static int stop_named(
    const struct stop_values *v, const char *state, const char *word)
{
    char *point = NULL;
    int err = mount_target_mountpoint(word, &point);
    struct stopping s = {.state = state, .name = point, .force = v->force};
    int status;

    if (err == 0)
        s.dir = records_find(state, point);
    if (s.dir == NULL && (err != 0 || !mount_is_own(point))) {
        /* A server without a mount goes by the name of its repo. */
        s.dir = records_find(state, word);
        s.name = word;
    }
    status = stop_one(&s);
    free(s.dir);
    free(point);
    return status;
}

static int stop_place(
    const struct stop_values *v, const char *state, const char *dir)
{
    struct json *record = record_load(dir, RECORD_SERVER);
    const char *name;
    int status = EXIT_OK;

    if (record == NULL)
        record = record_load(dir, RECORD_SUPERVISOR);
    name = json_str(record, "mountpoint");
    if (name == NULL)
        name = json_str(record, "source");
    if (name != NULL) {
        struct stopping s = {.state = state,
            .name = name,
            .dir = xstrdup(dir),
            .force = v->force};

        status = stop_one(&s);
        free(s.dir);
    }
    json_free(record);
    return status;
}

static int stop_all(const struct stop_values *v, const char *state)
{
    struct opt_list dirs = {0};
    int status = EXIT_OK;

    place_list(state, &dirs);
    for (size_t i = 0; i < dirs.n; i++) {
        int one = stop_place(v, state, dirs.v[i]);

        if (status == EXIT_OK)
            status = one;
    }
    opt_list_free(&dirs);
    return status;
}

static int run(const struct invocation *in)
{
    const struct stop_values *v = in->values;
    char *state;
    int status = EXIT_OK;

    if (v->all == (in->n_words > 0)) {
        complain("say either which MOUNTPOINT to stop, or --all");
        return EXIT_USAGE;
    }
    state = mount_target_state_dir(v->state_dir);
    if (v->all)
        status = stop_all(v, state);
    else
        status = stop_named(v, state, in->words[0]);
    free(state);
    return status;
}

static const struct opt options[] = {
    {.name = "all",
        .type = OPT_FLAG,
        .help = "stop all mounts of this user",
        OPT_INTO(stop_values, all)},
    {.name = "force",
        .type = OPT_FLAG,
        .help = "detach a mount that is in use, and kill what does not end",
        OPT_INTO(stop_values, force)},
    {.name = "state-dir",
        .type = OPT_PATH,
        .arg = "DIR",
        .dflt = "$XDG_STATE_HOME/hffs",
        .help = "the state directory that the mount was started with",
        OPT_INTO(stop_values, state_dir)},
};

static const struct opt_group group = OPT_GROUP("Options", options);
static const struct opt_group *const groups[] = {&group, NULL};

const struct command cmd_stop = {
    .name = "stop",
    .usage = "hffs stop MOUNTPOINT [options]",
    .summary = "Unmount, and end the server",
    .about = "A mount that programs use is left as it is, and they are named. "
             "What a dead\nserver left behind is cleaned. A server without a "
             "mount goes by the name of\nits repo.",
    .groups = groups,
    .values_size = sizeof(struct stop_values),
    .words_max = 1,
    .run = run,
};
