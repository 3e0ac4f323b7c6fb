/* A local Hub as a whole: what it is asked to be, and its end. How it starts
 * is in local_start.c. */
#include "hub/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/work.h"
#include "hub/local_auth.h"
#include "hub/local_blobs.h"
#include "hub/local_call.h"
#include "hub/local_fault.h"
#include "hub/local_hub.h"
#include "hub/local_listen.h"
#include "hub/local_log.h"
#include "hub/local_route.h"
#include "hub/local_web.h"

bool local_repo_parse(const char *text, enum hub_kind *kind, const char **name)
{
    const char *colon = strchr(text, ':');

    for (size_t i = 0; colon != NULL && i < 3; i++) {
        size_t n = strlen(kind_names[i].one);

        if (n != (size_t)(colon - text) ||
            strncmp(text, kind_names[i].one, n) != 0)
            continue;
        *kind = (enum hub_kind)i;
        *name = colon + 1;
        return repo_name_ok(*name);
    }
    return false;
}

/* ---- What is asked for, before anything is touched. */

static int add_users(struct local_hub *h, struct buf *why)
{
    for (size_t i = 0; i < h->config.n_users; i++) {
        const struct local_user *u = &h->config.user[i];
        int err = users_add(h->users, u->name, u->token);

        if (err == 0)
            continue;
        buf_addf(why,
            err == -EEXIST
                ? "user %s: another user has this name, or this token"
                : "user %s: a name is letters, digits and -_. between them, "
                  "and a token has no blanks",
            u->name);
        return -EINVAL;
    }
    return 0;
}

static int add_faults(struct local_hub *h, struct buf *why)
{
    for (size_t i = 0; i < h->config.n_faults; i++) {
        struct buf reason = {0};
        int err = faults_add(h->faults, h->config.fault[i], &reason);

        if (err != 0)
            buf_addf(
                why, "fault '%s': %s", h->config.fault[i], buf_str(&reason));
        buf_free(&reason);
        if (err != 0)
            return -EINVAL;
    }
    return 0;
}

/* Two folders would replace each other's commits at every start. */
static int check_folders(struct local_hub *h, struct buf *why)
{
    const struct local_folder *f = h->config.folder;

    for (size_t i = 0; i < h->config.n_folders; i++) {
        for (size_t k = 0; k < i; k++) {
            if (f[i].kind != f[k].kind || strcmp(f[i].name, f[k].name) != 0)
                continue;
            buf_addf(why, "repo %s: offered twice", f[i].name);
            return -EINVAL;
        }
    }
    return 0;
}

/* Scheme, host and port, and nothing behind them. */
static int check_origin(const char *origin, struct buf *why)
{
    const char *host = NULL;

    if (origin == NULL)
        return 0;
    if (strncmp(origin, "http://", 7) == 0)
        host = origin + 7;
    else if (strncmp(origin, "https://", 8) == 0)
        host = origin + 8;
    if (host != NULL && listen_host_ok(host))
        return 0;
    buf_addf(
        why, "%s: expected http://HOST or https://HOST, and a port", origin);
    return -EINVAL;
}

static int check(struct local_hub *h, struct buf *why)
{
    int err = add_users(h, why);

    if (err == 0)
        err = add_faults(h, why);
    if (err == 0)
        err = check_folders(h, why);
    if (err == 0)
        err = check_origin(h->config.origin, why);
    return err;
}

static struct local_hub *local_new(const struct local_config *config)
{
    struct local_hub *h = xcalloc(1, sizeof(*h));

    h->config = *config;
    if (h->config.address == NULL)
        h->config.address = LOCAL_HERE;
    h->root = xstrdup(config->root);
    h->owner = xstrdup(config->owner);
    h->lock_fd = -1;
    h->users = users_new(h->owner);
    h->faults = faults_new();
    h->count = xcalloc(route_count() + 1, sizeof(*h->count));
    h->started_ns = clock_wall_ns();
    return h;
}

void local_hub_start(const struct local_config *config, struct local_hub **out,
    struct buf *why, struct op *op)
{
    int err;

    *out = local_new(config);
    err = check(*out, why);
    if (err == 0) {
        local_start_run(*out, why, op);
    } else {
        op_hold(op);
        op_wake(op, err);
    }
}

const char *local_hub_url(const struct local_hub *h)
{
    return web_url(h->web);
}

bool local_hub_open(const struct local_hub *h)
{
    return h->open;
}

/* ---- Stopping */

struct stop {
    struct local_hub *hub;
    struct work work;
    struct op op;
};

static op_fn stop_webs, close_stores, stopped;

static void stop_webs(struct op *op)
{
    struct local_hub *h = container_of(op, struct stop, op)->hub;

    if (h->web != NULL)
        web_stop(h->web, op);
    if (h->content != NULL)
        web_stop(h->content, op);
    op_then(op, close_stores);
}

static int close_on_pool(struct work *w)
{
    struct local_hub *h = container_of(w, struct stop, work)->hub;

    meta_close(h->meta);
    blobs_free(h->blobs);
    if (h->lock_fd >= 0)
        close(h->lock_fd);
    return 0;
}

static void close_stores(struct op *op)
{
    struct stop *s = container_of(op, struct stop, op);

    work_disk(s->hub->config.pool, &s->work, close_on_pool, op);
}

static void stopped(struct op *op)
{
    struct stop *s = container_of(op, struct stop, op);
    struct local_hub *h = s->hub;

    request_log_close(h->log);
    faults_free(h->faults);
    users_free(h->users);
    free(h->count);
    free(h->owner);
    free(h->root);
    free(h);
    free(s);
}

void local_hub_stop(struct local_hub *h, struct op *op)
{
    struct stop *s = xcalloc(1, sizeof(*s));

    s->hub = h;
    op_start(&s->op, stop_webs, stopped, op);
}
