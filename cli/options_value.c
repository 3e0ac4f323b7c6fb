/* Texts to numbers, and a text into the field of an option. All strings are
 * copied, so that argv and the environment may change afterwards. */
#include "cli/invocation.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"K", 1ull << 10},
    {"M", 1ull << 20},
    {"G", 1ull << 30},
    {"T", 1ull << 40},
    {"KiB", 1ull << 10},
    {"MiB", 1ull << 20},
    {"GiB", 1ull << 30},
    {"TiB", 1ull << 40},
    {"KB", 1000ull},
    {"MB", 1000000ull},
    {"GB", 1000000000ull},
    {"TB", 1000000000000ull},
};

static const struct unit ms_units[] = {
    {"", 1},
    {"ms", 1},
    {"s", 1000},
    {"m", 60000},
    {"h", 3600000},
};

/* Digits and the name of a unit; nothing before, between or after. */
static bool number(
    const char *text, const struct unit *units, size_t n_units, uint64_t *out)
{
    uint64_t value;
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    for (size_t i = 0; i < n_units; i++) {
        if (strcmp(end, units[i].name) == 0)
            return !__builtin_mul_overflow(value, units[i].factor, out);
    }
    return false;
}

bool option_u64(const char *text, uint64_t *out)
{
    return number(text, size_units, 1, out);
}

bool option_size(const char *text, uint64_t *out)
{
    return number(text, size_units, ARRAY_LEN(size_units), out);
}

bool option_ms(const char *text, uint64_t *out)
{
    return number(text, ms_units, ARRAY_LEN(ms_units), out);
}

void opt_list_add(struct opt_list *list, const char *text)
{
    list->v = xrealloc(list->v, (list->n + 1) * sizeof(*list->v));
    list->v[list->n++] = xstrdup(text);
}

void opt_list_free(struct opt_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free((char *)(uintptr_t)list->v[i]);
    free(list->v);
    *list = (struct opt_list){0};
}

char *path_absolute(const char *path)
{
    char cwd[PATH_MAX];

    if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
        return xstrdup(path);
    return xasprintf("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path);
}

/* Whether text is one of "a|b|c". */
static bool chosen(const char *choices, const char *text)
{
    size_t len = strlen(text);

    for (const char *p = choices; p != NULL;) {
        const char *bar = strchr(p, '|');
        size_t n = bar != NULL ? (size_t)(bar - p) : strlen(p);

        if (n == len && memcmp(p, text, n) == 0)
            return true;
        p = bar != NULL ? bar + 1 : NULL;
    }
    return false;
}

static void set_text(void *field, char *text)
{
    const char **at = field;

    free((char *)(uintptr_t)*at);
    *at = text;
}

static const char *const number_kind[] = {
    [OPT_U64] = "a number",
    [OPT_SIZE] = "a size such as 4096, 64M or 10G",
    [OPT_MS] = "a time such as 500, 500ms or 30s",
    [OPT_PORT] = "a port",
};

static int set_number(
    const struct opt *o, const char *text, void *field, struct buf *why)
{
    uint64_t max = o->max != 0 ? o->max : UINT64_MAX - 1;
    uint64_t value = 0;
    bool ok;

    if (o->type == OPT_PORT && o->max == 0)
        max = UINT16_MAX;
    if (o->type == OPT_SIZE)
        ok = option_size(text, &value);
    else if (o->type == OPT_MS)
        ok = option_ms(text, &value);
    else
        ok = option_u64(text, &value);
    if (!ok) {
        buf_addf(why, "'%s' is not %s", text, number_kind[o->type]);
        return -EINVAL;
    }
    if (value < o->min || value > max) {
        buf_addf(why, "%s is out of range: %llu to %llu", text,
            (unsigned long long)o->min, (unsigned long long)max);
        return -EINVAL;
    }
    if (o->type == OPT_PORT)
        *(uint16_t *)field = (uint16_t)value;
    else
        *(uint64_t *)field = value;
    return 0;
}

int option_set(
    const struct opt *o, const char *text, void *values, struct buf *why)
{
    void *field = (char *)values + o->at;

    switch (o->type) {
    case OPT_FLAG:
        *(bool *)field = true;
        return 0;
    case OPT_STR:
        if (o->choices != NULL && !chosen(o->choices, text)) {
            buf_addf(why, "'%s' is not one of %s", text, o->choices);
            return -EINVAL;
        }
        set_text(field, xstrdup(text));
        return 0;
    case OPT_PATH:
        if (text[0] == '\0') {
            buf_adds(why, "an empty path is no path");
            return -EINVAL;
        }
        set_text(field, path_absolute(text));
        return 0;
    case OPT_LIST:
        opt_list_add(field, text);
        return 0;
    case OPT_U64:
    case OPT_SIZE:
    case OPT_MS:
    case OPT_PORT:
        return set_number(o, text, field, why);
    }
    return -EINVAL;
}

void option_clear(const struct opt *o, void *values)
{
    void *field = (char *)values + o->at;

    if (o->field == OPT_TEXT_FIELD)
        set_text(field, NULL);
    else if (o->field == OPT_LIST_FIELD)
        opt_list_free(field);
    else if (o->field == OPT_U64_FIELD)
        *(uint64_t *)field = OPT_UNSET;
}
