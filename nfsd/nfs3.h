/* NFS version 3: its program, and what a call keeps between its steps. */
#ifndef NFSD_NFS3_H
#define NFSD_NFS3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "nfsd/xdr_put.h"
#include "vfs/vfs.h"

struct bytes;
struct rpc_call;
struct rpc_program;

/* The largest READ, WRITE and listing that we offer and serve (FSINFO). */
#define NFS3_IO_MAX ((uint32_t)1 << 20)

/* A listing under construction. */
struct nfs3_list {
    struct bytes *page; /* where entries are encoded; owned */
    struct xdr_put out; /* ... and how far */
    size_t dir_left;    /* READDIRPLUS: what is left of dircount */
    uint64_t n_entries;
    bool plus;
    bool eof;
    bool full; /* an entry was refused */
};

/* All-zero is empty. */
struct nfs3_state {
    uint64_t ino;   /* what the first handle names; 0: it is bad */
    uint64_t other; /* what the second handle names (RENAME, LINK) */
    struct vfs_attr attr;
    struct vfs_attr other_attr;
    struct vfs_data data;
    struct buf text;
    struct nfs3_list list;
};

void nfs3_state_fini(struct nfs3_state *n);

extern const struct rpc_program nfs3_program;

#endif
