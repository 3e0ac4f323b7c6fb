/* hffs status: what is mounted, by whom, and whether it works: asked of each
 * server by its socket, with a time limit, and told from its records where it
 * does not answer. A mount itself is never touched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timer.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/invocation.h"
#include "cli/mount_cmd.h"
#include "cli/mount_table.h"
#include "cli/probe.h"
#include "cli/records.h"
#include "cli/say.h"
#include "cli/mount_target.h"

#define ANSWER_MS 3000

struct status_values {
    const char *state_dir;
    bool json;
};

enum health {
    HEALTH_OK,
    HEALTH_STARTING,
    HEALTH_RESTARTING, /* its supervisor is about to start it again */
    HEALTH_SILENT,     /* it runs, and does not answer */
    HEALTH_DEAD,
};

static const char *const health_name[] = {
    [HEALTH_OK] = "ok",
    [HEALTH_STARTING] = "starting",
    [HEALTH_RESTARTING] = "restarting",
    [HEALTH_SILENT] = "not answering",
    [HEALTH_DEAD] = "dead",
};

/* One mount, as far as it can be known. */
struct view {
    struct json *server; /* its own answer, or else its record */
    struct json *supervisor;
    int supervisor_pid; /* 0: none */
    int server_pid;
    enum health health;
    bool answered;
};

static void view_fini(struct view *v)
{
    json_free(v->server);
    json_free(v->supervisor);
}

/* The state that the server tells itself; NULL if it does not. */
static struct json *ask_server(const char *dir)
{
    char *path = xasprintf("%s/control", dir);
    struct buf text = {0};
    struct json *root = NULL;

    if (control_ask(path, ANSWER_MS, &text) != 0 ||
        json_parse(buf_str(&text), text.len, &root) != 0)
        root = NULL;
    buf_free(&text);
    free(path);
    return root;
}

static bool answers_calls(const struct json *server)
{
    const char *host = json_str(server, "host");
    const char *export_path = json_str(server, "export");
    uint64_t port = 0;

    return host != NULL && export_path != NULL &&
        json_u64(server, "port", &port) && port <= UINT16_MAX &&
        probe_export(host, (uint16_t)port, export_path, ANSWER_MS) ==
        PROBE_SERVES;
}

/* The phase is that of the server that runs, not of one before it. */
static bool is_ready(const struct view *v)
{
    const char *phase = json_str(v->server, "phase");
    uint64_t pid = 0;

    return phase != NULL && strcmp(phase, "ready") == 0 &&
        json_u64(v->server, "pid", &pid) && (int)pid == v->server_pid;
}

static enum health judge(const struct view *v)
{
    if (v->server_pid == 0)
        return v->supervisor_pid != 0 ? HEALTH_RESTARTING : HEALTH_DEAD;
    if (!is_ready(v))
        return HEALTH_STARTING;
    return v->answered && answers_calls(v->server) ? HEALTH_OK : HEALTH_SILENT;
}

/* False when there is nothing to show: a mount that ended in order. */
static bool view_of(const char *dir, struct view *v)
{
    uint64_t pid;

    *v = (struct view){
        .server_pid = record_server_pid(dir),
        .supervisor_pid = record_supervisor_pid(dir),
        .supervisor = record_load(dir, RECORD_SUPERVISOR),
    };
    if (v->server_pid != 0)
        v->server = ask_server(dir);
    v->answered = v->server != NULL;
    /* It may have been started again since. */
    if (v->answered && json_u64(v->server, "pid", &pid))
        v->server_pid = (int)pid;
    if (v->server == NULL)
        v->server = record_load(dir, RECORD_SERVER);
    v->health = judge(v);
    return v->server != NULL || v->supervisor_pid != 0 || v->server_pid != 0;
}

static const char *text_of(const struct view *v, const char *key)
{
    const char *text = json_str(v->server, key);

    if (text == NULL)
        text = json_str(v->supervisor, key);
    return text != NULL ? text : "";
}

static uint64_t number_of(
    const struct view *v, const char *object, const char *key)
{
    const struct json *from =
        object != NULL ? json_get(v->server, object) : v->server;
    uint64_t n = 0;

    json_u64(from, key, &n);
    return n;
}

static uint64_t restarts_of(const struct view *v)
{
    uint64_t n = 0;

    if (v->supervisor_pid != 0)
        json_u64(v->supervisor, "restarts", &n);
    return n;
}

/* Seconds since the server started; 0 when none runs. */
static uint64_t uptime_of(const struct view *v)
{
    uint64_t started_ms = number_of(v, NULL, "started_ms");
    uint64_t now_ms = (uint64_t)(clock_wall_ns() / 1000000);

    if (v->server_pid == 0 || started_ms == 0 || now_ms < started_ms)
        return 0;
    return (now_ms - started_ms) / 1000;
}

static void view_json(const struct view *v, struct jsonw *w)
{
    const struct json *member;

    jsonw_object(w, NULL);
    json_each (member, v->server != NULL ? v->server : v->supervisor) {
        if (strcmp(json_key(member), "pid") != 0)
            jsonw_copy(w, json_key(member), member);
    }
    jsonw_str(w, "health", health_name[v->health]);
    if (v->server_pid > 0)
        jsonw_u64(w, "pid", (uint64_t)v->server_pid);
    if (v->supervisor_pid > 0)
        jsonw_u64(w, "supervisor_pid", (uint64_t)v->supervisor_pid);
    jsonw_u64(w, "uptime_s", uptime_of(v));
    jsonw_u64(w, "restarts", restarts_of(v));
    if (json_str(v->supervisor, "last_exit") != NULL)
        jsonw_str(w, "last_exit", json_str(v->supervisor, "last_exit"));
    jsonw_object_end(w);
}

static void add_size(const char *name, uint64_t bytes, struct buf *out)
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t u = 0;

    while (value >= 1024 && u + 1 < ARRAY_LEN(unit)) {
        value /= 1024;
        u++;
    }
    buf_addf(out, "%s %.*f %s", name, u == 0 ? 0 : 1, value, unit[u]);
}

static void add_time(uint64_t seconds, struct buf *out)
{
    if (seconds >= 86400)
        buf_addf(out, "%llu d ", (unsigned long long)(seconds / 86400));
    if (seconds >= 3600)
        buf_addf(out, "%llu h ", (unsigned long long)(seconds / 3600 % 24));
    if (seconds >= 60)
        buf_addf(out, "%llu min", (unsigned long long)(seconds / 60 % 60));
    else
        buf_addf(out, "%llu s", (unsigned long long)seconds);
}

static void add_processes(const struct view *v, struct buf *out)
{
    buf_adds(out, "    ");
    if (v->server_pid > 0) {
        buf_addf(out, "pid %d, up ", v->server_pid);
        add_time(uptime_of(v), out);
    } else {
        buf_adds(out, "no server");
    }
    if (v->supervisor_pid > 0)
        buf_addf(out, ", supervisor %d, restarts %llu", v->supervisor_pid,
            (unsigned long long)restarts_of(v));
    if (restarts_of(v) > 0)
        buf_addf(
            out, " (the last one %s)", json_str(v->supervisor, "last_exit"));
    buf_addc(out, '\n');
}

static void add_counts(const struct view *v, struct buf *out)
{
    uint64_t hidden = number_of(v, "tree", "hidden_names");
    uint64_t damaged = number_of(v, "tree", "damaged");
    const char *error = json_str(json_get(v->server, "hub"), "last_error");

    buf_adds(out, "    ");
    add_size("read", number_of(v, "nfs", "read_bytes"), out);
    add_size(", fetched", number_of(v, "cache", "fetched_bytes"), out);
    add_size(", from the cache", number_of(v, "cache", "hit_bytes"), out);
    add_size(", memory", number_of(v, NULL, "rss_bytes"), out);
    buf_addc(out, '\n');
    if (hidden > 0)
        buf_addf(out, "    %llu names cannot be shown; the log says which\n",
            (unsigned long long)hidden);
    if (damaged > 0)
        buf_addf(out, "    %llu contents failed verification\n",
            (unsigned long long)damaged);
    if (error != NULL && error[0] != '\0')
        buf_addf(out, "    last error: %s\n", error);
}

static void view_text(const struct view *v, struct buf *out)
{
    const char *point = text_of(v, "mountpoint");

    buf_addf(out, "%s  %s", point[0] != '\0' ? point : "(not mounted)",
        text_of(v, "source"));
    if (text_of(v, "sha")[0] != '\0')
        buf_addf(out, "  %s, commit %.12s", text_of(v, "revision"),
            text_of(v, "sha"));
    buf_addf(out, "  %s\n", health_name[v->health]);
    add_processes(v, out);
    if (v->answered)
        add_counts(v, out);
    if (text_of(v, "log")[0] != '\0')
        buf_addf(out, "    log %s\n", text_of(v, "log"));
    if (v->health == HEALTH_DEAD) {
        buf_adds(out, "    clean it up with: hffs stop ");
        shell_quote(point[0] != '\0' ? point : text_of(v, "source"), out);
        buf_addc(out, '\n');
    }
}

struct listing {
    struct buf text;
    struct jsonw json;
    size_t shown;
    bool as_json;
    bool unwell;
};

static void list_one(struct listing *l, const char *dir, const char *only)
{
    struct view v;

    if (view_of(dir, &v) &&
        (only == NULL || strcmp(text_of(&v, "mountpoint"), only) == 0)) {
        l->shown++;
        l->unwell = l->unwell || v.health != HEALTH_OK;
        if (l->as_json)
            view_json(&v, &l->json);
        else
            view_text(&v, &l->text);
    }
    view_fini(&v);
}

static int finish(struct listing *l, const char *only)
{
    int status = l->unwell ? EXIT_FAILED : EXIT_OK;

    if (l->shown == 0 && only != NULL)
        status = EXIT_NOT_MOUNTED;
    if (l->as_json) {
        jsonw_array_end(&l->json);
        jsonw_object_end(&l->json);
        buf_addc(&l->text, '\n');
    } else if (l->shown == 0) {
        buf_addf(&l->text, "nothing is mounted%s%s\n",
            only != NULL ? " on " : "", only != NULL ? only : "");
    }
    if (print_out(buf_str(&l->text)) != 0)
        status = EXIT_FAILED;
    buf_free(&l->text);
    return status;
}

static int run(const struct invocation *in)
{
    const struct status_values *v = in->values;
    char *state = mount_target_state_dir(v->state_dir);
    struct opt_list dirs = {0};
    struct listing l = {.as_json = v->json, .json = {.to = &l.text}};
    char *only = NULL;
    int status;

    if (in->n_words > 0 && mount_target_mountpoint(in->words[0], &only) != 0)
        only = path_absolute(in->words[0]);
    if (l.as_json) {
        jsonw_object(&l.json, NULL);
        jsonw_array(&l.json, "mounts");
    }
    place_list(state, &dirs);
    for (size_t i = 0; i < dirs.n; i++)
        list_one(&l, dirs.v[i], only);
    status = finish(&l, only);
    opt_list_free(&dirs);
    free(only);
    free(state);
    return status;
}

static const struct opt options[] = {
    {.name = "json",
        .type = OPT_FLAG,
        .help = "everything that is known, as one JSON object",
        OPT_INTO(status_values, json)},
    {.name = "state-dir",
        .type = OPT_PATH,
        .arg = "DIR",
        .dflt = "$XDG_STATE_HOME/hffs",
        .help = "the state directory that mounts were started with",
        OPT_INTO(status_values, state_dir)},
};

static const struct opt_group group = OPT_GROUP("Options", options);
static const struct opt_group *const groups[] = {&group, NULL};

const struct command cmd_status = {
    .name = "status",
    .usage = "hffs status [MOUNTPOINT] [options]",
    .summary = "List this user's mounts, and whether they are well",
    .about = "Exit status 0: all are well, or none is there; 1: one is not; 3: "
             "MOUNTPOINT\nwas given, and nothing of hffs is mounted on it.",
    .groups = groups,
    .values_size = sizeof(struct status_values),
    .words_max = 1,
    .run = run,
};
