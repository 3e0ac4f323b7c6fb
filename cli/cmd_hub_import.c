/* hffs hub import: a folder as a commit, beside the server or without one. It
 * is the snapshot of --repo, on a loop of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/digest.h"
#include "base/op.h"
#include "base/work.h"
#include "cli/commands.h"
#include "cli/hub_root.h"
#include "cli/invocation.h"
#include "cli/say.h"
#include "hub/local_snapshot.h"

#define THREADS 8

struct import_values {
    const char *root;
    const char *message;
    bool private;
    bool delete;
};

struct import {
    uv_loop_t loop;
    struct pool pool;
    struct snapshot_config config;
    struct snapshot_result result;
    int err;
    struct op op;
};

static op_fn take, end;

static void take(struct op *op)
{
    struct import *i = container_of(op, struct import, op);

    snapshot_run(&i->config, op);
}

static void end(struct op *op)
{
    container_of(op, struct import, op)->err = op->err;
}

static int report(struct import *i, const char *name)
{
    char hex[2 * SHA1_SIZE + 1];
    char *line;
    int err;

    hex_format(i->result.oid, SHA1_SIZE, hex);
    line = xasprintf("%s: %zu files, %s %s\n", name, i->result.files,
        i->result.made ? "commit" : "nothing new since", hex);
    err = print_out(line);
    free(line);
    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

static int import_on_loop(struct import *i, const char *root)
{
    struct local_root stores = {0};
    struct buf why = {0};
    const char *name = i->config.name;
    int status = EXIT_FAILED;

    umask(077);
    if (local_root_open(root, true, &i->pool, &stores, &why) != 0) {
        complain("%s", buf_str(&why));
    } else {
        i->config.meta = stores.meta;
        i->config.blobs = stores.blobs;
        op_start(&i->op, take, end, NULL);
        uv_run(&i->loop, UV_RUN_DEFAULT);
        if (i->err == 0)
            status = report(i, name);
        else if (i->err == -EEXIST)
            complain("%s shows a folder, and changes with it alone", name);
        else
            complain("%s: %s", i->config.folder, strerror(-i->err));
    }
    local_root_close(&stores);
    buf_free(&why);
    return status;
}

static int run(const struct invocation *in)
{
    const struct import_values *v = in->values;
    char *folder = path_absolute(in->words[2]);
    char *root = hub_root(v->root);
    struct import i = {.config = {
                           .pool = &i.pool,
                           .name = in->words[1],
                           .folder = folder,
                           .avoid = root,
                           .author = hub_owner(),
                           .private = v->private,
                           .import = true,
                           .remove_others = v->delete,
                           .title = v->message,
                           .result = &i.result,
                       }};
    int status = EXIT_USAGE;

    if (hub_repo_words(in->words[0], in->words[1], &i.config.kind)) {
        pool_threads_set(THREADS);
        uv_loop_init(&i.loop);
        pool_init(&i.pool, &i.loop, THREADS);
        status = import_on_loop(&i, root);
        uv_loop_close(&i.loop);
    }
    free(root);
    free(folder);
    return status;
}

static const struct opt options[] = {
    HUB_ROOT_OPTION(import_values),
    {.name = "message",
        .type = OPT_STR,
        .arg = "TEXT",
        .initial = "Import a folder",
        .help = "title of the commit",
        OPT_INTO(import_values, message)},
    {.name = "private",
        .type = OPT_FLAG,
        .help = "only its owners may see the repo, if it is new",
        OPT_INTO(import_values, private)},
    {.name = "delete",
        .type = OPT_FLAG,
        .help = "files of the repo that are not in the folder go",
        OPT_INTO(import_values, delete)},
};

static const struct opt_group group = OPT_GROUP("Options", options);
static const struct opt_group *const groups[] = {&group, NULL};

const struct command cmd_hub_import = {
    .name = "hub import",
    .usage = "hffs hub import KIND NS/NAME FOLDER [options]",
    .summary = "Commit a folder to a repo of a local Hub",
    .about = "KIND is model, dataset or space; the repo is made if it is not "
             "there. Files that\nare there already are replaced, others stay. "
             "A server may run meanwhile, and shows\nthe commit once it is "
             "complete. '.git', '.cache/huggingface' and links that lead\nout "
             "of the folder are left out.",
    .groups = groups,
    .values_size = sizeof(struct import_values),
    .words_min = 3,
    .words_max = 3,
    .run = run,
};
