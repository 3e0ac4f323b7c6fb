/* hffs hub serve: its options, and the language of faults. */
#include "cli/cmd_hub.h"

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/hub_root.h"
#include "cli/invocation.h"
#include "hub/local_fault_spec.h"

static const struct opt what[] = {
    HUB_ROOT_OPTION(serve_values),
    {.name = "repo",
        .type = OPT_LIST,
        .arg = "KIND:NS/NAME=FOLDER",
        .help = "offer a folder as a repo; KIND is model, dataset or space. "
                "What is in it now becomes a commit, if it changed since the "
                "last one",
        OPT_INTO(serve_values, repo)},
};

static const struct opt who[] = {
    {.name = "port",
        .type = OPT_PORT,
        .arg = "N",
        .initial = "0",
        .help = "port to listen on; 0 is any free one",
        OPT_INTO(serve_values, port)},
    {.name = "listen",
        .type = OPT_STR,
        .arg = "ADDR",
        .initial = "127.0.0.1",
        .help = "address to listen on; one that other machines can reach "
                "needs a user",
        OPT_INTO(serve_values, listen)},
    {.name = "url",
        .type = OPT_STR,
        .arg = "URL",
        .dflt = "as clients call it",
        .help = "https://HOST[:PORT] of a proxy that stands before it; links "
                "in answers begin so",
        OPT_INTO(serve_values, url)},
    {.name = "user",
        .type = OPT_LIST,
        .arg = "NAME=TOKEN",
        .secret = true,
        .help = "somebody who may come in, and owns the repos of that "
                "namespace, beside those of 'hffs hub user'; without any "
                "user, everybody on this machine may do everything",
        OPT_INTO(serve_values, user)},
    {.name = "private",
        .type = OPT_LIST,
        .arg = "[KIND:]NS/NAME",
        .help = "a --repo that only user NS may see",
        OPT_INTO(serve_values, private)},
};

static const struct opt how[] = {
    {.name = "log",
        .type = OPT_STR,
        .arg = "FILE",
        .help = "one JSON object per request; '-' is stderr",
        OPT_INTO(serve_values, log)},
    {.name = "redirect",
        .type = OPT_FLAG,
        .help = "send clients on for the bytes of files, as the real Hub "
                "does: LFS files to signed URLs on another port",
        OPT_INTO(serve_values, redirect)},
    {.name = "url-ttl",
        .type = OPT_MS,
        .arg = "TIME",
        .initial = "60m",
        .min = 1000,
        .help = "how long those URLs are good for",
        OPT_INTO(serve_values, url_ttl_ms)},
    {.name = "fault",
        .type = OPT_LIST,
        .arg = "'PATTERN: ACTIONS'",
        .help = "answer some requests wrongly, for tests; --help and hffs(1) "
                "tell how",
        OPT_INTO(serve_values, fault)},
    {.name = "admin",
        .type = OPT_FLAG,
        .help = "routes for this machine to change faults (POST, DELETE, GET "
                "/_hffs/faults) and to read figures (GET, DELETE "
                "/_hffs/stats) while it runs",
        OPT_INTO(serve_values, admin)},
};

static const struct opt_group group_what = OPT_GROUP("What to serve", what);
static const struct opt_group group_who = OPT_GROUP("To whom", who);
static const struct opt_group group_how = OPT_GROUP("Looking on", how);
static const struct opt_group *const groups[] = {
    &group_what, &group_who, &group_how, NULL};

#define EFFECT(id, name, words, help) "  " name words "\n      " help "\n"

static const char about[] =
    "A line on stdout, 'hub: listening on http://127.0.0.1:PORT', says when "
    "it is\nready; clients find it by HF_ENDPOINT or --hub-endpoint. It runs "
    "until SIGTERM\nor Ctrl-C. Folders are copied into the root first, so "
    "that a commit never\nchanges; '.git', '.cache/huggingface' and links "
    "that lead out of a folder are\nleft out.\n\n"
    "Faults, for tests: --fault 'METHOD /path: ACTION, then ACTION, ...'. In "
    "the\npath, * stands for anything; as the method, for any. Each action "
    "is\n\n    [Nx] [for TIME] EFFECT\n\nand stays in force for N requests "
    "that match, or for TIME from the first one\non; without either for "
    "good. TIME is 30ms, 2s, 1m; N is 10, 64K, 1M. An EFFECT\nis\n\n"
    /* clang-format off */
    FAULT_EFFECTS(EFFECT)
    /* clang-format on */
    "\nRules are tried in order, and all that match have their effect, up to "
    "one that\nanswers. Places in a body count from the first byte that is "
    "sent.";

const struct command cmd_hub_serve = {
    .name = "hub serve",
    .usage = "hffs hub serve [--root DIR] [--repo KIND:NS/NAME=FOLDER]... "
             "[options]",
    .summary = "Serve repos from this machine as the Hugging Face Hub does",
    .about = about,
    .groups = groups,
    .values_size = sizeof(struct serve_values),
    .run = hub_serve,
};
