/* Checks of names; the one gate between a listing and the inode table. */
#include "base/path.h"

#include <string.h>

bool path_component_ok(const char *name, size_t len)
{
    if (len == 0 || len > PATH_NAME_MAX)
        return false;
    if (memchr(name, '/', len) != NULL || memchr(name, 0, len) != NULL)
        return false;
    return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

bool path_ok(const char *path, size_t len)
{
    const char *end = path + len;

    if (len == 0)
        return true;
    if (len > PATH_TOTAL_MAX)
        return false;
    for (;;) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        const char *stop = slash != NULL ? slash : end;

        if (!path_component_ok(path, (size_t)(stop - path)))
            return false;
        if (slash == NULL)
            return true;
        path = slash + 1;
    }
}
