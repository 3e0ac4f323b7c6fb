/* One command after the other until one succeeds. What they say is read in
 * the C locale, since "busy" and "not permitted" are told apart by it. */
#include "cli/mounting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static op_fn attempt, judge, end;

static void attempt(struct op *op)
{
    static const char *const env[] = {"LC_ALL=C", NULL};
    struct mounting *m = container_of(op, struct mounting, op);
    enum mount_way way = m->ways[m->at];
    struct opt_list argv = {0};
    struct buf line = {0};

    if (m->spec != NULL)
        mount_argv(m->spec, way, &argv);
    else
        umount_argv(m->point, way, m->force, &argv);
    shell_line(&argv, &line);
    log_debug("mount: run %s", buf_str(&line));
    child_run(&m->child,
        &(struct child_spec){
            .loop = m->loop,
            .argv = &argv,
            .env = env,
            .cwd = "/",
            .io = CHILD_CAPTURE,
        },
        op);
    op_then(op, judge);
    opt_list_free(&argv);
    buf_free(&line);
}

/* Output on one line, as it becomes part of a sentence. */
static void keep_words(struct mounting *m, const char *program, int err)
{
    struct buf *from = &m->child.output;

    if (m->said.len > 0)
        buf_adds(&m->said, "; ");
    if (err != 0)
        buf_addf(&m->said, "%s: %s", program, uv_strerror(err));
    else if (from->len == 0)
        buf_addf(
            &m->said, "%s: status %d", program, child_exit_status(&m->child));
    while (from->len > 0 && from->data[from->len - 1] == '\n')
        from->len--;
    for (size_t i = 0; i < from->len; i++) {
        if (from->data[i] == '\n')
            buf_adds(&m->said, "; ");
        else
            buf_addc(&m->said, (char)from->data[i]);
    }
}

static int reason(struct mounting *m)
{
    const char *said = buf_str(&m->said);
    struct buf text = {0};
    bool forbidden;

    if (m->spec == NULL)
        return strstr(said, "busy") != NULL ? -EBUSY : -EIO;
    forbidden = mount_explain(m->spec, said, &text);
    buf_free(&text);
    return forbidden ? -EPERM : -EIO;
}

static void judge(struct op *op)
{
    struct mounting *m = container_of(op, struct mounting, op);
    int err = op_catch(op);
    bool sudo = m->ways[m->at] == MOUNT_SUDO;

    if (err == 0 && child_exit_status(&m->child) == 0)
        return;
    keep_words(m, sudo ? "sudo" : m->spec != NULL ? "mount" : "umount", err);
    if (++m->at < m->n_ways)
        op_then(op, attempt);
    else
        op_fail(op, reason(m));
}

static void end(struct op *op)
{
    (void)op; /* the owner wants to read what was said */
}

void mount_run(struct mounting *m, uv_loop_t *loop,
    const struct mount_spec *spec, struct op *op)
{
    mounting_fini(m);
    m->loop = loop;
    m->spec = spec;
    m->n_ways = mount_ways(spec, m->ways);
    op_start(&m->op, attempt, end, op);
}

void umount_run(struct mounting *m, uv_loop_t *loop, const char *point,
    bool force, struct op *op)
{
    mounting_fini(m);
    m->loop = loop;
    m->point = point;
    m->force = force;
    m->n_ways = umount_ways(m->ways);
    op_start(&m->op, attempt, end, op);
}

void mounting_fini(struct mounting *m)
{
    buf_free(&m->child.output);
    buf_free(&m->said);
    *m = (struct mounting){0};
}

/* A loop for one command. */
struct alone {
    struct op op;
    uv_loop_t loop;
    const char *point;
    bool force;
    struct mounting mounting;
    int err;
};

static op_fn alone_run, alone_take, alone_end;

static void alone_run(struct op *op)
{
    struct alone *a = container_of(op, struct alone, op);

    umount_run(&a->mounting, &a->loop, a->point, a->force, op);
    op_then(op, alone_take);
}

static void alone_take(struct op *op)
{
    container_of(op, struct alone, op)->err = op_catch(op);
}

static void alone_end(struct op *op)
{
    (void)op;
}

int umount_now(const char *point, bool force, struct buf *said)
{
    struct alone a = {.point = point, .force = force};

    uv_loop_init(&a.loop);
    op_start(&a.op, alone_run, alone_end, NULL);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    uv_loop_close(&a.loop);
    if (a.err != 0)
        buf_adds(said, buf_str(&a.mounting.said));
    mounting_fini(&a.mounting);
    return a.err;
}
