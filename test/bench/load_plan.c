/* Measurements from words. */
#include "test/bench/load_plan.h"

#include <stdlib.h>
#include <string.h>

#include "test/bench/load.h"

static const char *const op_names[] = {
    "getattr", "lookup", "access", "missing", "read", "readdir", "readdirplus"};

static uint64_t number(const char *text)
{
    static const char units[] = "KMG";
    char *end;
    double v = strtod(text, &end);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;

    if (unit != NULL)
        return (uint64_t)(v * (double)(1ULL << (10 * (unit - units + 1))));
    if (end == text || *end != '\0')
        die(text, "is not a number");
    return (uint64_t)v;
}

static enum op_kind op_of(const char *text)
{
    for (size_t i = 0; i < sizeof(op_names) / sizeof(*op_names); i++) {
        if (strcmp(text, op_names[i]) == 0)
            return (enum op_kind)i;
    }
    die(text, "is not an operation");
}

static void set(struct plan *p, const char *key, char *value)
{
    const struct {
        const char *key;
        const char **text;
        uint64_t *number;
    } fields[] = {{"name", &p->name, NULL}, {"path", &p->path, NULL},
        {"same", &p->same, NULL}, {"size", NULL, &p->size},
        {"depth", NULL, &p->depth}, {"conns", NULL, &p->conns},
        {"count", NULL, &p->count}, {"bytes", NULL, &p->bytes},
        {"at", NULL, &p->at}, {"seed", NULL, &p->seed}};

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        if (strcmp(key, fields[i].key) != 0)
            continue;
        if (fields[i].text != NULL)
            *fields[i].text = value;
        else
            *fields[i].number = number(value);
        return;
    }
    if (strcmp(key, "op") == 0)
        p->op = op_of(value);
    else if (strcmp(key, "seconds") == 0)
        p->ms = (uint64_t)(strtod(value, NULL) * 1000);
    else if (strcmp(key, "order") == 0)
        p->random = strcmp(value, "random") == 0;
    else
        die(key, "is not a word of a measurement");
}

struct plan plan_parse(char *words)
{
    struct plan p = {.name = NULL,
        .path = "",
        .size = 65536,
        .depth = 1,
        .conns = 1,
        .ms = 2000,
        .seed = 88172645463325252};
    char *save = NULL;

    for (char *word = strtok_r(words, ",", &save); word != NULL;
         word = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(word, '=');

        if (equals == NULL) {
            die(word, "has no value");
        } else {
            *equals = '\0';
            set(&p, word, equals + 1);
        }
    }
    if (p.name == NULL)
        p.name = op_names[p.op];
    if (p.depth < 1 || p.depth > DEPTH_MAX || p.conns < 1 ||
        p.conns > CONNS_MAX || p.size < 1 || p.size > 1 << 20 || p.seed == 0)
        die(p.name, "depth 1 to 1024, conns 1 to 64, size up to 1M");
    return p;
}
