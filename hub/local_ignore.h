/* Which files a .gitignore file leaves out. Pure functions over foreign
 * text. */
#ifndef HUB_LOCAL_IGNORE_H
#define HUB_LOCAL_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#define IGNORE_TEXT_MAX ((size_t)1 << 20)

struct ignore;
struct ignore *ignore_parse(const char *text, size_t n);
void ignore_free(struct ignore *g);

/* Whether the file at path is left out: by the last rule that matches it, or
 * because a folder above it is. */
bool ignore_has(const struct ignore *g, const char *path);

#endif
