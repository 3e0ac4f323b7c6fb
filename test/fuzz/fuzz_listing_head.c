/* Texts beside the bodies of a Hub: header fields, URLs, cursors, and names of
 * repos. The whole input goes to each parser. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hub/http_field.h"
#include "hub/hub.h"
#include "hub/repo_cursor.h"
#include "hub/resolve_check.h"
#include "hub/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE "https://huggingface.co/api/models/a/b?limit=1000"

static void fields(const char *text)
{
    struct field_range range;
    uint64_t v;
    char tag[32];

    if (field_content_range(text, &range))
        assert(range.first <= range.last && range.last < range.total);
    if (field_etag(text, tag, sizeof(tag)))
        assert(tag[0] != '\0' && strlen(tag) < sizeof(tag));
    field_range_total(text, &v);
    field_u64(text, &v);
    field_retry_after(text, 1788256800000000000, &v);
    field_rate_limit(text, &v);
}

static void urls(const char *text)
{
    char *url = url_resolve(BASE, text);
    char *origin = url != NULL ? url_origin(url) : NULL;
    char *value = url_query_raw(text, "cursor");

    /* What may be followed has an origin, and is http. */
    assert(url == NULL || (origin != NULL && strncmp(origin, "http", 4) == 0));
    assert(value == NULL || strpbrk(value, " \r\n\t#&") == NULL);
    free(url);
    free(origin);
    free(value);
}

static void paging(const char *text)
{
    struct buf next = {0};
    struct buf url = {0};
    char *link = field_link_next(text);
    unsigned pages = 0;

    buf_adds(&url, BASE);
    while (link != NULL &&
        repo_cursor_set(&next, link, "https://huggingface.co:443", 0))
        pages++;
    assert(pages < 2); /* the same link again is a circle */
    repo_cursor_add(&next, &url);
    buf_free(&next);
    buf_free(&url);
    free(link);
}

static void heads(const char *text)
{
    const uint8_t hash[32] = {0};
    const struct resolve_want want = {.commit = "abc",
        .hash_kind = HUB_HASH_SHA256,
        .hash = hash,
        .size_bytes = 1000,
        .ranged = true,
        .first = 10,
        .last = 19};
    const struct resolve_head head = {.status = 206,
        .own = true,
        .etag = text,
        .linked_size = text,
        .content_range = text,
        .content_length = text};
    struct resolve_body body;
    const char *why = NULL;
    int err = resolve_check(&want, &head, &body, &why);

    assert((err == 0) == (why == NULL));
}

static void names(const char *text)
{
    struct hub_repo repo;
    const char *why;

    if (hub_repo_parse(text, text, &repo, &why) != 0)
        return;
    hub_repo_fini(&repo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);

    fields(text);
    urls(text);
    paging(text);
    heads(text);
    names(text);
    free(text);
    return 0;
}
