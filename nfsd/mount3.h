/* MOUNT version 3: from the export's path to the first file handle. */
#ifndef NFSD_MOUNT3_H
#define NFSD_MOUNT3_H

#include <stddef.h>

#include "nfsd/peer.h"
#include "vfs/vfs.h"

struct rpc_program;

#define MOUNT3_TABLE_MAX 64

/* Who has mounted, for DUMP; nothing depends on it (RFC 1813 5.2.2). Clients
 * beyond the maximum are not recorded. */
struct mount3_table {
    struct peer_addr client[MOUNT3_TABLE_MAX];
    size_t n;
};

/* What MNT keeps between its steps. */
struct mount3_state {
    struct vfs_attr attr; /* where the walk has come to */
    const char *rest;     /* of the path; lies in the call's record */
    size_t n_rest;
};

extern const struct rpc_program mount3_program;

#endif
