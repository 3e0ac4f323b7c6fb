/* /_hffs: faults and figures, for tests that must not restart the server. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call.h"
#include "hub/local_fault.h"
#include "hub/local_hub.h"
#include "hub/local_route.h"
#include "hub/local_web.h"

int admin_faults(struct call *c, struct meta_db *db)
{
    struct jsonw w = answer_json(c->x, 200);

    (void)db;
    jsonw_object(&w, NULL);
    jsonw_array(&w, "faults");
    faults_list(c->hub->faults, &w);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    return 0;
}

/* One specification a line. */
int admin_add_faults(struct call *c, struct meta_db *db)
{
    char *text = xstrdup(buf_str(&c->x->body));
    char *rest = text;
    char *line;
    struct buf why = {0};
    int err = 0;

    while (err == 0 && (line = strsep(&rest, "\r\n")) != NULL) {
        if (*line != '\0')
            err = faults_add(c->hub->faults, line, &why);
        if (err != 0)
            call_refuse(c, 400, NULL, "%s: %s", line, buf_str(&why));
    }
    free(text);
    buf_free(&why);
    return err == 0 ? admin_faults(c, db) : ANSWERED;
}

int admin_clear_faults(struct call *c, struct meta_db *db)
{
    faults_clear(c->hub->faults);
    return admin_faults(c, db);
}

static void write_count(
    struct jsonw *w, const char *key, const struct route_count *n)
{
    jsonw_object(w, key);
    jsonw_u64(w, "requests", n->requests);
    jsonw_u64(w, "body_bytes", n->body_bytes);
    jsonw_object_end(w);
}

/* Of all requests whose answers are out, but those to /_hffs. */
int admin_stats(struct call *c, struct meta_db *db)
{
    const struct route_count *count = c->hub->count;
    struct jsonw w = answer_json(c->x, 200);
    struct route_count all = {0};

    (void)db;
    jsonw_object(&w, NULL);
    jsonw_object(&w, "routes");
    for (size_t i = 0; i <= route_count(); i++) {
        if (count[i].requests == 0)
            continue;
        write_count(
            &w, i < route_count() ? route_at(i)->name : "none", &count[i]);
        all.requests += count[i].requests;
        all.body_bytes += count[i].body_bytes;
    }
    jsonw_object_end(&w);
    jsonw_u64(&w, "requests", all.requests);
    jsonw_u64(&w, "body_bytes", all.body_bytes);
    jsonw_u64(&w, "connections", web_connections(c->hub->web));
    jsonw_u64(&w, "rss_bytes", process_rss_bytes());
    jsonw_object_end(&w);
    return 0;
}

int admin_clear_stats(struct call *c, struct meta_db *db)
{
    memset(c->hub->count, 0, (route_count() + 1) * sizeof(*c->hub->count));
    return admin_stats(c, db);
}
