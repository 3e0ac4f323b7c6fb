/* Starting a local Hub: its root, its snapshots, its sockets. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/work.h"
#include "hub/local_auth.h"
#include "hub/local_hub.h"
#include "hub/local_listen.h"
#include "hub/local_log.h"
#include "hub/local_meta.h"
#include "hub/local_root.h"
#include "hub/local_service.h"
#include "hub/local_snapshot.h"

#define KEY_NAME "sign-key"

struct start {
    struct local_hub *hub;
    struct buf *why;
    size_t folder; /* the next one */
    struct meta_job job;
    struct work work;
    struct op op;
};

static int lock_root(struct local_hub *h, struct buf *why)
{
    char *path = xasprintf("%s/lock", h->root);
    char pid[24] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ssize_t n;
    int err = fd < 0 ? -errno : 0;

    free(path);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        n = pread(fd, pid, sizeof(pid) - 1, 0);
        pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
        buf_addf(why, "%s is in use by another server (process %s)", h->root,
            *pid != '\0' ? pid : "unknown");
        close(fd);
        return -EBUSY;
    }
    if (fd < 0)
        return err;
    h->lock_fd = fd;
    snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0)
        return -errno;
    return file_pwrite(fd, pid, strlen(pid), 0);
}

static int open_on_pool(struct work *w)
{
    struct start *s = container_of(w, struct start, work);
    struct local_hub *h = s->hub;
    struct local_root stores = {0};
    int err = file_mkdirs(h->root, 0700);

    if (err == 0)
        err = lock_root(h, s->why);
    if (err == 0)
        err = local_root_open(h->root, true, h->config.pool, &stores, s->why);
    h->meta = stores.meta;
    h->blobs = stores.blobs;
    if (err != 0 && s->why->len == 0)
        buf_addf(s->why, "%s: %s", h->root, strerror(-err));
    if (err == 0 && h->config.log_path != NULL) {
        err = request_log_open(h->config.log_path, &h->log);
        if (err != 0)
            buf_addf(s->why, "%s: %s", h->config.log_path, strerror(-err));
    }
    return err;
}

static op_fn open_root, settle, take_snapshots, listen_here, end;

static void open_root(struct op *op)
{
    struct start *s = container_of(op, struct start, op);

    work_disk(s->hub->config.pool, &s->work, open_on_pool, op);
    op_then(op, settle);
}

static int get_key(struct meta_db *db, struct local_hub *h)
{
    int err = meta_setting_get(db, KEY_NAME, h->key, sizeof(h->key));

    if (err != -ENOENT)
        return err;
    random_bytes(h->key, sizeof(h->key));
    return meta_setting_put(db, KEY_NAME, h->key, sizeof(h->key));
}

/* A private repo is its namespace's; somebody must be that. */
static int check_private(
    struct meta_db *db, const struct local_hub *h, struct buf *why)
{
    for (size_t i = 0; i < h->config.n_folders; i++) {
        const struct local_folder *f = &h->config.folder[i];
        char owner[REPO_NAME_MAX];
        struct account account;
        int err;

        if (!f->private)
            continue;
        snprintf(
            owner, sizeof(owner), "%.*s", (int)strcspn(f->name, "/"), f->name);
        err = users_have(h->users, owner)
            ? 0
            : meta_account_find(db, owner, &account);
        if (err == -ENOENT)
            buf_addf(why,
                "private repo %s: nobody could read it; add a user or an "
                "organisation %s",
                f->name, owner);
        if (err != 0)
            return err;
    }
    return 0;
}

/* Who may come in; without users, this machine alone. */
static int settle_job(struct meta_db *db, struct meta_job *job)
{
    struct start *s = container_of(job, struct start, job);
    struct local_hub *h = s->hub;
    int any = users_any(h->users) ? 1 : meta_user_any(db);
    int err = any < 0 ? any : get_key(db, h);

    if (err == 0)
        err = check_private(db, h, s->why);
    if (err != 0 || any > 0)
        return err;
    if (!listen_is_loopback(h->config.address)) {
        buf_addf(s->why,
            "%s may be reached from other machines: add a user (hffs hub user "
            "add), or listen on " LOCAL_HERE,
            h->config.address);
        return -EINVAL;
    }
    h->open = true;
    users_open(h->users, true);
    return 0;
}

static void settle(struct op *op)
{
    struct start *s = container_of(op, struct start, op);

    if (op->err != 0)
        return;
    s->job = (struct meta_job){.fn = settle_job, .write = true};
    meta_run(s->hub->meta, &s->job, op);
    op_then(op, take_snapshots);
}

static void take_snapshots(struct op *op)
{
    struct start *s = container_of(op, struct start, op);
    struct local_hub *h = s->hub;
    struct snapshot_config config = {
        .meta = h->meta,
        .blobs = h->blobs,
        .pool = h->config.pool,
        .author = h->owner,
        .avoid = h->root,
    };
    const struct local_folder *f;

    if (op->err != 0 && s->folder > 0)
        buf_addf(s->why, "folder %s: %s",
            h->config.folder[s->folder - 1].folder,
            op->err == -EEXIST ? "the repo is there, and is none of a folder"
                               : strerror(-op->err));
    if (op->err != 0)
        return;
    if (s->folder == h->config.n_folders) {
        op_then(op, listen_here);
        return;
    }
    f = &h->config.folder[s->folder++];
    config.kind = f->kind;
    config.name = f->name;
    config.folder = f->folder;
    config.private = f->private;
    snapshot_run(&config, op);
    op_then(op, take_snapshots);
}

static int listen_one(
    struct start *s, uint16_t port, const char *origin, struct web **out)
{
    struct local_hub *h = s->hub;
    const char *address = h->config.address;
    struct web_config config = {
        .loop = h->config.loop,
        .pool = h->config.pool,
        .service = &local_service,
        .owner = h,
        .origin = origin,
    };
    char *url = NULL;
    int fd = listen_open(address, port, &url);
    int err = fd;

    if (fd >= 0) {
        config.listen_fd = fd;
        config.url = url;
        err = web_start(&config, out);
    }
    if (err < 0)
        buf_addf(
            s->why, "listen on %s, port %u: %s", address, port, strerror(-err));
    free(url);
    return err;
}

static void listen_here(struct op *op)
{
    struct start *s = container_of(op, struct start, op);
    struct local_hub *h = s->hub;
    int err = 0;

    if (h->config.redirect)
        err = listen_one(s, 0, NULL, &h->content);
    if (err == 0)
        err = listen_one(s, h->config.port, h->config.origin, &h->web);
    if (err != 0)
        op_fail(op, err);
}

static void end(struct op *op)
{
    struct start *s = container_of(op, struct start, op);

    if (op->err != 0 && s->why->len == 0)
        buf_adds(s->why, strerror(-op->err));
    free(s);
}

void local_start_run(struct local_hub *h, struct buf *why, struct op *op)
{
    struct start *s = xcalloc(1, sizeof(*s));

    s->hub = h;
    s->why = why;
    op_start(&s->op, open_root, end, op);
}
