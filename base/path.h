/* Names from outside: what may become a directory entry. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_NAME_MAX 255   /* bytes of one component, as PATHCONF says */
#define PATH_TOTAL_MAX 4096 /* bytes of a path inside a repo */

/* One component: not empty, not "." or "..", no '/' or NUL, not too long. */
bool path_component_ok(const char *name, size_t len);

/* Components joined by single slashes, none at either end; "" is the root. */
bool path_ok(const char *path, size_t len);

#endif
