/* hffs xet hash: the hashes under which Xet storage keeps files. Files are
 * hashed at the same time, each in the order of the words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/json.h"
#include "base/op.h"
#include "base/timer.h"
#include "base/work.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/say.h"
#include "cli/xet_view.h"
#include "hub/xet_scan.h"

#define PROGRESS_MS 300
#define WORDS_MAX 1000000

struct hash_values {
    bool json;
};

/* One file. */
struct job {
    struct op op;
    struct hashing *all;
    const char *path;
    struct xet_scan scan;
    int err;
    bool done;
};

struct hashing {
    const struct hash_values *values;
    uv_loop_t loop;
    struct pool pool;
    struct op op;
    struct op_gate gate;
    struct tick tick;
    size_t n;
    struct job *job;
    size_t n_told;
    struct buf text; /* the JSON */
    struct jsonw w;
    int status;
};

static op_fn hash_all, stop_tick, end_all;
static op_fn enter, hash_file, tell, end_file;

/* ---- What is printed */

static void on_tick(struct tick *t)
{
    struct hashing *h = container_of(t, struct hashing, tick);
    uint64_t bytes = 0;

    for (size_t i = 0; i < h->n; i++)
        bytes += h->job[i].scan.size;
    say_progress("%.1f MB in %zu of %zu files", (double)bytes / 1e6,
        h->n_told + 1, h->n);
}

static void tell_json(struct hashing *h, const struct job *j, const char *hash)
{
    jsonw_object(&h->w, NULL);
    jsonw_str(&h->w, "file", j->path);
    if (j->err == 0) {
        jsonw_str(&h->w, "hash", hash);
        jsonw_u64(&h->w, "size", j->scan.size);
        jsonw_u64(&h->w, "chunks", j->scan.n_chunks);
    } else {
        jsonw_str(&h->w, "error", strerror(-j->err));
    }
    jsonw_object_end(&h->w);
}

static void tell_one(struct hashing *h, const struct job *j)
{
    char hash[XET_HASH_TEXT];
    char *line;

    xet_hash_format(&j->scan.hash, hash);
    if (j->err != 0) {
        complain("%s: %s", j->path, strerror(-j->err));
        h->status = EXIT_FAILED;
    }
    if (h->values->json) {
        tell_json(h, j, hash);
    } else if (j->err == 0) {
        line = xasprintf("%s  %s\n", hash, j->path);
        if (print_out(line) != 0)
            h->status = EXIT_FAILED;
        free(line);
    }
}

/* Files that are done, up to the first that is not. */
static void tell_done(struct hashing *h)
{
    if (h->n_told < h->n && h->job[h->n_told].done)
        say_progress_end();
    while (h->n_told < h->n && h->job[h->n_told].done)
        tell_one(h, &h->job[h->n_told++]);
}

/* ---- One file */

static void enter(struct op *op)
{
    struct job *j = container_of(op, struct job, op);

    op_gate_enter(&j->all->gate, op);
    op_then(op, hash_file);
}

static void hash_file(struct op *op)
{
    struct job *j = container_of(op, struct job, op);

    xet_scan(&j->all->pool, j->path, &j->scan, op);
    op_then(op, tell);
}

static void tell(struct op *op)
{
    struct job *j = container_of(op, struct job, op);

    j->err = op_catch(op);
    j->done = true;
    tell_done(j->all);
}

static void end_file(struct op *op)
{
    struct job *j = container_of(op, struct job, op);

    op_gate_leave(&j->all->gate);
}

/* ---- All of them */

static void hash_all(struct op *op)
{
    struct hashing *h = container_of(op, struct hashing, op);

    tick_start(&h->tick, &h->loop, PROGRESS_MS, on_tick);
    for (size_t i = 0; i < h->n; i++)
        op_start(&h->job[i].op, enter, end_file, op);
    op_then(op, stop_tick);
}

static void stop_tick(struct op *op)
{
    struct hashing *h = container_of(op, struct hashing, op);

    tick_stop(&h->tick, op);
}

static void end_all(struct op *op)
{
    struct hashing *h = container_of(op, struct hashing, op);

    if (!h->values->json)
        return;
    jsonw_array_end(&h->w);
    jsonw_object_end(&h->w);
    buf_addc(&h->text, '\n');
    if (print_out(buf_str(&h->text)) != 0)
        h->status = EXIT_FAILED;
}

static int run_hash(const struct invocation *in)
{
    struct hashing h = {.values = in->values, .n = in->n_words};
    unsigned cores = uv_available_parallelism();

    /* The lane that computes takes half of the pool. */
    pool_threads_set(2 * cores);
    if (uv_loop_init(&h.loop) != 0)
        return EXIT_FAILED;
    pool_init(&h.pool, &h.loop, 2 * cores);
    op_gate_init(&h.gate, cores);
    h.job = xcalloc(h.n, sizeof(*h.job));
    for (size_t i = 0; i < h.n; i++)
        h.job[i] = (struct job){.all = &h, .path = in->words[i]};
    h.w.to = &h.text;
    if (h.values->json) {
        jsonw_object(&h.w, NULL);
        jsonw_array(&h.w, "files");
    }
    op_start(&h.op, hash_all, end_all, NULL);
    uv_run(&h.loop, UV_RUN_DEFAULT);
    uv_loop_close(&h.loop);
    buf_free(&h.text);
    free(h.job);
    return h.status;
}

static const struct opt hash_options[] = {
    {.name = "json",
        .type = OPT_FLAG,
        .help = "one JSON object, with sizes and numbers of chunks",
        OPT_INTO(hash_values, json)},
};

static const struct opt_group hash_group = OPT_GROUP("Options", hash_options);
static const struct opt_group *const hash_groups[] = {&hash_group, NULL};

const struct command cmd_xet_hash = {
    .name = "xet hash",
    .usage = "hffs xet hash FILE... [options]",
    .summary = "Print the hashes that files have in Xet storage",
    .about = "A line for each, its hash and its name, in the order of the "
             "words. The hash\nfollows from the content alone, as the Hub's "
             "Python client cuts it into chunks;\na file that another client "
             "has uploaded may be cut otherwise.",
    .groups = hash_groups,
    .values_size = sizeof(struct hash_values),
    .words_min = 1,
    .words_max = WORDS_MAX,
    .run = run_hash,
};

static const struct opt inspect_options[] = {
    {.name = "hash",
        .type = OPT_STR,
        .arg = "HASH",
        .help = "the hash that it should have; of a shard, the one in its name",
        OPT_INTO(xet_view_values, hash)},
    {.name = "json",
        .type = OPT_FLAG,
        .help = "everything that is in it, as one JSON object",
        OPT_INTO(xet_view_values, json)},
};

static const struct opt_group inspect_group =
    OPT_GROUP("Options", inspect_options);
static const struct opt_group *const inspect_groups[] = {&inspect_group, NULL};

const struct command cmd_xet_inspect = {
    .name = "xet inspect",
    .usage = "hffs xet inspect FILE [options]",
    .summary = "Show what is in a xorb or shard, and what is wrong with it",
    .about = "All of it is checked: chunks are unpacked and hashed, records "
             "and footers held\nagainst each other. Exit status 0: it is good; "
             "1: it is damaged, and the place\nand the reason are on stderr, "
             "what was read before that on stdout.",
    .groups = inspect_groups,
    .values_size = sizeof(struct xet_view_values),
    .words_min = 1,
    .words_max = 1,
    .run = xet_inspect,
};
