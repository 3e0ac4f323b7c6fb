/* File handles: which inode of which mount, sealed so that nobody else can
 * make one. The same inode has the same handle for ever. */
#ifndef NFSD_NFS3_FH_H
#define NFSD_NFS3_FH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xdr/nfs3.h"

struct nfsd;

/*   0        8       16               32
 *   +--------+-------+----------------+
 *   | mount  | inode | MAC of 0..15   |    numbers are big-endian
 *   +--------+-------+----------------+                             */
#define NFS3_FH_SIZE 32

void nfs3_fh_make(const struct nfsd *s, uint64_t ino, uint8_t *out);

/* False: of the wrong length, forged, or of another mount. */
bool nfs3_fh_open(const struct nfsd *s, const nfs_fh3 *fh, uint64_t *ino);

#endif
