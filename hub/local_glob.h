/* Patterns of git: gitignore(5), gitattributes(5). Pure functions. */
#ifndef HUB_LOCAL_GLOB_H
#define HUB_LOCAL_GLOB_H

#include <stdbool.h>

/* Whether the whole text matches: "*" and "?" stop at slashes, and two stars
 * do not. */
bool glob_match(const char *pattern, const char *text);

#endif
