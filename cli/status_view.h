/* What can be known of one mount from outside: its server's own answer, with a
 * time limit, or else its records. The mount itself is never touched. */
#ifndef CLI_STATUS_VIEW_H
#define CLI_STATUS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

struct buf;

enum health {
    HEALTH_OK,
    HEALTH_STARTING,
    HEALTH_RESTARTING, /* its supervisor is about to start it again */
    HEALTH_SILENT,     /* it runs, and does not answer */
    HEALTH_DEAD,
};

/* One mount, as far as it can be known. */
struct view {
    struct json *server; /* its own answer, or else its record */
    struct json *supervisor;
    int supervisor_pid; /* 0: none */
    int server_pid;
    enum health health;
    bool answered;
};

/* False when there is nothing to show: a mount that ended in order. view_fini()
 * in both cases. */
bool view_of(const char *dir, struct view *v);
void view_fini(struct view *v);

/* Members of what the server says, or of its records; "" or 0 if absent. */
const char *view_str(const struct view *v, const char *key);
uint64_t view_u64(const struct view *v, const char *object, const char *key);
uint64_t view_restarts(const struct view *v);
uint64_t view_uptime_s(const struct view *v); /* 0 when no server runs */

void view_json(const struct view *v, struct jsonw *w);

/* ---- status_text.c: the same for people. */
void view_text(const struct view *v, struct buf *out);
const char *health_text(enum health health);

#endif
