/* One mount in a few lines. */
#include "cli/status_view.h"

#include "base/buf.h"
#include "cli/mount_cmd.h"
#include "cli/mount_table.h"

static const char *const health_name[] = {
    [HEALTH_OK] = "ok",
    [HEALTH_STARTING] = "starting",
    [HEALTH_RESTARTING] = "restarting",
    [HEALTH_SILENT] = "not answering",
    [HEALTH_DEAD] = "dead",
};

const char *health_text(enum health health)
{
    return health_name[health];
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
        add_time(view_uptime_s(v), out);
    } else {
        buf_adds(out, "no server");
    }
    if (v->supervisor_pid > 0)
        buf_addf(out, ", supervisor %d, restarts %llu", v->supervisor_pid,
            (unsigned long long)view_restarts(v));
    if (view_restarts(v) > 0 && json_str(v->supervisor, "last_exit") != NULL)
        buf_addf(
            out, " (the last one %s)", json_str(v->supervisor, "last_exit"));
    buf_addc(out, '\n');
}

static void add_counts(const struct view *v, struct buf *out)
{
    uint64_t hidden = view_u64(v, "tree", "hidden_names");
    uint64_t damaged = view_u64(v, "tree", "damaged");
    const char *error = json_str(json_get(v->server, "hub"), "last_error");

    buf_adds(out, "    ");
    add_size("read", view_u64(v, "nfs", "read_bytes"), out);
    add_size(", fetched", view_u64(v, "cache", "fetched_bytes"), out);
    add_size(", from the cache", view_u64(v, "cache", "hit_bytes"), out);
    add_size(", memory", view_u64(v, NULL, "rss_bytes"), out);
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

void view_text(const struct view *v, struct buf *out)
{
    const char *point = view_str(v, "mountpoint");

    if (point[0] == '\0')
        buf_adds(out, "(not mounted)");
    else
        buf_addf(out, "%s%s", point,
            v->health == HEALTH_OK && !mount_is_own(point) ? " (not mounted)"
                                                           : "");
    buf_addf(out, "  %s", view_str(v, "source"));
    if (view_str(v, "sha")[0] != '\0')
        buf_addf(out, "  %s, commit %.12s", view_str(v, "revision"),
            view_str(v, "sha"));
    buf_addf(out, "  %s\n", health_text(v->health));
    add_processes(v, out);
    if (v->answered)
        add_counts(v, out);
    if (view_str(v, "log")[0] != '\0')
        buf_addf(out, "    log %s\n", view_str(v, "log"));
    if (v->health == HEALTH_DEAD) {
        buf_adds(out, "    clean it up with: hffs stop ");
        shell_quote(point[0] != '\0' ? point : view_str(v, "source"), out);
        buf_addc(out, '\n');
    }
}
