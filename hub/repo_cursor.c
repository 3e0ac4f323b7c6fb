/* Of a Link only the cursor is used, on our own URL; where there is none, the
 * whole URL, if it is the Hub's own.
 *
 * Circles are found as Brent does it: one cursor is remembered, a later one
 * each time the number of pages reaches a power of two; who comes back to it
 * has gone round. */
#include "hub/repo_cursor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "hub/url.h"

/* No folder of a repo is this long; and a server whose pages are this thin is
 * not going to end. */
#define ENTRIES_MAX 10000000
#define PAGES_FREE 1000
#define ENTRIES_PER_PAGE_MIN 25

struct cursor {
    uint64_t pages;
    uint64_t entries;
    uint64_t remembered; /* hash of the text of one page */
    bool whole;          /* the text is a URL, not the value of `cursor` */
};
/* The text follows. */

static struct cursor read_state(const struct buf *next)
{
    struct cursor c = {0};

    if (next->len >= sizeof(c))
        memcpy(&c, next->data, sizeof(c));
    return c;
}

static uint64_t hash_text(const char *text)
{
    uint8_t hash[SHA256_SIZE];
    uint64_t v;

    digest_once(DIGEST_SHA256, text, strlen(text), hash);
    memcpy(&v, hash, sizeof(v));
    return v;
}

/* Moves on to the page of this text; false if that leads nowhere. */
static bool advance(struct cursor *c, uint64_t hash, size_t n)
{
    c->pages++;
    c->entries += n;
    if (c->pages > 1 && hash == c->remembered)
        return false;
    if (c->entries > ENTRIES_MAX ||
        c->pages > PAGES_FREE + c->entries / ENTRIES_PER_PAGE_MIN)
        return false;
    if ((c->pages & (c->pages - 1)) == 0)
        c->remembered = hash;
    return true;
}

static bool at_home(const char *url, const char *home)
{
    char *origin = url_origin(url);
    bool same = origin != NULL && strcmp(origin, home) == 0;

    free(origin);
    return same;
}

bool repo_cursor_set(
    struct buf *next, const char *link, const char *home, size_t n)
{
    struct cursor c = read_state(next);
    char *text = url_query_raw(link, "cursor");

    c.whole = text == NULL;
    if (c.whole)
        text = at_home(link, home) ? xstrdup(link) : NULL;
    if (text == NULL || !advance(&c, hash_text(text), n)) {
        free(text);
        return false;
    }
    buf_clear(next);
    buf_add(next, &c, sizeof(c));
    buf_adds(next, text);
    free(text);
    return true;
}

void repo_cursor_add(const struct buf *next, struct buf *url)
{
    struct cursor c = read_state(next);

    if (next->len <= sizeof(c))
        return;
    if (c.whole)
        buf_clear(url);
    else
        buf_adds(url, "&cursor=");
    buf_add(url, next->data + sizeof(c), next->len - sizeof(c));
}
