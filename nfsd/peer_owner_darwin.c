/* macOS: only a privileged program may ask whose a connection is. */
#include "nfsd/peer.h"

#include <errno.h>

int peer_owner(const struct sockaddr_storage *peer,
    const struct sockaddr_storage *own, uid_t *out)
{
    (void)peer;
    (void)own;
    (void)out;
    return -ENOTSUP;
}
