/* Pull requests, discussions and their events as JSON (hub-api 2.4). */
#ifndef HUB_LOCAL_PR_VIEW_H
#define HUB_LOCAL_PR_VIEW_H

#include <stdint.h>

#include "hub/local_meta_pr.h"

struct jsonw;
struct meta_db;
struct repo;

extern const char *const pr_status_names[];

/* What lists say about one, as members of the object that is open. */
void pr_json(struct jsonw *w, const struct repo *repo, const struct pr *pr);

/* "events": [...], and the commits among them. */
int pr_json_events(struct meta_db *db, const struct repo *repo,
    const struct pr *pr, struct jsonw *w);

/* One event under this key; of a comment as it is by now. -ENOENT: this pr has
 * no such event. */
int pr_json_event(struct meta_db *db, const struct pr *pr, int64_t id,
    struct jsonw *w, const char *key);

/* The id of an event as clients know it, and back; -1 when it is none. */
#define EVENT_ID_MAX 25
void event_id_format(int64_t id, char out[static EVENT_ID_MAX]);
int64_t event_id_parse(const char *text);

#endif
