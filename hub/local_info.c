/* The fields of an info, in the order of their names in local_info.h. */
#include "hub/local_info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "hub/local_blobs.h"
#include "hub/local_call.h"
#include "hub/local_card.h"
#include "hub/local_hub.h"

#define CARD_NAME "README.md"

static const char *const info_name[] = {
#define X(id, name) [INFO_##id] = (name),
    INFO_FIELDS(X)
#undef X
};

static const char *const not_kept[] = {"baseModels", "childrenModelCount",
    "citation", "config", "datasets", "description", "evalResults", "gguf",
    "gitalyUid", "inference", "inferenceProviderMapping", "mainSize",
    "mask_token", "models", "paperswithcode_id", "region", "resourceGroup",
    "runtime", "safetensors", "spaces", "subdomain", "transformersInfo",
    "widgetData", "xetEnabled"};

static bool named_in(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

/* The fields that the query asks for, as bits. */
int info_fields(struct call *c, unsigned usual, unsigned *out)
{
    const struct form *query = &c->x->target.query;
    size_t at = 0;
    const char *name = form_next(query, "expand", &at);

    *out = name == NULL ? usual : 0;
    for (; name != NULL; name = form_next(query, "expand", &at)) {
        unsigned i = 0;

        while (i < INFO_COUNT && strcmp(info_name[i], name) != 0)
            i++;
        if (i < INFO_COUNT)
            *out |= 1U << i;
        else if (!named_in(name, not_kept, ARRAY_LEN(not_kept)))
            return call_refuse(c, 400, NULL, "expand: unknown field %s", name);
    }
    return 0;
}

static bool on_sibling(void *ctx, const char *path, const struct entry *e)
{
    const struct info *info = ctx;
    struct jsonw *w = info->w;

    if (entry_is_folder(e))
        return true;
    jsonw_object(w, NULL);
    jsonw_str(w, "rfilename", path);
    if (info->blobs) {
        jsonw_u64(w, "size", e->size);
        json_hex(w, "blobId", e->oid, SHA1_SIZE);
    }
    if (info->blobs && e->lfs) {
        char pointer[LFS_POINTER_MAX];

        jsonw_object(w, "lfs");
        json_hex(w, "sha256", e->sha256, SHA256_SIZE);
        jsonw_u64(w, "size", e->size);
        jsonw_u64(w, "pointerSize", lfs_pointer(e->sha256, e->size, pointer));
        jsonw_object_end(w);
    }
    jsonw_object_end(w);
    return true;
}

static int write_siblings(struct meta_db *db, struct info *info)
{
    struct walk walk = {.path = "", .recursive = true};
    int err = 0;

    jsonw_array(info->w, info_name[INFO_SIBLINGS]);
    if (info->commit != NULL) {
        walk.tree = info->commit->tree;
        err = meta_walk(db, &walk, on_sibling, info);
    }
    jsonw_array_end(info->w);
    return err;
}

static void write_author(const struct info *info)
{
    const char *slash = strchr(info->repo->name, '/');

    if (slash != NULL)
        jsonw_strn(info->w, info_name[INFO_AUTHOR], info->repo->name,
            (size_t)(slash - info->repo->name));
}

/* ---- What the card says */

/* A card that cannot be understood says nothing. */
static int parse_card(struct info *info, const struct buf *text)
{
    struct buf why = {0};
    const char *yaml;
    size_t n;
    int err = 0;

    if (card_find((const char *)text->data, text->len, &yaml, &n))
        err = card_parse(yaml, n, &info->card, &why);
    buf_free(&why);
    return err == -EBADMSG ? 0 : err;
}

int info_card(struct meta_db *db, struct info *info)
{
    struct buf text = {0};
    struct entry e;
    int fd;
    int err;

    info->card = NULL;
    if (info->commit == NULL)
        return 0;
    err = meta_path_find(db, info->commit, CARD_NAME, &e);
    if (err != 0 || entry_is_folder(&e))
        return err == -ENOENT ? 0 : err;
    fd = blobs_open(info->c->hub->blobs, e.sha256);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    e.size = min_u64(e.size, CARD_TEXT_MAX);
    err = file_pread(fd, buf_grow(&text, e.size), e.size, 0);
    close(fd);
    if (err == 0)
        err = parse_card(info, &text);
    buf_free(&text);
    return err;
}

/* A tag is a text of the card, or an item of a list there. */
static const struct tag_source {
    enum hub_kind kind;
    const char *key;
    const char *prefix;
} tag_sources[] = {
    {HUB_MODEL, "library_name", ""},
    {HUB_MODEL, "pipeline_tag", ""},
    {HUB_MODEL, "tags", ""},
    {HUB_MODEL, "language", ""},
    {HUB_MODEL, "datasets", "dataset:"},
    {HUB_MODEL, "base_model", "base_model:"},
    {HUB_MODEL, "license", "license:"},
    {HUB_DATASET, "task_categories", "task_categories:"},
    {HUB_DATASET, "task_ids", "task_ids:"},
    {HUB_DATASET, "multilinguality", "multilinguality:"},
    {HUB_DATASET, "language", "language:"},
    {HUB_DATASET, "license", "license:"},
    {HUB_DATASET, "size_categories", "size_categories:"},
    {HUB_DATASET, "tags", ""},
    {HUB_SPACE, "sdk", ""},
    {HUB_SPACE, "tags", ""},
    {HUB_SPACE, "license", "license:"},
};

static const char *sdk_of(const struct info *info)
{
    const char *sdk = json_str(info->card, "sdk");

    return sdk != NULL ? sdk : info->repo->sdk;
}

/* Calls fn for each until it says false; whether it did. */
typedef bool tag_fn(void *ctx, const char *prefix, const char *tag);

static bool each_tag(const struct info *info, tag_fn *fn, void *ctx)
{
    for (size_t i = 0; i < ARRAY_LEN(tag_sources); i++) {
        const struct tag_source *s = &tag_sources[i];
        const struct json *v = json_get(info->card, s->key);
        const struct json *item;

        if (s->kind != info->repo->kind)
            continue;
        if (s->kind == HUB_SPACE && strcmp(s->key, "sdk") == 0) {
            if (*sdk_of(info) != '\0' && !fn(ctx, s->prefix, sdk_of(info)))
                return true;
            continue;
        }
        if (json_as_str(v) != NULL && !fn(ctx, s->prefix, json_as_str(v)))
            return true;
        if (!json_is_array(v))
            continue;
        json_each (item, v) {
            if (json_as_str(item) != NULL &&
                !fn(ctx, s->prefix, json_as_str(item)))
                return true;
        }
    }
    return false;
}

static bool is_another(void *ctx, const char *prefix, const char *tag)
{
    const char *wanted = ctx;
    size_t n = strlen(prefix);

    return strncmp(wanted, prefix, n) != 0 || strcmp(wanted + n, tag) != 0;
}

bool info_has_tag(const struct info *info, const char *tag)
{
    return each_tag(info, is_another, (void *)(uintptr_t)tag);
}

static bool write_tag(void *ctx, const char *prefix, const char *tag)
{
    char *text = xasprintf("%s%s", prefix, tag);

    jsonw_str(ctx, NULL, text);
    free(text);
    return true;
}

static void write_tags(
    struct jsonw *w, const char *key, const struct info *info)
{
    jsonw_array(w, key);
    each_tag(info, write_tag, w);
    jsonw_array_end(w);
}

/* Fields that are members of the card, of the kinds that have them. */
static void write_card(const struct info *info, enum info_field field)
{
    bool model = info->repo->kind == HUB_MODEL;
    const char *key = info_name[field];
    const struct json *v = json_get(info->card, key);

    if (field == INFO_CARD && info->card != NULL)
        jsonw_copy(info->w, key, info->card);
    else if (field == INFO_MODEL_INDEX && model && json_is_array(v))
        jsonw_copy(info->w, key, v);
    else if (field == INFO_SDK && info->repo->kind == HUB_SPACE &&
        *sdk_of(info) != '\0')
        jsonw_str(info->w, key, sdk_of(info));
    else if ((field == INFO_LIBRARY || field == INFO_PIPELINE) && model &&
        json_as_str(v) != NULL)
        jsonw_str(info->w, key, json_as_str(v));
}

static int write_field(
    struct meta_db *db, struct info *info, enum info_field field)
{
    struct jsonw *w = info->w;
    const char *key = info_name[field];

    switch (field) {
    case INFO_AUTHOR:
        write_author(info);
        break;
    case INFO_CREATED:
        json_time(w, key, info->repo->created_s);
        break;
    case INFO_MODIFIED:
        json_time(w, key,
            info->commit != NULL ? info->commit->time_s
                                 : info->repo->updated_s);
        break;
    case INFO_PRIVATE:
        jsonw_bool(w, key, info->repo->private);
        break;
    case INFO_DISABLED:
        jsonw_bool(w, key, false);
        break;
    case INFO_GATED:
        json_gate(w, key, info->repo->gate);
        break;
    case INFO_DOWNLOADS:
    case INFO_DOWNLOADS_ALL:
    case INFO_LIKES:
    case INFO_TRENDING:
        jsonw_u64(w, key, 0);
        break;
    case INFO_SHA:
        if (info->commit != NULL)
            json_hex(w, key, info->commit->oid, SHA1_SIZE);
        break;
    case INFO_SIBLINGS:
        return write_siblings(db, info);
    case INFO_STORAGE:
        jsonw_u64(w, key, info->commit != NULL ? info->commit->tree_size : 0);
        break;
    case INFO_TAGS:
        write_tags(w, key, info);
        break;
    case INFO_CARD:
    case INFO_MODEL_INDEX:
    case INFO_LIBRARY:
    case INFO_PIPELINE:
    case INFO_SDK:
        write_card(info, field);
        break;
    case INFO_COUNT:
        break;
    }
    return 0;
}

int info_write(struct meta_db *db, struct info *info)
{
    char id[25];
    int err = 0;

    snprintf(id, sizeof(id), "%024llx", (unsigned long long)info->repo->id);
    jsonw_object(info->w, NULL);
    jsonw_str(info->w, "_id", id);
    jsonw_str(info->w, "id", info->repo->name);
    if (info->repo->kind == HUB_MODEL)
        jsonw_str(info->w, "modelId", info->repo->name);
    for (unsigned i = 0; i < INFO_COUNT && err == 0; i++) {
        if ((info->fields & 1U << i) != 0)
            err = write_field(db, info, (enum info_field)i);
    }
    jsonw_object_end(info->w);
    return err;
}
