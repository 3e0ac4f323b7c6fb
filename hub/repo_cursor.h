/* Where the next page of a listing is, and how far the listing has come: what
 * a page keeps between two requests, as bytes that only this file reads. */
#ifndef HUB_REPO_CURSOR_H
#define HUB_REPO_CURSOR_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Takes the Link to the next page (an absolute URL), after a page of n
 * entries; home is the Hub's origin. False if it cannot be followed: it leads
 * elsewhere, comes back to a page that was seen before, or goes on for longer
 * than any folder is long. */
bool repo_cursor_set(
    struct buf *next, const char *link, const char *home, size_t n);

/* Completes the URL of a listing, which has a query already. For the first
 * page, when next is empty, that adds nothing. */
void repo_cursor_add(const struct buf *next, struct buf *url);

#endif
