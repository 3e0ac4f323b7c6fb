/* The message of the MAC is exactly one block, see mac16 in base/digest.h. A
 * seal costs 20 ns, so handles are made and checked anew each time. */
#include "nfsd/nfs3_fh.h"

#include "base/cur.h"
#include "base/digest.h"
#include "nfsd/server.h"
#include "nfsd/xdr_put.h"

#define PLAIN_SIZE 16 /* what stands before the MAC */
#define MAC_SIZE (NFS3_FH_SIZE - PLAIN_SIZE)

void nfs3_fh_make(const struct nfsd *s, uint64_t ino, uint8_t *out)
{
    store_u64be(out, s->handle_id);
    store_u64be(out + 8, ino);
    mac16_seal(s->mac, out, out + PLAIN_SIZE, 1);
}

bool nfs3_fh_open(const struct nfsd *s, const nfs_fh3 *fh, uint64_t *ino)
{
    const uint8_t *p = (const uint8_t *)fh->data.data_val;
    uint8_t mac[MAC_SIZE];
    struct cur c;

    if (fh->data.data_len != NFS3_FH_SIZE)
        return false;
    mac16_seal(s->mac, p, mac, 1);
    if (!mac_equal(mac, p + PLAIN_SIZE, MAC_SIZE))
        return false;
    c = cur_over(p, PLAIN_SIZE);
    if (cur_u64be(&c) != s->handle_id)
        return false;
    *ino = cur_u64be(&c);
    return true;
}
