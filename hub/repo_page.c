/* The parser of listings: JSON from outside becomes entries of one folder.
 * Whatever is not a direct child of that folder, or lacks what makes a file,
 * is counted and left out; which names can be shown is decided further up. */
#include "hub/repo.h"

#include <errno.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/timer.h"

/* The rest of path below dir; NULL if it is not a child of it. */
static const char *child_name(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    if (n > 0) {
        if (strncmp(path, dir, n) != 0 || path[n] != '/')
            return NULL;
        path += n + 1;
    }
    return *path != '\0' && strchr(path, '/') == NULL ? path : NULL;
}

static bool hash_of(const struct json *object, size_t size, uint8_t *out)
{
    const char *hex = json_str(object, "oid");

    return hex != NULL && strlen(hex) == 2 * size && hex_parse(hex, out, size);
}

/* An LFS object's own size and hash win over those of its pointer. */
static bool read_file(const struct json *v, struct hub_entry *e)
{
    const struct json *lfs = json_get(v, "lfs");
    bool large = json_is_object(lfs);

    if (!json_u64(large ? lfs : v, "size", &e->size_bytes))
        return false;
    if (large && hash_of(lfs, SHA256_SIZE, e->hash))
        e->hash_kind = HUB_HASH_SHA256;
    else if (!large && hash_of(v, SHA1_SIZE, e->hash))
        e->hash_kind = HUB_HASH_GIT;
    /* Links and submodules come as other types than "file". */
    return strcmp(json_str(v, "type"), "file") == 0 ||
        json_str(v, "oid") != NULL;
}

static bool read_entry(
    const struct json *v, const char *dir, struct hub_entry *e)
{
    const char *type = json_str(v, "type");
    const char *path = json_str(v, "path");
    const char *date = json_str(json_get(v, "lastCommit"), "date");

    *e = (struct hub_entry){0};
    if (type == NULL || path == NULL)
        return false;
    e->name = child_name(path, dir);
    if (e->name == NULL)
        return false;
    e->name_len = strlen(e->name);
    if (date != NULL && time_parse_rfc3339(date, &e->mtime_ns) != 0)
        e->mtime_ns = 0;
    if (strcmp(type, "directory") == 0) {
        e->dir = true;
        return true;
    }
    return read_file(v, e);
}

/* Names move into the page's own text: the JSON will be gone. */
static void keep(struct hub_page *page, const struct hub_entry *e)
{
    buf_add(&page->text, e->name, e->name_len);
    buf_add(&page->entries, e, sizeof(*e));
    page->n++;
}

/* The text has stopped moving: the names lie there, one after the other. */
static void place_names(struct hub_page *page)
{
    const char *p = (const char *)page->text.data;

    page->entry = (struct hub_entry *)(void *)page->entries.data;
    for (size_t i = 0; i < page->n; i++) {
        page->entry[i].name = p;
        p += page->entry[i].name_len;
    }
}

int hub_page_parse(
    struct hub_page *page, const char *dir, const char *text, size_t n)
{
    struct json *root = NULL;
    const struct json *v;
    struct hub_entry e;
    int err;

    buf_clear(&page->entries);
    buf_clear(&page->text);
    page->n = 0;
    page->bad = 0;
    err = json_parse(text, n, &root);
    if (err == 0 && !json_is_array(root))
        err = -EBADMSG;
    if (err != 0)
        goto out;
    json_each (v, root) {
        if (read_entry(v, dir, &e))
            keep(page, &e);
        else
            page->bad++;
    }
out:
    place_names(page);
    json_free(root);
    return err;
}

void hub_page_free(struct hub_page *page)
{
    buf_free(&page->entries);
    buf_free(&page->text);
    buf_free(&page->next);
    *page = (struct hub_page){0};
}
