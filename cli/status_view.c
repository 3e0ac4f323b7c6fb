/* Asking servers, and telling what their silence means. */
#include "cli/status_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/timer.h"
#include "cli/control.h"
#include "cli/probe.h"
#include "cli/records.h"

#define ANSWER_MS 3000

void view_fini(struct view *v)
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

bool view_of(const char *dir, struct view *v)
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

const char *view_str(const struct view *v, const char *key)
{
    const char *text = json_str(v->server, key);

    if (text == NULL)
        text = json_str(v->supervisor, key);
    return text != NULL ? text : "";
}

uint64_t view_u64(const struct view *v, const char *object, const char *key)
{
    const struct json *from =
        object != NULL ? json_get(v->server, object) : v->server;
    uint64_t n = 0;

    json_u64(from, key, &n);
    return n;
}

uint64_t view_restarts(const struct view *v)
{
    uint64_t n = 0;

    if (v->supervisor_pid != 0)
        json_u64(v->supervisor, "restarts", &n);
    return n;
}

uint64_t view_uptime_s(const struct view *v)
{
    uint64_t started_ms = view_u64(v, NULL, "started_ms");
    uint64_t now_ms = (uint64_t)(clock_wall_ns() / 1000000);

    if (v->server_pid == 0 || started_ms == 0 || now_ms < started_ms)
        return 0;
    return (now_ms - started_ms) / 1000;
}

void view_json(const struct view *v, struct jsonw *w)
{
    const struct json *member;

    jsonw_object(w, NULL);
    json_each (member, v->server != NULL ? v->server : v->supervisor) {
        if (strcmp(json_key(member), "pid") != 0)
            jsonw_copy(w, json_key(member), member);
    }
    jsonw_str(w, "health", health_text(v->health));
    if (v->server_pid > 0)
        jsonw_u64(w, "pid", (uint64_t)v->server_pid);
    if (v->supervisor_pid > 0)
        jsonw_u64(w, "supervisor_pid", (uint64_t)v->supervisor_pid);
    jsonw_u64(w, "uptime_s", view_uptime_s(v));
    jsonw_u64(w, "restarts", view_restarts(v));
    if (json_str(v->supervisor, "last_exit") != NULL)
        jsonw_str(w, "last_exit", json_str(v->supervisor, "last_exit"));
    jsonw_object_end(w);
}
