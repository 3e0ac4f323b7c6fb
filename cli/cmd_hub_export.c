/* hffs hub export: a revision of a repo as plain files. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/hub_root.h"
#include "cli/invocation.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "hub/local_export.h"
#include "hub/local_meta_tree.h"

struct export_values {
    const char *root;
};

static void on_problem(void *ctx, const char *path, const char *why)
{
    progress_end(ctx);
    complain("%s: %s", path, why);
}

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
    progress_bytes(ctx, done, all);
}

static int export(struct hub_job *j)
{
    struct progress progress = {.what = "writing"};
    char *folder = path_absolute(j->in->words[2]);
    char *name = xstrdup(j->in->words[1]);
    char *at = strchr(name, '@');
    struct export e = {
        .root = &j->stores,
        .name = name,
        .rev = at != NULL ? at + 1 : DEFAULT_BRANCH,
        .folder = folder,
        .say = on_problem,
        .progress = on_progress,
        .ctx = &progress,
    };
    char *line;
    int status = EXIT_FAILED;

    if (at != NULL)
        *at = '\0';
    umask(j->umask);
    if (!hub_repo_words(j->in->words[0], name, &e.kind)) {
        status = EXIT_USAGE;
    } else if (export_run(&e, &j->why) == 0) {
        progress_end(&progress);
        line = xasprintf("%llu files, %llu bytes\n",
            (unsigned long long)e.files, (unsigned long long)e.bytes);
        status =
            print_out(line) == 0 && e.problems == 0 ? EXIT_OK : EXIT_FAILED;
        free(line);
    }
    free(name);
    free(folder);
    return status;
}

static int run(const struct invocation *in)
{
    const struct export_values *v = in->values;

    return hub_on_root(in, v->root, false, export);
}

static const struct opt options[] = {
    HUB_ROOT_OPTION(export_values),
};

static const struct opt_group group = OPT_GROUP("Options", options);
static const struct opt_group *const groups[] = {&group, NULL};

const struct command cmd_hub_export = {
    .name = "hub export",
    .usage = "hffs hub export KIND NS/NAME[@REV] FOLDER [options]",
    .summary = "Copy the files of a local Hub's repo into a folder",
    .about = "KIND is model, dataset or space. Each file is written aside, "
             "checked against its\nhash, and renamed; others in the folder "
             "stay. A server may run meanwhile.",
    .groups = groups,
    .values_size = sizeof(struct export_values),
    .words_min = 3,
    .words_max = 3,
    .run = run,
};
