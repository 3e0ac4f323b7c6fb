/* Children, the control socket and reports, on a real loop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/op.h"
#include "cli/child.h"
#include "cli/control.h"
#include "cli/invocation.h"
#include "cli/report.h"

/* One child, and what became of it. */
struct run {
    struct op op;
    uv_loop_t loop;
    struct child child;
    struct child_spec spec;
    struct opt_list argv;
    int err;
    int outputs; /* calls of on_output */
};

static op_fn run_start, run_take, run_end;

static void run_start(struct op *op)
{
    struct run *r = container_of(op, struct run, op);

    child_run(&r->child, &r->spec, op);
    op_then(op, run_take);
}

static void run_take(struct op *op)
{
    container_of(op, struct run, op)->err = op_catch(op);
}

static void run_end(struct op *op)
{
    opt_list_free(&container_of(op, struct run, op)->argv);
}

/* Runs a shell's command to its end. */
static void shell(struct run *r, const char *command)
{
    uv_loop_init(&r->loop);
    opt_list_add(&r->argv, "sh");
    opt_list_add(&r->argv, "-c");
    opt_list_add(&r->argv, command);
    r->spec.loop = &r->loop;
    r->spec.argv = &r->argv;
    op_start(&r->op, run_start, run_end, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void captures_both_outputs(void **state)
{
    struct run r = {.spec.io = CHILD_CAPTURE};

    (void)state;
    shell(&r, "echo out; echo err >&2; cat; exit 3");
    assert_int_equal(r.err, 0);
    assert_int_equal(child_exit_status(&r.child), 3);
    assert_string_equal(buf_str(&r.child.output), "out\nerr\n");
    buf_free(&r.child.output);
}

static void output_is_bounded(void **state)
{
    struct run r = {.spec.io = CHILD_CAPTURE};

    (void)state;
    shell(&r, "head -c 200000 /dev/zero");
    assert_int_equal(child_exit_status(&r.child), 0);
    assert_int_equal(r.child.output.len, CHILD_OUTPUT_MAX);
    buf_free(&r.child.output);
}

/* What the child starts and leaves behind keeps the pipe open; that is not
 * waited for. */
static void grandchildren_do_not_hold_us(void **state)
{
    struct run r = {.spec.io = CHILD_CAPTURE};
    int pid;

    (void)state;
    shell(&r, "sleep 1000 & echo $!");
    assert_int_equal(child_exit_status(&r.child), 0);
    pid = (int)strtol(buf_str(&r.child.output), NULL, 10);
    assert_true(pid > 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    buf_free(&r.child.output);
}

static void environment_and_directory(void **state)
{
    const char *const env[] = {"HFFS_TEST_A=1=2", "HFFS_TEST_B=new", NULL};
    struct run r = {.spec = {.io = CHILD_CAPTURE, .env = env, .cwd = "/"}};

    (void)state;
    setenv("HFFS_TEST_B", "old", 1);
    setenv("HFFS_TEST_BB", "kept", 1);
    shell(&r,
        "echo $HFFS_TEST_A $HFFS_TEST_B $HFFS_TEST_BB; pwd;"
        "env | grep -c ^HFFS_TEST_B=");
    assert_string_equal(buf_str(&r.child.output), "1=2 new kept\n/\n1\n");
    buf_free(&r.child.output);
}

static void killed_by_a_signal(void **state)
{
    struct run r = {.spec.io = CHILD_INHERIT};

    (void)state;
    shell(&r, "kill -9 $$");
    assert_int_equal(child_exit_status(&r.child), 128 + 9);
    assert_false(r.child.running);
    child_signal(&r.child, SIGTERM); /* nobody is there any more */
}

static void missing_program(void **state)
{
    struct run r = {
        .spec = {.io = CHILD_CAPTURE, .file = "/nonexistent/program"}};

    (void)state;
    shell(&r, "");
    assert_int_equal(r.err, -ENOENT);
    assert_int_equal(child_exit_status(&r.child), 127);
    buf_free(&r.child.output);
}

static void leave_at_first_line(struct child *c)
{
    struct run *r = container_of(c, struct run, child);

    r->outputs++;
    if (memchr(c->output.data, '\n', c->output.len) != NULL)
        child_leave(c);
}

/* As `hffs start` leaves its supervisor, once that has reported. */
static void left_alone(void **state)
{
    struct run r = {.spec = {.io = CHILD_REPORT, .detached = true},
        .child.on_output = leave_at_first_line};
    int pid;

    (void)state;
    shell(&r, "echo to stderr; echo $$ >&3; exec sleep 1000");
    pid = (int)strtol(buf_str(&r.child.output), NULL, 10);
    assert_true(pid > 1);
    assert_true(r.outputs > 0);
    assert_int_equal(kill(pid, 0), 0); /* it goes on */
    assert_int_equal(getpgid(pid), pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    buf_free(&r.child.output);
}

static void reports(void **state)
{
    struct report got;
    struct buf text = {0};
    int ends[2];
    ssize_t n;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    report_send(ends[1], false, 5, "a\nb \"c\"");
    n = read(ends[0], buf_reserve(&text, 4096), 4096);
    assert_true(n > 0);
    assert_false(report_parse(&text, &got)); /* nothing yet */
    text.len = (size_t)n - 1;
    assert_false(report_parse(&text, &got)); /* no end of line yet */
    text.len = (size_t)n;
    assert_true(report_parse(&text, &got));
    assert_false(got.ready);
    assert_int_equal(got.status, 5);
    assert_string_equal(buf_str(&got.text), "a\nb \"c\"");
    report_fini(&got);
    close(ends[0]);
    close(ends[1]);
    buf_free(&text);
}

static void broken_reports_are_failures(void **state)
{
    static const char *const broken[] = {
        "x\n", "[]\n", "{}\n", "\n", "{\"ready\":true}\n"};
    struct report got;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct buf text = {0};

        buf_adds(&text, broken[i]);
        assert_true(report_parse(&text, &got));
        assert_false(got.ready);
        assert_int_equal(got.status, 1);
        report_fini(&got);
        buf_free(&text);
    }
}

/* A control socket that is asked by processes of their own. */
struct asked {
    struct op op;
    uv_loop_t loop;
    struct control *control;
    int fills;
};

static op_fn asked_close, asked_end;

static void fill(void *ctx, struct buf *out)
{
    struct asked *a = ctx;

    a->fills++;
    buf_addf(out, "{\"n\":%d}", a->fills);
}

static void control_answers(void **state)
{
    char dir[] = "/tmp/hffs-test-XXXXXX";
    char path[64];
    struct buf text = {0};
    struct stat st;
    struct asked a = {0};
    struct op *op = &a.op;
    pid_t pid;
    int status = 0;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/control", dir);
    assert_int_equal(control_ask(path, 1000, &text), -ENOENT);
    uv_loop_init(&a.loop);
    assert_int_equal(control_open(&a.loop, path, fill, &a, &a.control), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    pid = fork();
    if (pid == 0) {
        int first = control_ask(path, 20000, &text);
        int second = control_ask(path, 20000, &text);

        if (first != 0 || second != 0)
            _exit(1);
        _exit(strcmp(buf_str(&text), "{\"n\":1}{\"n\":2}") == 0 ? 0 : 2);
    }
    while (a.fills < 2)
        uv_run(&a.loop, UV_RUN_ONCE);
    op_start(op, asked_close, asked_end, NULL);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&a.loop), 0);
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_not_equal(stat(path, &st), 0); /* the socket is gone */
    file_remove_tree(dir);
    buf_free(&text);
}

static void asked_close(struct op *op)
{
    control_close(container_of(op, struct asked, op)->control, op);
}

static void asked_end(struct op *op)
{
    (void)op;
}

/* A server that accepts and says nothing. */
static void control_time_limit(void **state)
{
    char dir[] = "/tmp/hffs-test-XXXXXX";
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct buf text = {0};

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(control_ask(addr.sun_path, 50, &text), -ETIMEDOUT);
    close(fd);
    assert_int_equal(control_ask(addr.sun_path, 50, &text), -ECONNREFUSED);
    file_remove_tree(dir);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_both_outputs),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(grandchildren_do_not_hold_us),
        cmocka_unit_test(environment_and_directory),
        cmocka_unit_test(killed_by_a_signal),
        cmocka_unit_test(missing_program),
        cmocka_unit_test(left_alone),
        cmocka_unit_test(reports),
        cmocka_unit_test(broken_reports_are_failures),
        cmocka_unit_test(control_answers),
        cmocka_unit_test(control_time_limit),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
