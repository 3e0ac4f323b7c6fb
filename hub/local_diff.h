/* Differences of texts as git shows them. Pure functions. */
#ifndef HUB_LOCAL_DIFF_H
#define HUB_LOCAL_DIFF_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Texts with more lines than this are shown as replaced from the first line
 * that differs to the last one. */
#define DIFF_LINES_MAX 20000

/* Whether git would show it as text: it has no NUL near its beginning. */
bool diff_is_text(const char *text, size_t n);

/* The hunks between two texts, "@@ -1,3 +1,4 @@" and so on; nothing when they
 * are the same. */
void diff_hunks(const char *before, size_t n_before, const char *after,
    size_t n_after, struct buf *out);

#endif
