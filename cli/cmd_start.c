/* hffs start: leaves a supervisor behind, which keeps a server running, and
 * waits until that says that the mount is usable, or why it cannot be. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/op.h"
#include "base/timer.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/launch.h"
#include "cli/mount_cmd.h"
#include "cli/mount_options.h"
#include "cli/report.h"
#include "cli/say.h"

#define DOT_MS 1000

struct start {
    struct op op;
    uv_loop_t loop;
    const struct invocation *in;
    struct mount_target target;
    struct child child;
    struct tick dots;
    uv_signal_t interrupt;
    bool dotted;
    bool interrupted;
    struct report report;
    bool reported;
};

static op_fn launch, judge, end;

static void dot(struct tick *tick)
{
    struct start *s = container_of(tick, struct start, dots);

    fputc('.', stderr);
    s->dotted = true;
}

/* The first one asks the supervisor to stop, the second stops waiting. */
static void on_interrupt(uv_signal_t *handle, int signum)
{
    struct start *s = handle->data;

    (void)signum;
    if (s->interrupted)
        child_leave(&s->child);
    s->interrupted = true;
    child_signal(&s->child, SIGTERM);
}

static void on_report(struct child *child)
{
    struct start *s = container_of(child, struct start, child);

    if (s->reported || !report_parse(&child->output, &s->report))
        return;
    s->reported = true;
    child_leave(child);
}

static void launch(struct op *op)
{
    struct start *s = container_of(op, struct start, op);

    tick_start(&s->dots, &s->loop, DOT_MS, dot);
    uv_signal_init(&s->loop, &s->interrupt);
    s->interrupt.data = s;
    uv_signal_start(&s->interrupt, on_interrupt, SIGINT);
    s->child.on_output = on_report;
    launch_run(&s->child,
        &(struct launch){
            .loop = &s->loop,
            .in = s->in,
            .target = &s->target,
            .program = "hffs",
            .command = "supervise",
            .detached = true,
        },
        op);
    op_then(op, judge);
}

static void judge(struct op *op)
{
    struct start *s = container_of(op, struct start, op);
    int err = op_catch(op);

    if (!s->reported) {
        s->report.status = s->interrupted ? EXIT_SIGNAL + SIGINT : EXIT_FAILED;
        if (err != 0)
            buf_addf(&s->report.text, "cannot start the server: %s",
                uv_strerror(err));
        else if (s->interrupted)
            buf_adds(&s->report.text, "interrupted");
        else
            buf_addf(&s->report.text,
                "the server ended without a word; its log is %s",
                s->target.place.log);
    }
    tick_stop(&s->dots, op);
    handle_close((uv_handle_t *)&s->interrupt, op);
}

static void end(struct op *op)
{
    struct start *s = container_of(op, struct start, op);

    buf_free(&s->child.output);
}

static int tell(struct start *s)
{
    const struct mount_values *v = s->in->values;
    const struct mount_target *t = &s->target;
    struct buf *text = &s->report.text;

    if (s->dotted)
        fputc('\n', stderr);
    if (!s->report.ready) {
        complain("%s", buf_str(text));
        return s->report.status != EXIT_OK ? s->report.status : EXIT_FAILED;
    }
    if (!v->json) {
        buf_adds(text, "stop it with: hffs stop ");
        shell_quote(t->mountpoint != NULL ? t->mountpoint : t->label, text);
        buf_addf(text, "\nits log is %s\n", t->place.log);
    }
    return print_out(buf_str(text)) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct invocation *in)
{
    struct start s = {.in = in};
    struct buf why = {0};
    int status = mount_target_init(in, &s.target, &why);

    if (status == EXIT_OK) {
        uv_loop_init(&s.loop);
        op_start(&s.op, launch, end, NULL);
        uv_run(&s.loop, UV_RUN_DEFAULT);
        uv_loop_close(&s.loop);
        status = tell(&s);
    } else {
        complain("%s", buf_str(&why));
    }
    report_fini(&s.report);
    mount_target_fini(&s.target);
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
    &mount_group_compat,
    NULL,
};

const struct command cmd_start = {
    .name = "start",
    .usage = "hffs start repo ID MOUNTPOINT [options]",
    .summary = "Mount a repo of the Hub and keep it mounted in the background",
    .about = "ID is NS/NAME for a model, datasets/NS/NAME or spaces/NS/NAME; "
             "folders\nafter it mount that part only. Returns when the mount "
             "can be used, or with the\nreason why not. A server that crashes "
             "is started again and takes up its mount,\nso that programs on it "
             "go on; see hffs status.",
    .groups = groups,
    .values_size = sizeof(struct mount_values),
    .words_min = 2,
    .words_max = 3,
    .run = run,
};
