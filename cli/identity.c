/* Named values of the database. The key and id of handles and the export's
 * secret are made together, once: handles of another life of the same mount
 * must stay good as long as clients may hold them. */
#include "cli/identity.h"

#include <errno.h>
#include <string.h>

#include "base/digest.h"
#include "vfs/vfs.h"

#define KEEP_ALL "nfs" /* secret, handle_id, handle_key */
#define KEEP_PORT "nfs.port"

/* The secret of the export, the id and the key of handles, in a row. */
#define SECRETS_SIZE (EXPORT_SECRET_SIZE + 8 + NFSD_KEY_SIZE)

static void unpack(const uint8_t *p, struct identity *out)
{
    out->export_path[0] = '/';
    hex_format(p, EXPORT_SECRET_SIZE, out->export_path + 1);
    memcpy(&out->handle_id, p + EXPORT_SECRET_SIZE, 8);
    memcpy(out->handle_key, p + EXPORT_SECRET_SIZE + 8, NFSD_KEY_SIZE);
}

int identity_load(struct vfs *v, struct identity *out)
{
    uint8_t bytes[SECRETS_SIZE];
    uint16_t port = 0;
    size_t len = 0;
    int err = vfs_value_get(v, KEEP_ALL, bytes, sizeof(bytes), &len);

    if (err == -ENOENT || (err == 0 && len != sizeof(bytes))) {
        random_bytes(bytes, sizeof(bytes));
        err = vfs_value_set(v, KEEP_ALL, bytes, sizeof(bytes));
    }
    if (err != 0)
        return err;
    *out = (struct identity){0};
    unpack(bytes, out);
    err = vfs_value_get(v, KEEP_PORT, &port, sizeof(port), &len);
    if (err == 0 && len == sizeof(port))
        out->port = port;
    return err == -ENOENT ? 0 : err;
}

int identity_keep_port(struct vfs *v, struct identity *id, uint16_t port)
{
    int err;

    if (id->port == port)
        return 0;
    err = vfs_value_set(v, KEEP_PORT, &port, sizeof(port));
    if (err == 0)
        id->port = port;
    return err;
}
