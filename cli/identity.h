/* What a mount must keep for its clients across restarts: port, export path,
 * and what its file handles are made with. Kept in the mount's database. */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include <stdint.h>

#include "cli/mount_table.h"
#include "nfsd/nfsd.h"

struct vfs;

struct identity {
    uint16_t port; /* 0: none yet */
    char export_path[EXPORT_PATH_SIZE];
    uint64_t handle_id;
    uint8_t handle_key[NFSD_KEY_SIZE];
};

/* Reads it; what is missing is made at random, and kept. -errno if the
 * database fails. */
int identity_load(struct vfs *v, struct identity *out);

/* Remembers the port that the server got. */
int identity_keep_port(struct vfs *v, struct identity *id, uint16_t port);

#endif
