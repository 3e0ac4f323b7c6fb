/* Words and options once more, from what was parsed: what was relative is
 * absolute by now, and no secret is among the words. */
#include "cli/launch.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/invocation.h"
#include "cli/mount_options.h"

/* This program. A binary that was replaced by an upgrade still runs from the
 * kernel's own link to it, where there is one. */
static const char *own_path(char *buffer, size_t size)
{
    size_t n = size;

    if (uv_exepath(buffer, &n) == 0 && access(buffer, X_OK) == 0)
        return buffer;
    return "/proc/self/exe";
}

static void add_words(const struct launch *l, struct opt_list *argv)
{
    const struct mount_target *t = l->target;
    char *log = xasprintf("--log-file=%s", t->place.log);

    opt_list_add(argv, l->program);
    if (l->command != NULL)
        opt_list_add(argv, l->command);
    options_pass_on(l->in, argv);
    opt_list_add(argv, "--supervised");
    if (l->restarted)
        opt_list_add(argv, "--restarted");
    opt_list_add(argv, log);
    opt_list_add(argv, "--");
    opt_list_add(argv, l->in->words[0]);
    opt_list_add(argv, l->in->words[1]);
    if (t->mountpoint != NULL)
        opt_list_add(argv, t->mountpoint);
    free(log);
}

void launch_run(struct child *c, const struct launch *l, struct op *op)
{
    const struct mount_values *v = l->in->values;
    char *token =
        v->hf_token != NULL ? xasprintf("HF_TOKEN=%s", v->hf_token) : NULL;
    const char *const env[] = {token, NULL};
    struct opt_list argv = {0};
    char path[PATH_MAX];

    add_words(l, &argv);
    child_run(c,
        &(struct child_spec){
            .loop = l->loop,
            .argv = &argv,
            .file = own_path(path, sizeof(path)),
            .env = env,
            .cwd = "/",
            .io = CHILD_REPORT,
            .detached = l->detached,
        },
        op);
    opt_list_free(&argv);
    free(token);
}
