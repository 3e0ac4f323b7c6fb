/* GET /metrics, in the text format 0.0.4 of Prometheus. Counters are the loop
 * thread's, and are written down when the head of a request is there; the rest
 * is looked up on the pool, as everything is.
 *
 * On a Hub with users it takes a token, which may be a read-only one: to come
 * from this machine means little behind a proxy. */
#include "hub/local_metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/timer.h"
#include "hub/local_api.h"
#include "hub/local_blobs_care.h"
#include "hub/local_body.h"
#include "hub/local_call.h"
#include "hub/local_hub.h"
#include "hub/local_meta_user.h"
#include "hub/local_web.h"

#define STORAGE_TTL_MS 300000

static const unsigned statuses[METRICS_STATUSES - 1] = {200, 201, 204, 206, 302,
    304, 307, 400, 401, 403, 404, 405, 409, 412, 413, 416, 422, 429, 500, 501,
    503, 507, 431};

/* Upper ends, in ms. */
static const unsigned limits[METRICS_BUCKETS - 1] = {
    1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 30000};

void metrics_count(struct local_hub *hub, const struct exchange *x)
{
    const struct call *c = x->call;
    const struct local_route *route = c != NULL ? c->route : NULL;
    uint64_t ms = clock_mono_ms() - x->began_ms;
    struct route_count *n;
    size_t status = 0;
    size_t bucket = 0;

    if (route != NULL && route->run == RUN_ADMIN)
        return;
    n = &hub->count[route != NULL ? route_number(route) : route_count()];
    while (status < ARRAY_LEN(statuses) && statuses[status] != x->answer.status)
        status++;
    while (bucket < ARRAY_LEN(limits) && ms > limits[bucket])
        bucket++;
    n->requests++;
    n->body_bytes += x->sent_bytes;
    n->received_bytes += x->received_bytes;
    n->ms += ms;
    n->status[status]++;
    n->bucket[bucket]++;
}

/* ---- Writing */

/* What one call of /metrics goes through with. */
struct metrics {
    struct local_hub *hub;
    struct buf text;
    struct storage_count storage;
};

static void title(
    struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP hffs_hub_%s %s\n# TYPE hffs_hub_%s %s\n", name, help,
        name, type);
}

static void number(struct buf *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
    title(out, name, type, help);
    buf_addf(out, "hffs_hub_%s %" PRIu64 "\n", name, value);
}

/* Several rows may have one name, with other methods. */
static void label(struct buf *out, size_t i)
{
    const struct local_route *r = i < route_count() ? route_at(i) : NULL;

    buf_addf(out, "route=\"%s\",methods=\"%s\"", r != NULL ? r->name : "none",
        r != NULL ? r->methods : "");
}

static void write_statuses(
    struct buf *out, size_t i, const struct route_count *n)
{
    for (size_t k = 0; k < METRICS_STATUSES; k++) {
        if (n->status[k] == 0)
            continue;
        buf_adds(out, "hffs_hub_requests_total{");
        label(out, i);
        if (k < ARRAY_LEN(statuses))
            buf_addf(out, ",status=\"%u\"", statuses[k]);
        else
            buf_adds(out, ",status=\"other\"");
        buf_addf(out, "} %" PRIu64 "\n", n->status[k]);
    }
}

static void write_bytes(
    struct buf *out, const char *name, size_t i, uint64_t value)
{
    buf_addf(out, "hffs_hub_%s{", name);
    label(out, i);
    buf_addf(out, "} %" PRIu64 "\n", value);
}

static void write_durations(
    struct buf *out, size_t i, const struct route_count *n)
{
    static const char name[] = "hffs_hub_request_seconds";
    uint64_t sum = 0;

    for (size_t k = 0; k < METRICS_BUCKETS; k++) {
        sum += n->bucket[k];
        buf_addf(out, "%s_bucket{", name);
        label(out, i);
        if (k < ARRAY_LEN(limits))
            buf_addf(out, ",le=\"%g\"", limits[k] / 1000.0);
        else
            buf_adds(out, ",le=\"+Inf\"");
        buf_addf(out, "} %" PRIu64 "\n", sum);
    }
    buf_addf(out, "%s_sum{", name);
    label(out, i);
    buf_addf(out, "} %.3f\n%s_count{", (double)n->ms / 1000.0, name);
    label(out, i);
    buf_addf(out, "} %" PRIu64 "\n", sum);
}

static void write_routes(struct buf *out, const struct route_count *count)
{
    title(out, "requests_total", "counter", "Requests by route and status.");
    for (size_t i = 0; i <= route_count(); i++)
        write_statuses(out, i, &count[i]);
    title(out, "sent_bytes_total", "counter", "Bodies of answers, as sent.");
    for (size_t i = 0; i <= route_count(); i++) {
        if (count[i].requests > 0)
            write_bytes(out, "sent_bytes_total", i, count[i].body_bytes);
    }
    title(out, "received_bytes_total", "counter", "Bodies of requests.");
    for (size_t i = 0; i <= route_count(); i++) {
        if (count[i].requests > 0)
            write_bytes(
                out, "received_bytes_total", i, count[i].received_bytes);
    }
    title(out, "request_seconds", "histogram",
        "From the first byte of a request to the last of its answer.");
    for (size_t i = 0; i <= route_count(); i++) {
        if (count[i].requests > 0)
            write_durations(out, i, &count[i]);
    }
}

static void metrics_free(void *state)
{
    struct metrics *m = state;

    if (m->storage.at_ms > m->hub->storage.at_ms)
        m->hub->storage = m->storage;
    buf_free(&m->text);
    free(m);
}

int api_metrics_head(struct call *c)
{
    struct metrics *m = xcalloc(1, sizeof(*m));
    struct local_hub *h = c->hub;
    struct buf *out = &m->text;
    unsigned connections = web_connections(h->web) +
        (h->content != NULL ? web_connections(h->content) : 0);

    m->hub = h;
    m->storage = h->storage;
    c->state = m;
    c->state_free = metrics_free;
    write_routes(out, h->count);
    number(out, "connections", "gauge", "Open connections.", connections);
    number(out, "request_body_memory_bytes", "gauge",
        "Bodies of requests that are in memory.", web_bodies(h->web)->bytes);
    number(out, "resident_memory_bytes", "gauge", "Memory of the server.",
        process_rss_bytes());
    number(out, "start_time_seconds", "gauge", "When it started.",
        (uint64_t)(h->started_ns / 1000000000));
    return 0;
}

static int add_blob(void *ctx, const uint8_t *sha256, uint64_t size)
{
    struct storage_count *s = ctx;

    (void)sha256;
    s->blobs++;
    s->bytes += size;
    return 0;
}

static int look_at_storage(struct call *c, struct storage_count *s)
{
    uint64_t now = clock_mono_ms();

    if (s->at_ms != 0 && now - s->at_ms < STORAGE_TTL_MS)
        return 0;
    *s = (struct storage_count){.at_ms = now};
    return blobs_each(c->hub->blobs, INT64_MAX, add_blob, s);
}

int api_metrics(struct call *c, struct meta_db *db)
{
    struct metrics *m = c->state;
    struct buf *out = &m->text;
    struct meta_numbers n;
    int err;

    if (!c->auth.open && c->user == NULL)
        return call_refuse(c, 401, NULL, "Figures are for users of this Hub");
    err = look_at_storage(c, &m->storage);
    if (err == 0)
        err = meta_numbers(db, &n);
    if (err != 0)
        return err;
    title(out, "repos", "gauge", "Repos by kind.");
    for (size_t i = 0; i < ARRAY_LEN(n.repos); i++)
        buf_addf(out, "hffs_hub_repos{kind=\"%s\"} %" PRIu64 "\n",
            kind_names[i].one, n.repos[i]);
    number(out, "users", "gauge", "Users that are kept.", n.users);
    number(out, "blobs", "gauge", "Contents of files.", m->storage.blobs);
    number(out, "blob_bytes", "gauge", "Their bytes.", m->storage.bytes);
    answer_clear(c->x);
    c->x->answer.status = 200;
    answer_header(c->x, "Content-Type", "text/plain; version=0.0.4");
    buf_add(&c->x->answer.body, out->data, out->len);
    return 0;
}
