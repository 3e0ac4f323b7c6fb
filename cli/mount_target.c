/* From words and options to a target. */
#include "cli/mount_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/mount_cmd.h"
#include "cli/mount_options.h"
#include "cli/mountpoint.h"
#include "cli/records.h"

static const char *const kind_name[] = {
    [HUB_MODEL] = "model",
    [HUB_DATASET] = "dataset",
    [HUB_SPACE] = "space",
};

const char *hub_kind_name(enum hub_kind kind)
{
    return kind_name[kind];
}

char *mount_target_state_dir(const char *typed)
{
    return typed != NULL ? xstrdup(typed) : dirs_state();
}

int mount_target_mountpoint(const char *typed, char **out)
{
    struct mount_table table = {0};
    char *path = path_absolute(typed);
    int err = typed[0] != '\0' ? mount_table_read(&table) : -ENOENT;

    if (err == 0)
        err = mountpoint_canonical(path, &table, out);
    mount_table_free(&table);
    free(path);
    return err;
}

static int take_source(
    const struct invocation *in, struct mount_target *t, struct buf *why)
{
    const struct mount_values *v = in->values;
    const char *fault = NULL;
    size_t n;

    if (strcmp(in->words[0], "bucket") == 0) {
        buf_adds(why,
            "buckets are not supported yet; 'repo' mounts a model, "
            "datasets/... or spaces/...");
        return EXIT_USAGE;
    }
    if (strcmp(in->words[0], "repo") != 0) {
        buf_addf(
            why, "'%s' is no kind of source; write 'repo ID'", in->words[0]);
        return EXIT_USAGE;
    }
    if (hub_repo_parse(in->words[1], v->revision, &t->repo, &fault) != 0) {
        buf_addf(why, "%s: %s", in->words[1], fault);
        return EXIT_USAGE;
    }
    t->label = xasprintf("%s%s%s%s",
        t->repo.kind == HUB_DATASET     ? "datasets/"
            : t->repo.kind == HUB_SPACE ? "spaces/"
                                        : "",
        t->repo.id, t->repo.subdir[0] != '\0' ? "/" : "", t->repo.subdir);
    t->endpoint = xstrdup(v->hub_endpoint);
    n = strlen(t->endpoint);
    while (n > 0 && t->endpoint[n - 1] == '/')
        t->endpoint[--n] = '\0';
    return EXIT_OK;
}

/* What the mount command says by itself: another port, protocol or lock manager
 * would make it wait for a server that is not there, bg end it too early. */
static const char *option_of_ours(const char *list)
{
    static const char *const ours[] = {"addr", "bg", "lock", "mountaddr",
        "mounthost", "mountport", "mountproto", "mountvers", "nfsvers", "port",
        "proto", "rdma", "tcp", "udp", "vers"};

    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        size_t name = strcspn(list, ",=");

        for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
            if (strlen(ours[i]) == name && strncmp(list, ours[i], name) == 0)
                return ours[i];
        }
        list += n + strspn(list + n, ",");
    }
    return NULL;
}

static int take_mountpoint(
    const struct invocation *in, struct mount_target *t, struct buf *why)
{
    const struct mount_values *v = in->values;
    const char *option =
        option_of_ours(v->mount_options != NULL ? v->mount_options : "");
    int err;

    if (option != NULL) {
        buf_addf(why, "--mount-options: hffs chooses %s itself; leave it out",
            option);
        return EXIT_USAGE;
    }
    if (v->no_mount && v->run != NULL) {
        buf_adds(why, "--run needs a mount: leave --no-mount out");
        return EXIT_USAGE;
    }
    if (in->n_words < 3 && !v->no_mount) {
        buf_addf(why, "MOUNTPOINT is missing; usage: %s", in->cmd->usage);
        return EXIT_USAGE;
    }
    if (in->n_words < 3)
        return EXIT_OK;
    err = mount_target_mountpoint(in->words[2], &t->mountpoint);
    if (err != 0) {
        buf_addf(why, "'%s' cannot be a mount point: %s", in->words[2],
            strerror(-err));
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

/* A server that finds its own files below its own mount waits for itself. */
static int check_apart(const struct mount_target *t, const char *what,
    const char *dir, struct buf *why)
{
    struct mount_table table = {0};
    char *real = NULL;
    int status = EXIT_OK;

    if (dir == NULL || t->mountpoint == NULL || mount_table_read(&table) != 0)
        return EXIT_OK;
    if (mountpoint_canonical(dir, &table, &real) == 0 &&
        path_contains(t->mountpoint, real)) {
        buf_addf(why,
            "the %s %s lies below the mount point %s; choose another "
            "place for one of them",
            what, dir, t->mountpoint);
        status = EXIT_USAGE;
    }
    mount_table_free(&table);
    free(real);
    return status;
}

static int make_place(struct mount_target *t, struct buf *why)
{
    struct place_id id = {.mountpoint = t->mountpoint,
        .kind = hub_kind_name(t->repo.kind),
        .id = t->repo.id,
        .subdir = t->repo.subdir,
        .endpoint = t->endpoint,
        .revision = t->repo.revision};
    int err;

    place_name(t->state_dir, &id, &t->place);
    err = place_make(&t->place);
    if (err == -ENAMETOOLONG) {
        buf_addf(why,
            "the state directory's name %s is too long; choose a "
            "shorter one with --state-dir",
            t->state_dir);
        return EXIT_USAGE;
    }
    if (err != 0) {
        buf_addf(why,
            "cannot make %s: %s; choose another directory with "
            "--state-dir",
            t->place.dir, strerror(-err));
        return EXIT_FAILED;
    }
    return EXIT_OK;
}

int mount_target_init(
    const struct invocation *in, struct mount_target *t, struct buf *why)
{
    const struct mount_values *v = in->values;
    int status;

    *t = (struct mount_target){
        .state_dir = mount_target_state_dir(v->state_dir)};
    if (!v->no_disk_cache)
        t->cache_dir =
            v->cache_dir != NULL ? xstrdup(v->cache_dir) : dirs_cache();
    credentials_find(v->hf_token, v->token_file, &t->login);
    status = take_source(in, t, why);
    if (status == EXIT_OK)
        status = take_mountpoint(in, t, why);
    if (status == EXIT_OK)
        status = check_apart(t, "state directory", t->state_dir, why);
    if (status == EXIT_OK)
        status = check_apart(t, "cache directory", t->cache_dir, why);
    if (status == EXIT_OK)
        status = make_place(t, why);
    return status;
}

void mount_target_refuse_running(const struct mount_target *t, struct buf *why)
{
    int pid = records_holder(t->state_dir, t->place.dir, t->mountpoint);
    bool mount = t->mountpoint != NULL;
    const char *name = mount ? t->mountpoint : t->label;

    buf_addf(why, "%s is already %s", name, mount ? "mounted" : "served");
    if (pid > 0)
        buf_addf(why, " by pid %d", pid);
    buf_adds(why, "; stop it with: hffs stop ");
    shell_quote(name, why);
}

void mount_target_fini(struct mount_target *t)
{
    hub_repo_fini(&t->repo);
    credentials_fini(&t->login);
    place_fini(&t->place);
    free(t->label);
    free(t->endpoint);
    free(t->mountpoint);
    free(t->state_dir);
    free(t->cache_dir);
    *t = (struct mount_target){0};
}
