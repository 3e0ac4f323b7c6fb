/* The rules in force, and how far each has come. */
#include "hub/local_fault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/timer.h"
#include "hub/local_fault_spec.h"

struct faults {
    TAILQ_HEAD(, fault_rule) rules;
};

struct faults *faults_new(void)
{
    struct faults *f = xcalloc(1, sizeof(*f));

    TAILQ_INIT(&f->rules);
    return f;
}

void faults_free(struct faults *f)
{
    if (f == NULL)
        return;
    faults_clear(f);
    free(f);
}

int faults_add(struct faults *f, const char *spec, struct buf *why)
{
    struct fault_rule *rule;
    int err = fault_parse(spec, &rule, why);

    if (err == 0)
        TAILQ_INSERT_TAIL(&f->rules, rule, link);
    return err;
}

void faults_clear(struct faults *f)
{
    struct fault_rule *rule;

    while ((rule = TAILQ_FIRST(&f->rules)) != NULL) {
        TAILQ_REMOVE(&f->rules, rule, link);
        fault_rule_free(rule);
    }
}

void faults_list(const struct faults *f, struct jsonw *w)
{
    const struct fault_rule *rule;

    TAILQ_FOREACH (rule, &f->rules, link) {
        uint64_t met = 0;

        for (size_t i = 0; i < rule->n_actions; i++)
            met += rule->action[i].met;
        jsonw_object(w, NULL);
        jsonw_str(w, "spec", rule->spec);
        jsonw_u64(w, "met", met);
        jsonw_bool(w, "spent", rule->at == rule->n_actions);
        jsonw_object_end(w);
    }
}

/* The action in force for one more request; NULL when all are spent. */
static const struct fault_action *advance(struct fault_rule *rule)
{
    uint64_t now = clock_mono_ms();

    for (; rule->at < rule->n_actions; rule->at++) {
        struct fault_action *a = &rule->action[rule->at];

        if (a->met == 0)
            a->since_ms = now;
        if (a->for_ms != 0 && now - a->since_ms >= a->for_ms)
            continue;
        if (a->count != 0 && a->met >= a->count)
            continue;
        a->met++;
        return a;
    }
    return NULL;
}

static void set_text(char **field, const char *text)
{
    free(*field);
    *field = text != NULL ? xstrdup(text) : NULL;
}

static void apply(const struct fault_action *a, struct fault *out)
{
    switch (a->effect) {
    case FAULT_PASS:
        break;
    case FAULT_STATUS:
        out->status = (unsigned)a->number;
        set_text(&out->retry_after, a->text);
        break;
    case FAULT_DELAY:
        out->delay_ms += a->number;
        break;
    case FAULT_DROP:
        out->drop = true;
        break;
    case FAULT_REDIRECT:
        set_text(&out->redirect, a->text);
        break;
    case FAULT_ETAG:
        set_text(&out->etag, a->text);
        break;
    case FAULT_HEADER:
        if (out->n_headers < FAULT_HEADERS_MAX)
            out->header[out->n_headers++] = xstrdup(a->text);
        break;
    case FAULT_CUT:
        out->cut_after = a->number;
        break;
    case FAULT_STALL:
        out->stall_after = a->number;
        break;
    case FAULT_CORRUPT:
        out->corrupt_at = a->number;
        break;
    case FAULT_TRUNCATE:
        out->truncate = true;
        out->truncate_at = a->number;
        break;
    case FAULT_LONGER:
        out->longer = a->number;
        break;
    case FAULT_SLOW:
        out->bytes_per_s = a->number;
        break;
    }
}

static bool answers(const struct fault *fault)
{
    return fault->status != 0 || fault->drop || fault->redirect != NULL;
}

void fault_init(struct fault *fault)
{
    *fault = (struct fault){
        .cut_after = FAULT_NEVER,
        .stall_after = FAULT_NEVER,
        .corrupt_at = FAULT_NEVER,
    };
}

static bool matches(
    const struct fault_rule *rule, const char *method, const char *path)
{
    return (strcmp(rule->method, "*") == 0 ||
               strcasecmp(rule->method, method) == 0) &&
        fault_glob(rule->glob, path);
}

void faults_meet(
    struct faults *f, const char *method, const char *path, struct fault *out)
{
    struct fault_rule *rule;

    fault_init(out);
    TAILQ_FOREACH (rule, &f->rules, link) {
        const struct fault_action *a =
            matches(rule, method, path) ? advance(rule) : NULL;

        if (a != NULL)
            apply(a, out);
        if (answers(out))
            return;
    }
}

void fault_fini(struct fault *fault)
{
    free(fault->retry_after);
    free(fault->redirect);
    free(fault->etag);
    for (unsigned i = 0; i < fault->n_headers; i++)
        free(fault->header[i]);
    fault_init(fault);
}

bool fault_in_body(const struct fault *fault)
{
    return fault->cut_after != FAULT_NEVER ||
        fault->stall_after != FAULT_NEVER || fault->corrupt_at != FAULT_NEVER ||
        fault->truncate || fault->longer != 0 || fault->bytes_per_s != 0;
}
