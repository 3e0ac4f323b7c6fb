/* What there is to say about a repo: the fields of its info, and which of them
 * a request is after. */
#ifndef HUB_LOCAL_INFO_H
#define HUB_LOCAL_INFO_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct commit;
struct json;
struct jsonw;
struct meta_db;
struct repo;

/* What expand= may name, and whether there is anything to show for it here.
 * The rest is known, so that clients may ask, and left out. */
#define INFO_FIELDS(X)                                                         \
    X(AUTHOR, "author")                                                        \
    X(CARD, "cardData")                                                        \
    X(CREATED, "createdAt")                                                    \
    X(DISABLED, "disabled")                                                    \
    X(DOWNLOADS, "downloads")                                                  \
    X(DOWNLOADS_ALL, "downloadsAllTime")                                       \
    X(GATED, "gated")                                                          \
    X(MODIFIED, "lastModified")                                                \
    X(LIBRARY, "library_name")                                                 \
    X(LIKES, "likes")                                                          \
    X(MODEL_INDEX, "model-index")                                              \
    X(PIPELINE, "pipeline_tag")                                                \
    X(PRIVATE, "private")                                                      \
    X(SDK, "sdk")                                                              \
    X(SHA, "sha")                                                              \
    X(SIBLINGS, "siblings")                                                    \
    X(STORAGE, "usedStorage")                                                  \
    X(TAGS, "tags")                                                            \
    X(TRENDING, "trendingScore")

enum info_field {
#define X(id, name) INFO_##id,
    INFO_FIELDS(X)
#undef X
        INFO_COUNT
};

/* As bits, by 1U << INFO_...: what an info shows without expand=, and an entry
 * of a list. */
#define INFO_OF_ONE                                                            \
    (~(1U << INFO_TRENDING | 1U << INFO_DOWNLOADS_ALL | 1U << INFO_COUNT))
#define INFO_IN_LIST                                                           \
    (INFO_OF_ONE &                                                             \
        ~(1U << INFO_STORAGE | 1U << INFO_SIBLINGS | 1U << INFO_SHA |          \
            1U << INFO_CARD | 1U << INFO_MODEL_INDEX))

/* Those that need info_card(). */
#define INFO_FROM_CARD                                                         \
    (1U << INFO_CARD | 1U << INFO_LIBRARY | 1U << INFO_MODEL_INDEX |           \
        1U << INFO_PIPELINE | 1U << INFO_SDK | 1U << INFO_TAGS)

/* The fields that the query asks for; usual ones without expand=. A step of a
 * route (local_call.h). */
int info_fields(struct call *c, unsigned usual, unsigned *out);

/* One repo, being described. */
struct info {
    struct call *c;
    struct jsonw *w;
    const struct repo *repo;
    const struct commit *commit; /* NULL: there is none yet */
    unsigned fields;
    bool blobs;        /* sizes and ids of files */
    struct json *card; /* info_card(); NULL: there is none */
};

/* Reads what README.md says; json_free() info->card in any case. */
int info_card(struct meta_db *db, struct info *info);

/* Whether it has this tag, pipeline_tag being one. */
bool info_has_tag(const struct info *info, const char *tag);

/* {...} */
int info_write(struct meta_db *db, struct info *info);

#endif
