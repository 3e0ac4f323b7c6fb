/* Bringing a server up, in three blocking parts: what may be claimed before
 * anything is touched, the layers below the tree, and the layers above it.
 *
 * A mount that is there already is one of three things: the one that this
 * server served in an earlier life, which it takes up again; the mount of a
 * living server, which is left alone; or what a dead one left, which is
 * cleaned. Only the mount table, our records and a call to the port tell. */
#include "cli/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "cache/cache.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/lock.h"
#include "cli/mount_options.h"
#include "cli/probe.h"
#include "cli/records.h"
#include "cli/say.h"
#include "nfsd/nfsd.h"
#include "vfs/source_hub.h"
#include "vfs/vfs.h"

#define PROBE_MS 3000
#define FOREVER_MS 86400000u /* --read-fetch-timeout-ms 0 */

void server_say(const struct server *s, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (s->values->supervised)
        log_warn("server: %s", text);
    else
        complain("%s", text);
}

void server_fail(struct server *s, int status, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    if (s->status != EXIT_OK)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    s->status = status;
    buf_adds(&s->failure, text);
}

static int refuse_running(struct server *s)
{
    struct buf why = {0};

    mount_target_refuse_running(&s->target, &why);
    server_fail(s, EXIT_RUNNING, "%s", buf_str(&why));
    buf_free(&why);
    return s->status;
}

static int take_lock(struct server *s, const char *path, int *fd)
{
    int err = lock_take(path, fd);

    if (err == -EWOULDBLOCK)
        return refuse_running(s);
    if (err != 0)
        server_fail(s, EXIT_FAILED, "cannot lock %s: %s", path, strerror(-err));
    return s->status;
}

/* The mount that is there: ours of before, a living one, or a dead one. */
static int judge_mount(struct server *s)
{
    struct json *record = record_load(s->target.place.dir, RECORD_SERVER);
    const char *export_path = json_str(record, "export");
    const char *host = s->found.host[0] != '\0' ? s->found.host : "127.0.0.1";

    json_bool(record, "made_mountpoint", &s->made_point);
    if (export_path != NULL && strcmp(export_path, s->found.export_path) == 0) {
        uint64_t port = s->found.port;

        if (port == 0 && json_u64(record, "port", &port))
            s->found.port = (uint16_t)port;
        s->adopt = true;
    } else if (s->found.port != 0 &&
        probe_export(host, s->found.port, s->found.export_path, PROBE_MS) ==
            PROBE_SERVES) {
        refuse_running(s);
    } else {
        s->stale = true;
    }
    json_free(record);
    return s->status;
}

int server_look(struct server *s)
{
    struct mount_table table = {0};
    const struct mount_entry *e;
    int err = mount_table_read(&table);

    s->adopt = s->stale = false;
    if (err != 0)
        server_fail(s, EXIT_FAILED, "cannot read the table of mounts: %s",
            strerror(-err));
    e = mount_table_at(&table, s->target.mountpoint);
    if (e != NULL && mount_entry_own(e, &s->found))
        judge_mount(s);
    /* Whatever fails from here on must leave it as it is. */
    s->mounted = s->adopt;
    mount_table_free(&table);
    return s->status;
}

int server_claim(struct server *s)
{
    const struct place *place = &s->target.place;

    s->lock = s->point_lock = -1;
    /* Under a supervisor it is the one that holds the mount point. */
    if (place->point_lock != NULL && !s->values->supervised &&
        take_lock(s, place->point_lock, &s->point_lock) != EXIT_OK)
        return s->status;
    if (take_lock(s, place->lock, &s->lock) != EXIT_OK)
        return s->status;
    if (s->target.mountpoint == NULL || s->values->no_mount)
        return s->status;
    /* Unmounted while no server ran: nobody wants it back. */
    if (server_look(s) == EXIT_OK && s->values->restarted && !s->adopt)
        s->stop_asked = true;
    return s->status;
}

void server_release(struct server *s)
{
    if (s->lock >= 0)
        close(s->lock);
    if (s->point_lock >= 0)
        close(s->point_lock);
}

static int open_hub(struct server *s)
{
    const struct mount_values *v = s->values;
    int err;
    struct hub_config config = {
        .pool = &s->pool,
        .endpoint = s->target.endpoint,
        .token = s->target.login.token,
        .token_file = s->target.login.token_file,
        .ca_file = v->ca_file,
        .user_agent = "hffs/" HFFS_VERSION "; fs/nfs",
        .stall_ms = v->read_fetch_timeout_ms != 0
            ? (unsigned)v->read_fetch_timeout_ms
            : FOREVER_MS,
    };

    err = hub_new(&config, &s->hub);
    if (err == -EBADMSG)
        server_fail(
            s, EXIT_USAGE, "the token has characters that no token has");
    else if (err != 0)
        server_fail(s, EXIT_USAGE,
            "the Hub's address '%s' is none: it begins with http:// or "
            "https://, without user, '?' or '#' (--hub-endpoint)",
            s->target.endpoint);
    return s->status;
}

static void fail_listen(struct server *s, int err, uint16_t port)
{
    const char *addr = s->values->listen;

    if (err == -EADDRINUSE && s->adopt)
        server_fail(s, EXIT_FAILED,
            "port %u, which the mount on %s talks to, is taken by another "
            "program: end that, or unmount with: hffs stop --force %s",
            port, s->target.mountpoint, s->target.mountpoint);
    else if (err == -EADDRINUSE)
        server_fail(s, EXIT_FAILED,
            "port %u is taken; choose another with --port", port);
    else if (err == -EINVAL)
        server_fail(s, EXIT_USAGE,
            "--listen %s is no numeric address, or needs --allow-client to say "
            "who may connect",
            addr);
    else
        server_fail(s, EXIT_FAILED, "cannot listen on %s port %u: %s", addr,
            port, strerror(-err));
}

/* Who may connect, and to what. */
static int parse_addresses(struct server *s)
{
    const struct opt_list *list = &s->values->allow_client;
    int err;

    s->allow = xcalloc(list->n + 1, sizeof(*s->allow));
    for (size_t i = 0; i < list->n; i++) {
        if (nfsd_net_parse(list->v[i], &s->allow[i]) != 0)
            server_fail(s, EXIT_USAGE,
                "--allow-client %s is no address and no network such as "
                "10.0.0.0/8",
                list->v[i]);
    }
    s->n_allow = list->n;
    err = nfsd_listen_check(s->values->listen, s->n_allow);
    if (s->status == EXIT_OK && err != 0)
        fail_listen(s, err, 0);
    return s->status;
}

/* What the Hub would be asked with must be there, unless it may come later. */
static int check_files(struct server *s)
{
    const struct mount_values *v = s->values;
    bool tls = strncmp(s->target.endpoint, "https:", 6) == 0;

    if (v->token_file != NULL && v->hf_token == NULL &&
        access(v->token_file, R_OK) != 0)
        server_fail(s, EXIT_USAGE, "cannot read the --token-file %s: %s",
            v->token_file, strerror(errno));
    else if (v->ca_file != NULL && tls && access(v->ca_file, R_OK) != 0)
        server_fail(s, EXIT_USAGE, "cannot read the --ca-file %s: %s",
            v->ca_file, strerror(errno));
    return s->status;
}

int server_open(struct server *s)
{
    struct cache_config cache = {.pool = &s->pool, .dir = s->target.cache_dir};
    struct source_hub_config source = {
        .repo = &s->target.repo, .commit_times = s->values->commit_times};
    int err;

    if (parse_addresses(s) != EXIT_OK || check_files(s) != EXIT_OK ||
        open_hub(s) != EXIT_OK)
        return s->status;
    source.hub = s->hub;
    s->source = source_hub_new(&source);
    err = cache_open(&cache, &s->cache);
    if (err != 0)
        server_fail(s, EXIT_FAILED,
            "cannot use the cache directory %s: %s; choose another with "
            "--cache-dir",
            cache.dir, strerror(-err));
    return s->status;
}

/* The port that clients know comes first; a free one only if there is none. */
static int listen_on(struct server *s, struct nfsd_config *config)
{
    bool remembered = s->values->port == 0 && !s->adopt;
    int err;

    config->port = s->values->port != 0 ? s->values->port : s->identity.port;
    if (s->adopt)
        config->port = s->found.port;
    err = nfsd_start(config, &s->nfsd);
    if (err == -EADDRINUSE && remembered && config->port != 0) {
        log_warn("server: port %u, used before, is taken: choosing another",
            config->port);
        config->port = 0;
        err = nfsd_start(config, &s->nfsd);
    }
    if (err != 0)
        fail_listen(s, err, config->port);
    return s->status;
}

static int start_nfsd(struct server *s)
{
    struct nfsd_config config = {
        .loop = &s->loop,
        .vfs = s->vfs,
        .listen_addr = s->values->listen,
        .allow = s->allow,
        .n_allow = s->n_allow,
        .export_path = s->identity.export_path,
        .handle_id = s->identity.handle_id,
    };

    memcpy(config.handle_key, s->identity.handle_key, NFSD_KEY_SIZE);
    return listen_on(s, &config);
}

/* An address that a client on this machine can connect to. */
static const char *local_host(const char *listen)
{
    if (strcmp(listen, "0.0.0.0") == 0)
        return "127.0.0.1";
    if (strcmp(listen, "::") == 0)
        return "::1";
    return listen;
}

int server_serve(struct server *s)
{
    int err = identity_load(s->vfs, &s->identity);

    if (err == 0 && s->adopt &&
        strcmp(s->identity.export_path, s->found.export_path) != 0) {
        s->adopt = s->mounted = false; /* the state was removed meanwhile */
        s->stale = true;
    }
    if (err == 0 && start_nfsd(s) != EXIT_OK)
        return s->status;
    if (err == 0)
        err = identity_keep_port(s->vfs, &s->identity, nfsd_port(s->nfsd));
    if (err != 0) {
        server_fail(s, EXIT_FAILED, "cannot use the state in %s: %s",
            s->target.place.dir, strerror(-err));
        return s->status;
    }
    s->spec = (struct mount_spec){
        .host = local_host(s->values->listen),
        .port = nfsd_port(s->nfsd),
        .export_path = s->identity.export_path,
        .point = s->target.mountpoint,
        .ttl_ms = s->values->metadata_ttl_ms,
        .options = s->values->mount_options,
    };
    err = control_open(
        &s->loop, s->target.place.control, server_state, s, &s->control);
    if (err != 0)
        log_warn("server: hffs status will know little: %s: %s",
            s->target.place.control, strerror(-err));
    return EXIT_OK;
}
