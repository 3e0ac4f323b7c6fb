/* The parser of fault specifications. It works on a copy of one action at a
 * time, cut into words; errors name the word that was not understood. */
#include "hub/local_fault_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define COUNT_MAX 1000000000

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit time_unit[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {NULL, 0}};
static const struct unit size_unit[] = {{"", 1}, {"B", 1}, {"K", 1 << 10},
    {"M", 1 << 20}, {"G", 1 << 30}, {"KB", 1000}, {"MB", 1000000},
    {"GB", 1000000000}, {NULL, 0}};
static const struct unit plain_unit[] = {{"", 1}, {NULL, 0}};
static const struct unit times_unit[] = {{"x", 1}, {NULL, 0}};

/* A whole number with one of these units, and nothing else. */
static bool quantity(const char *word, const struct unit *unit, uint64_t *out)
{
    char *end;
    unsigned long long v;

    if (word == NULL || !isdigit((unsigned char)*word))
        return false;
    errno = 0;
    v = strtoull(word, &end, 10);
    for (; errno == 0 && unit->name != NULL; unit++) {
        if (strcmp(end, unit->name) == 0)
            return !__builtin_mul_overflow(v, unit->factor, out);
    }
    return false;
}

/* The words of an action that is being read. */
struct words {
    char *rest;
    struct buf *why;
};

static char *next_word(struct words *w)
{
    char *word;

    do
        word = strsep(&w->rest, " \t");
    while (word != NULL && *word == '\0');
    return word;
}

/* What is left, as one text; NULL if nothing is. */
static char *last_words(struct words *w)
{
    char *text = w->rest;

    if (text != NULL)
        text += strspn(text, " \t");
    w->rest = NULL;
    return text != NULL && *text != '\0' ? text : NULL;
}

static int bad(struct words *w, const char *wants)
{
    buf_addf(w->why, "expected %s", wants);
    return -EINVAL;
}

static int parse_text(
    struct words *w, struct fault_action *a, const char *wants)
{
    const char *text = last_words(w);

    if (text == NULL)
        return bad(w, wants);
    a->text = xstrdup(text);
    return 0;
}

/* "after N", "at N": the little word is there for people. */
static int parse_offset(
    struct words *w, struct fault_action *a, const char *little)
{
    const char *word = next_word(w);

    if (word == NULL || strcmp(word, little) != 0 ||
        !quantity(next_word(w), size_unit, &a->number))
        return bad(w,
            little[1] == 'f' ? "'after' and a number of bytes"
                             : "'at' and a number of bytes");
    return 0;
}

static int parse_status(struct words *w, struct fault_action *a)
{
    const char *word = next_word(w);

    if (a->number < 200 || a->number > 599)
        return bad(w, "a status from 200 to 599");
    if (word == NULL)
        return 0;
    if (strncmp(word, "retry-after=", 12) != 0 || word[12] == '\0')
        return bad(w, "nothing but retry-after=SECONDS after a status");
    a->text = xstrdup(word + 12);
    return 0;
}

static int parse_rate(struct words *w, struct fault_action *a)
{
    char *word = next_word(w);
    size_t n = word != NULL ? strlen(word) : 0;

    if (n < 3 || strcmp(word + n - 2, "/s") != 0)
        return bad(w, "a rate such as 100KB/s");
    word[n - 2] = '\0';
    if (!quantity(word, size_unit, &a->number) || a->number == 0)
        return bad(w, "a rate such as 100KB/s");
    return 0;
}

static int parse_header(struct words *w, struct fault_action *a)
{
    const char *text = last_words(w);
    const char *mark = text != NULL ? strchr(text, '=') : NULL;

    if (mark == NULL || mark == text)
        return bad(w, "NAME=VALUE after 'header'");
    for (const char *p = text; p < mark; p++) {
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
            return bad(w, "a header's name of letters, digits and '-'");
    }
    a->text = xstrdup(text);
    return 0;
}

static int parse_arguments(struct words *w, struct fault_action *a)
{
    const char *word;

    switch (a->effect) {
    case FAULT_PASS:
    case FAULT_DROP:
        return 0;
    case FAULT_STATUS:
        return parse_status(w, a);
    case FAULT_DELAY:
        if (!quantity(next_word(w), time_unit, &a->number))
            return bad(w, "a time such as 30ms or 2s after 'delay'");
        return 0;
    case FAULT_REDIRECT:
        return parse_text(w, a, "a URL after 'redirect'");
    case FAULT_ETAG:
        return parse_text(w, a, "a tag after 'etag'");
    case FAULT_HEADER:
        return parse_header(w, a);
    case FAULT_CUT:
    case FAULT_STALL:
        return parse_offset(w, a, "after");
    case FAULT_CORRUPT:
        return parse_offset(w, a, "at");
    case FAULT_TRUNCATE:
        word = next_word(w);
        a->number = FAULT_HALF;
        if (word != NULL && !quantity(word, size_unit, &a->number))
            return bad(w, "a number of bytes after 'truncate'");
        return 0;
    case FAULT_LONGER:
        if (!quantity(next_word(w), size_unit, &a->number))
            return bad(w, "a number of bytes after 'longer'");
        return 0;
    case FAULT_SLOW:
        return parse_rate(w, a);
    }
    return -EINVAL;
}

static int parse_effect(
    struct words *w, const char *word, struct fault_action *a)
{
    static const char *const name[] = {
#define X(id, text, words, help) [FAULT_##id] = (text),
        FAULT_EFFECTS(X)
#undef X
    };
    const char *extra;
    int err;

    if (quantity(word, plain_unit, &a->number)) {
        a->effect = FAULT_STATUS;
    } else {
        size_t i = 0;

        while (i < ARRAY_LEN(name) && strcmp(word, name[i]) != 0)
            i++;
        if (i == ARRAY_LEN(name)) {
            buf_addf(w->why, "'%s' is none of the actions in the help", word);
            return -EINVAL;
        }
        a->effect = (enum fault_effect)i;
    }
    err = parse_arguments(w, a);
    extra = err == 0 ? next_word(w) : NULL;
    if (extra == NULL)
        return err;
    buf_addf(w->why, "'%s' is too much (join actions with \", then \")", extra);
    return -EINVAL;
}

/* [Nx] [for TIME] EFFECT; "2s delay" is "delay 2s". */
static int parse_action(char *text, struct fault_action *a, struct buf *why)
{
    struct words w = {.rest = text, .why = why};
    const char *word = next_word(&w);

    for (; word != NULL; word = next_word(&w)) {
        if (quantity(word, times_unit, &a->count)) {
            if (a->count == 0 || a->count > COUNT_MAX)
                return bad(&w, "a number of requests from 1");
        } else if (strcmp(word, "for") == 0) {
            if (!quantity(next_word(&w), time_unit, &a->for_ms) ||
                a->for_ms == 0)
                return bad(&w, "a time such as 10s after 'for'");
        } else {
            break;
        }
    }
    if (word == NULL)
        return bad(&w, "an action");
    if (quantity(word, time_unit, &a->number)) {
        const char *delay = next_word(&w);

        a->effect = FAULT_DELAY;
        return delay != NULL && strcmp(delay, "delay") == 0 &&
                next_word(&w) == NULL
            ? 0
            : bad(&w, "nothing but 'delay' after a time");
    }
    return parse_effect(&w, word, a);
}

static int parse_actions(char *text, struct fault_rule *rule, struct buf *why)
{
    static const char then[] = ", then ";
    int err = 0;

    while (err == 0 && text != NULL) {
        char *end = strstr(text, then);

        if (end != NULL)
            *end = '\0';
        rule->action = xrealloc(
            rule->action, (rule->n_actions + 1) * sizeof(*rule->action));
        rule->action[rule->n_actions] = (struct fault_action){0};
        err = parse_action(text, &rule->action[rule->n_actions++], why);
        text = end != NULL ? end + strlen(then) : NULL;
    }
    return err;
}

static int parse_pattern(char *text, struct fault_rule *rule, struct buf *why)
{
    struct words w = {.rest = text, .why = why};
    const char *method = next_word(&w);
    const char *glob = next_word(&w);

    if (method != NULL && glob == NULL && strchr("/*", method[0]) != NULL) {
        glob = method;
        method = "*";
    }
    if (method == NULL || glob == NULL || next_word(&w) != NULL ||
        strchr("/*", glob[0]) == NULL)
        return bad(&w, "METHOD /path before the ':' (* for any)");
    rule->method = xstrdup(method);
    rule->glob = xstrdup(glob);
    return 0;
}

int fault_parse(const char *spec, struct fault_rule **out, struct buf *why)
{
    struct fault_rule *rule;
    char *text;
    char *colon;
    int err = -EINVAL;

    if (strlen(spec) > FAULT_SPEC_MAX) {
        buf_adds(why, "longer than 4096 bytes");
        return -EINVAL;
    }
    rule = xcalloc(1, sizeof(*rule));
    rule->spec = xstrdup(spec);
    text = xstrdup(spec);
    colon = strstr(text, ": ");
    if (colon == NULL) {
        buf_adds(why, "expected 'PATTERN: ACTIONS'");
    } else {
        *colon = '\0';
        err = parse_pattern(text, rule, why);
        if (err == 0)
            err = parse_actions(colon + 2, rule, why);
    }
    free(text);
    if (err == 0)
        *out = rule;
    else
        fault_rule_free(rule);
    return err;
}

void fault_rule_free(struct fault_rule *rule)
{
    if (rule == NULL)
        return;
    for (size_t i = 0; i < rule->n_actions; i++)
        free(rule->action[i].text);
    free(rule->action);
    free(rule->spec);
    free(rule->method);
    free(rule->glob);
    free(rule);
}

bool fault_glob(const char *glob, const char *text)
{
    const char *star = NULL;
    const char *retry = NULL;

    /* The last star alone is ever worth going back to. */
    while (*text != '\0') {
        if (*glob == '*') {
            star = ++glob;
            retry = text;
        } else if (*glob == *text) {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}
