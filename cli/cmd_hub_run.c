/* Running the local Hub in the foreground: from the words of the command line
 * to its end by a signal. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/op.h"
#include "base/timer.h"
#include "base/work.h"
#include "cli/cmd_hub.h"
#include "cli/commands.h"
#include "cli/hub_root.h"
#include "cli/invocation.h"
#include "cli/say.h"
#include "hub/local.h"

#define THREADS 8
#define FILES_WANTED 4096 /* a connection takes two */
#define SIGNALS 2

/* The server, its loop, and the texts that were taken apart for it. */
struct serve {
    const struct serve_values *values;
    uv_loop_t loop;
    struct pool pool;
    struct local_config config;
    struct buf folders; /* of struct local_folder */
    struct buf users;   /* of struct local_user */
    struct buf texts;   /* of char *, to free */
    char *root;
    struct local_hub *hub;
    struct buf why;
    uv_signal_t signals[SIGNALS];
    struct op_list stop;
    bool ready;
    bool stopping;
    int status;
    struct op op;
};

static char *keep(struct serve *s, char *text)
{
    *(char **)(void *)buf_grow(&s->texts, sizeof(text)) = text;
    return text;
}

/* Cuts "before=after" in two; NULL without '='. */
static const char *cut(char *text)
{
    char *mark = strchr(text, '=');

    if (mark == NULL)
        return NULL;
    *mark = '\0';
    return mark + 1;
}

static bool add_repo(struct serve *s, const char *text)
{
    char *copy = keep(s, xstrdup(text));
    struct local_folder f = {.folder = cut(copy)};

    if (f.folder == NULL || *f.folder == '\0' ||
        !local_repo_parse(copy, &f.kind, &f.name)) {
        complain("--repo %s: expected model:NS/NAME=FOLDER (or dataset:, "
                 "space:)",
            text);
        return false;
    }
    buf_add(&s->folders, &f, sizeof(f));
    return true;
}

static bool add_user(struct serve *s, const char *text)
{
    char *copy = keep(s, xstrdup(text));
    struct local_user u = {.name = copy, .token = cut(copy)};

    if (u.token == NULL) {
        complain("--user: expected NAME=TOKEN");
        return false;
    }
    buf_add(&s->users, &u, sizeof(u));
    return true;
}

static bool add_private(struct serve *s, const char *text)
{
    struct local_folder *f = (struct local_folder *)(void *)s->folders.data;
    size_t n = s->folders.len / sizeof(*f);
    enum hub_kind kind = HUB_MODEL;
    const char *name = text;
    bool any_kind = !local_repo_parse(text, &kind, &name);
    bool found = false;

    if (any_kind)
        name = text;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(f[i].name, name) == 0 && (any_kind || f[i].kind == kind))
            found = f[i].private = true;
    }
    if (!found)
        complain("--private %s: no --repo has that name", text);
    return found;
}

static bool add_each(struct serve *s, const struct opt_list *list,
    bool (*add)(struct serve *s, const char *text))
{
    for (size_t i = 0; i < list->n; i++) {
        if (!add(s, list->v[i]))
            return false;
    }
    return true;
}

static bool configure(struct serve *s)
{
    const struct serve_values *v = s->values;

    if (!add_each(s, &v->repo, add_repo) || !add_each(s, &v->user, add_user) ||
        !add_each(s, &v->private, add_private))
        return false;
    s->root = hub_root(v->root);
    s->config = (struct local_config){
        .loop = &s->loop,
        .pool = &s->pool,
        .root = s->root,
        .address = v->listen,
        .port = v->port,
        .origin = v->url,
        .owner = keep(s, xstrdup(hub_owner())),
        .folder = (const struct local_folder *)(const void *)s->folders.data,
        .n_folders = s->folders.len / sizeof(struct local_folder),
        .user = (const struct local_user *)(const void *)s->users.data,
        .n_users = s->users.len / sizeof(struct local_user),
        .fault = v->fault.v,
        .n_faults = v->fault.n,
        .log_path = v->log,
        .redirect = v->redirect,
        .url_ttl_s = (unsigned)(v->url_ttl_ms / 1000),
        .admin = v->admin,
    };
    return true;
}

/* ---- Running */

static op_fn open_hub, announce, close_hub, end_signals, end;

static void on_signal(uv_signal_t *signal, int signum)
{
    struct serve *s = signal->data;

    if (s->stopping)
        _exit(EXIT_SIGNAL + signum);
    s->stopping = true;
    op_list_wake(&s->stop, 0);
}

static void open_hub(struct op *op)
{
    struct serve *s = container_of(op, struct serve, op);

    local_hub_start(&s->config, &s->hub, &s->why, op);
    op_then(op, announce);
}

/* From here on a signal is a wish to end in good order. Before, it ends the
 * process as it stands, which harms nothing. */
static void watch_signals(struct serve *s)
{
    static const int wanted[SIGNALS] = {SIGTERM, SIGINT};

    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, wanted[i]);
    }
}

static void announce(struct op *op)
{
    struct serve *s = container_of(op, struct serve, op);
    int err = op_catch(op);
    char *line;

    op_then(op, close_hub);
    if (err != 0) {
        complain("%s", buf_str(&s->why));
        s->status = err == -EBUSY ? EXIT_RUNNING
            : err == -EINVAL      ? EXIT_USAGE
                                  : EXIT_FAILED;
        return;
    }
    watch_signals(s);
    s->ready = true;
    if (local_hub_open(s->hub))
        log_info("hub: no users: open to everybody on this machine, and to "
                 "nobody else");
    line = xasprintf("hub: listening on %s\n", local_hub_url(s->hub));
    if (print_out(line) == 0)
        op_list_wait(&s->stop, op);
    else
        s->status = EXIT_FAILED;
    free(line);
}

static void close_hub(struct op *op)
{
    struct serve *s = container_of(op, struct serve, op);

    s->stopping = true;
    local_hub_stop(s->hub, op);
    op_then(op, end_signals);
}

static void end_signals(struct op *op)
{
    struct serve *s = container_of(op, struct serve, op);

    for (size_t i = 0; i < SIGNALS && s->ready; i++)
        handle_close((uv_handle_t *)&s->signals[i], op);
}

static void end(struct op *op)
{
    struct serve *s = container_of(op, struct serve, op);
    char **text = (char **)(void *)s->texts.data;

    for (size_t i = 0; i < s->texts.len / sizeof(*text); i++)
        free(text[i]);
    buf_free(&s->texts);
    buf_free(&s->folders);
    buf_free(&s->users);
    buf_free(&s->why);
    free(s->root);
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur =
        limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn(
            "hub: only few files may be open at once: %s", strerror(errno));
}

int hub_serve(const struct invocation *in)
{
    struct serve s = {.values = in->values};

    umask(077); /* the root may hold what is private */
    raise_file_limit();
    pool_threads_set(THREADS);
    if (uv_loop_init(&s.loop) != 0)
        return EXIT_FAILED;
    pool_init(&s.pool, &s.loop, THREADS);
    op_list_init(&s.stop);
    if (configure(&s)) {
        op_start(&s.op, open_hub, end, NULL);
        uv_run(&s.loop, UV_RUN_DEFAULT);
    } else {
        s.status = EXIT_USAGE;
        end(&s.op);
    }
    uv_loop_close(&s.loop);
    return s.status;
}
