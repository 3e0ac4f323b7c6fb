/* hffs hub gc, hffs hub verify: the storage of a local Hub, beside its server
 * or without one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/hub_root.h"
#include "cli/invocation.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "hub/local_gc.h"
#include "hub/local_verify.h"

struct gc_values {
    const char *root;
    uint64_t grace_ms;
    bool json;
};

struct verify_values {
    const char *root;
    bool json;
};

static int print_text(struct buf *text)
{
    int err = print_out(buf_str(text));

    buf_free(text);
    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

/* ---- hffs hub gc */

static int report_gc(const struct gc_result *r, bool json)
{
    struct buf text = {0};
    struct jsonw w = {.to = &text};
    uint64_t bytes = r->blob_bytes + r->partial_bytes;

    if (json) {
        jsonw_object(&w, NULL);
        jsonw_u64(&w, "commits", r->commits);
        jsonw_u64(&w, "trees", r->trees);
        jsonw_u64(&w, "blobs", r->blobs);
        jsonw_u64(&w, "blob_bytes", r->blob_bytes);
        jsonw_u64(&w, "partial_bytes", r->partial_bytes);
        jsonw_object_end(&w);
        buf_addc(&text, '\n');
    } else {
        buf_addf(&text,
            "removed %llu commits, %llu trees, %llu contents; %llu bytes are "
            "free\n",
            (unsigned long long)r->commits, (unsigned long long)r->trees,
            (unsigned long long)r->blobs, (unsigned long long)bytes);
    }
    return print_text(&text);
}

static int gc(struct hub_job *j)
{
    const struct gc_values *v = j->in->values;
    struct gc_result result;

    if (gc_run(j->dir, &j->stores, v->grace_ms / 1000, &result, &j->why) != 0)
        return EXIT_FAILED;
    return report_gc(&result, v->json);
}

static int run_gc(const struct invocation *in)
{
    const struct gc_values *v = in->values;

    return hub_on_root(in, v->root, false, gc);
}

/* ---- hffs hub verify */

struct verifying {
    struct progress progress;
    struct buf text;
    struct jsonw w;
    bool json;
    bool lost; /* whoever reads our output has gone */
};

static void on_problem(void *ctx, const char *problem)
{
    struct verifying *s = ctx;
    char *line;

    if (s->json) {
        jsonw_str(&s->w, NULL, problem);
        return;
    }
    progress_end(&s->progress);
    line = xasprintf("%s\n", problem);
    s->lost = print_out(line) != 0 || s->lost;
    free(line);
}

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
    struct verifying *s = ctx;

    progress_bytes(&s->progress, done, all);
}

static void report_verify(struct verifying *s, const struct verify *v)
{
    if (!s->json) {
        buf_addf(&s->text,
            "%llu commits, %llu trees, %llu files, %llu contents of %llu "
            "bytes: ",
            (unsigned long long)v->commits, (unsigned long long)v->trees,
            (unsigned long long)v->files, (unsigned long long)v->blobs,
            (unsigned long long)v->blob_bytes);
        if (v->problems > 0)
            buf_addf(
                &s->text, "%llu problems\n", (unsigned long long)v->problems);
        else
            buf_adds(&s->text, "all well\n");
        return;
    }
    jsonw_array_end(&s->w);
    jsonw_u64(&s->w, "commits", v->commits);
    jsonw_u64(&s->w, "trees", v->trees);
    jsonw_u64(&s->w, "files", v->files);
    jsonw_u64(&s->w, "blobs", v->blobs);
    jsonw_u64(&s->w, "blob_bytes", v->blob_bytes);
    jsonw_object_end(&s->w);
    buf_addc(&s->text, '\n');
}

static int verify(struct hub_job *j)
{
    const struct verify_values *values = j->in->values;
    struct verifying s = {.progress.what = "reading", .json = values->json};
    struct verify v = {
        .root = &j->stores,
        .say = on_problem,
        .progress = on_progress,
        .ctx = &s,
    };
    int status;
    int err;

    s.w.to = &s.text;
    if (s.json) {
        jsonw_object(&s.w, NULL);
        jsonw_array(&s.w, "problems");
    }
    err = verify_run(&v);
    progress_end(&s.progress);
    report_verify(&s, &v);
    if (err != 0)
        buf_addf(&j->why, "%s: %s", j->dir, strerror(-err));
    status = print_text(&s.text);
    return v.problems > 0 || s.lost ? EXIT_FAILED : status;
}

static int run_verify(const struct invocation *in)
{
    const struct verify_values *v = in->values;

    return hub_on_root(in, v->root, false, verify);
}

static const struct opt gc_options[] = {
    HUB_ROOT_OPTION(gc_values),
    {.name = "grace",
        .type = OPT_MS,
        .arg = "TIME",
        .initial = "24h",
        .help = "leave what is younger, since an upload may still want it",
        OPT_INTO(gc_values, grace_ms)},
    {.name = "json",
        .type = OPT_FLAG,
        .help = "say what was removed as one JSON object",
        OPT_INTO(gc_values, json)},
};

static const struct opt verify_options[] = {
    HUB_ROOT_OPTION(verify_values),
    {.name = "json",
        .type = OPT_FLAG,
        .help = "one JSON object; its problems are [] when all is well",
        OPT_INTO(verify_values, json)},
};

static const struct opt_group gc_group = OPT_GROUP("Options", gc_options);
static const struct opt_group verify_group =
    OPT_GROUP("Options", verify_options);
static const struct opt_group *const gc_groups[] = {&gc_group, NULL};
static const struct opt_group *const verify_groups[] = {&verify_group, NULL};

const struct command cmd_hub_gc = {
    .name = "hub gc",
    .usage = "hffs hub gc [options]",
    .summary = "Remove what nothing in a local Hub refers to",
    .about = "Commits that no branch, tag or pull request leads to, their "
             "files, and uploads\nthat were given up. It may run beside the "
             "server, and be killed at any time.",
    .groups = gc_groups,
    .values_size = sizeof(struct gc_values),
    .run = run_gc,
};

const struct command cmd_hub_verify = {
    .name = "hub verify",
    .usage = "hffs hub verify [options]",
    .summary = "Read all that a local Hub keeps, and check it against its "
               "names",
    .about = "Every content against its SHA-256 and the git ids of files, "
             "every tree and\ncommit against its id. Prints a line for each "
             "problem; the exit status is 1 when\nthere is one.",
    .groups = verify_groups,
    .values_size = sizeof(struct verify_values),
    .run = run_verify,
};
