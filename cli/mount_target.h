/* What a command line asks to mount, where, and with which directories and
 * credentials: worked out once, in the same way by `hffs start`, its
 * supervisor and the server. */
#ifndef CLI_MOUNT_TARGET_H
#define CLI_MOUNT_TARGET_H

#include "cli/dirs.h"
#include "cli/place.h"
#include "hub/hub.h"

struct buf;
struct invocation;

struct mount_target {
    struct hub_repo repo;
    char *label;      /* "datasets/ns/name/sub/dir" */
    char *endpoint;   /* without a slash at its end */
    char *mountpoint; /* canonical; NULL: only serve */
    char *state_dir;
    char *cache_dir; /* NULL: nothing is kept on disk */
    struct credentials login;
    struct place place;
};

/* Makes the state's directories, and nothing else. Returns an exit status;
 * unless it is EXIT_OK, *why is one sentence for the user. mount_target_fini()
 * in both cases. */
int mount_target_init(
    const struct invocation *in, struct mount_target *out, struct buf *why);
void mount_target_fini(struct mount_target *t);

/* Appends the sentence that somebody has it mounted or served already. */
void mount_target_refuse_running(const struct mount_target *t, struct buf *why);

/* The state directory of these values: as typed, or the default. free() it. */
char *mount_target_state_dir(const char *typed);

/* The canonical mount point of a path typed by the user. 0 and *out to free(),
 * or -errno: -ENOENT when nothing was typed. */
int mount_target_mountpoint(const char *typed, char **out);

/* "model", "dataset", "space". */
const char *hub_kind_name(enum hub_kind kind);

#endif
