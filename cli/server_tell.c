/* What a server says of itself: the record in its place, the words to the user
 * or the supervisor when it is ready, and its state for `hffs status`. */
#include "cli/server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "cache/cache.h"
#include "cli/commands.h"
#include "cli/mount_options.h"
#include "cli/records.h"
#include "cli/report.h"
#include "cli/say.h"
#include "nfsd/nfsd.h"
#include "vfs/vfs.h"

#define SHA_SHOWN 12

static const char *const phase_name[] = {
    [SERVER_STARTING] = "starting",
    [SERVER_READY] = "ready",
    [SERVER_STOPPING] = "stopping",
    [SERVER_CLOSING] = "stopping",
};

/* What both the record and the state say. */
static void describe(const struct server *s, struct jsonw *w)
{
    const struct mount_target *t = &s->target;

    jsonw_u64(w, "pid", (uint64_t)getpid());
    jsonw_str(w, "phase", phase_name[s->phase]);
    jsonw_str(w, "kind", hub_kind_name(t->repo.kind));
    jsonw_str(w, "source", t->label);
    jsonw_str(w, "endpoint", t->endpoint);
    jsonw_str(w, "revision", t->repo.revision);
    jsonw_str(w, "sha", s->vfs != NULL ? vfs_revision(s->vfs) : "");
    if (t->mountpoint != NULL)
        jsonw_str(w, "mountpoint", t->mountpoint);
    jsonw_bool(w, "mounted", s->mounted);
    jsonw_bool(w, "made_mountpoint", s->made_point);
    jsonw_str(w, "host", s->spec.host);
    jsonw_u64(w, "port", s->spec.port);
    jsonw_str(w, "export", s->spec.export_path);
    jsonw_i64(w, "started_ms", s->started_ns / 1000000);
    if (s->values->log_file != NULL)
        jsonw_str(w, "log", s->values->log_file);
}

void server_record(const struct server *s)
{
    struct buf text = {0};
    struct jsonw w = {.to = &text};
    int err;

    jsonw_object(&w, NULL);
    describe(s, &w);
    jsonw_object_end(&w);
    buf_addc(&text, '\n');
    err = record_save(s->target.place.dir, RECORD_SERVER, &text);
    if (err != 0)
        log_warn("server: write %s/%s: %s", s->target.place.dir, RECORD_SERVER,
            strerror(-err));
    buf_free(&text);
}

static void describe_layers(const struct server *s, struct jsonw *w)
{
    struct vfs_stats tree = vfs_stats(s->vfs);
    struct nfsd_stats nfs = nfsd_stats(s->nfsd);
    struct hub_stats hub = hub_stats(s->hub);
    struct cache_stats cache = cache_stats(s->cache);

    jsonw_object(w, "tree");
    jsonw_u64(w, "entries", tree.entries);
    jsonw_u64(w, "in_memory", tree.hot_inodes);
    jsonw_u64(w, "hidden_names", tree.hidden_names);
    jsonw_u64(w, "read_bytes", tree.read_bytes);
    jsonw_u64(w, "fetched_bytes", tree.fetched_bytes);
    jsonw_u64(w, "damaged", tree.damaged);
    jsonw_object_end(w);
    jsonw_object(w, "cache");
    if (s->target.cache_dir != NULL)
        jsonw_str(w, "dir", s->target.cache_dir);
    jsonw_u64(w, "hit_bytes", cache.hit_bytes);
    jsonw_u64(w, "fetched_bytes", cache.fetched_bytes);
    jsonw_u64(w, "memory_bytes", cache.memory_bytes);
    jsonw_u64(w, "damaged", cache.damaged);
    jsonw_u64(w, "disk_errors", cache.disk_errors);
    jsonw_object_end(w);
    jsonw_object(w, "nfs");
    jsonw_u64(w, "connections", nfs.connections);
    jsonw_u64(w, "calls", nfs.calls);
    jsonw_u64(w, "refused", nfs.refused);
    jsonw_u64(w, "read_bytes", nfs.read_bytes);
    jsonw_object_end(w);
    jsonw_object(w, "hub");
    jsonw_u64(w, "requests", hub.requests);
    jsonw_u64(w, "retries", hub.retries);
    jsonw_u64(w, "body_bytes", hub.body_bytes);
    jsonw_str(w, "last_error", hub_last_error(s->hub));
    jsonw_object_end(w);
}

void server_state(void *ctx, struct buf *out)
{
    const struct server *s = ctx;
    struct jsonw w = {.to = out};

    jsonw_object(&w, NULL);
    describe(s, &w);
    jsonw_u64(&w, "rss_bytes", process_rss_bytes());
    /* While layers close there is nothing to count any more. */
    if (s->phase != SERVER_CLOSING)
        describe_layers(s, &w);
    jsonw_object_end(&w);
    buf_addc(out, '\n');
}

/* Only served: the address, and the command that mounts it. */
static void say_serving(const struct server *s, struct buf *out)
{
    buf_addf(out, "serving %s:%u:%s\n", s->spec.host, s->spec.port,
        s->spec.export_path);
    mount_command(&s->spec, out);
    buf_addc(out, '\n');
}

static void say_mounted(const struct server *s, struct buf *out)
{
    const struct mount_target *t = &s->target;

    buf_addf(out, "mounted %s (%s, commit %.*s) on %s\n", t->label,
        t->repo.revision, SHA_SHOWN, vfs_revision(s->vfs), t->mountpoint);
}

static void say_json(const struct server *s, struct buf *out)
{
    struct jsonw w = {.to = out};
    struct buf command = {0};

    mount_command(&s->spec, &command);
    jsonw_object(&w, NULL);
    describe(s, &w);
    jsonw_str(&w, "mount_command", buf_str(&command));
    jsonw_object_end(&w);
    buf_addc(out, '\n');
    buf_free(&command);
}

void server_tell_ready(struct server *s)
{
    struct buf text = {0};

    if (s->values->json)
        say_json(s, &text);
    else if (s->values->no_mount)
        say_serving(s, &text);
    else
        say_mounted(s, &text);
    if (s->values->supervised)
        report_send(CHILD_REPORT_FD, true, EXIT_OK, buf_str(&text));
    else if (s->values->run == NULL) /* whose output is stdout's only content */
        print_out(buf_str(&text));
    buf_free(&text);
    log_info("server: %s %s at %s, port %u%s",
        s->values->no_mount ? "serving" : "mounted", s->target.label,
        vfs_revision(s->vfs), s->spec.port,
        s->adopt ? ", as before the restart" : "");
}

void server_tell_failed(struct server *s)
{
    const char *text = buf_str(&s->failure);

    if (s->values->supervised) {
        report_send(CHILD_REPORT_FD, false, s->status, text);
        log_error("server: %s", text);
    } else {
        complain("%s", text);
    }
}
