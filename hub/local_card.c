/* The YAML itself is libyaml's work; here it becomes JSON. Plain scalars are
 * numbers, truths or nothing as in YAML's core schema, and texts else. Aliases
 * may repeat a part, and so make a little text arbitrarily large, or go round
 * in circles: nodes are counted as they are written, and depth is limited. */
#include "hub/local_card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NODES_MAX 50000
#define DEPTH_MAX 64
#define JSON_MAX ((size_t)4 << 20)

struct writer {
    yaml_document_t *doc;
    struct jsonw w;
    struct buf *why;
    size_t nodes;
    unsigned depth;
};

/* ---- Where it is */

/* Whether the line at p is "---"; *next is where the next one begins. */
static bool is_fence(const char *p, const char *end, const char **next)
{
    const char *at = p;

    *next = memchr(p, '\n', (size_t)(end - p));
    *next = *next != NULL ? *next + 1 : end;
    if (end - p < 3 || memcmp(p, "---", 3) != 0)
        return false;
    for (at += 3; at < *next; at++) {
        if (strchr(" \t\r\n", *at) == NULL || *at == '\0')
            return false;
    }
    return true;
}

bool card_find(const char *text, size_t n, const char **yaml, size_t *yaml_len)
{
    const char *p = text;
    const char *end;
    const char *next;

    if (n == 0)
        return false;
    end = text + n;
    while (p < end && *p != '\0' && strchr(" \t\r\n", *p) != NULL)
        p++;
    if (!is_fence(p, end, &next) || next[-1] != '\n')
        return false;
    *yaml = next;
    for (p = next; p < end; p = next) {
        if (is_fence(p, end, &next)) {
            *yaml_len = (size_t)(p - *yaml);
            return true;
        }
    }
    return false;
}

/* ---- What it says */

static int refuse(struct writer *w, const char *what)
{
    buf_clear(w->why);
    buf_adds(w->why, what);
    return -EBADMSG;
}

static bool among(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, text) == 0)
            return true;
    }
    return false;
}

/* "12", "-3", "0x1f", "0o17" */
static bool as_integer(const char *text, int64_t *out)
{
    const char *p = text + (*text == '-' || *text == '+');
    int base = 10;
    char *end;

    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'o') && p == text) {
        base = p[1] == 'x' ? 16 : 8;
        p += 2;
    }
    if (*p == '\0' || p[strspn(p, "0123456789abcdefABCDEF")] != '\0')
        return false;
    errno = 0;
    *out = strtoll(base == 10 ? text : p, &end, base);
    return errno == 0 && *end == '\0';
}

/* "1.5", ".5", "1e3"; not "nan", "0x1p3" and whatever else strtod knows. */
static bool as_number(const char *text, double *out)
{
    const char *p = text + (*text == '-' || *text == '+');
    size_t whole = strspn(p, "0123456789");
    size_t part = 0;
    char *end;

    p += whole;
    if (*p == '.') {
        part = strspn(p + 1, "0123456789");
        p += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '-' || p[1] == '+');
        if (*p == '\0')
            return false;
        p += strspn(p, "0123456789");
    }
    *out = strtod(text, &end);
    return *p == '\0' && *end == '\0' && *out - *out == 0.0;
}

static void write_plain(struct jsonw *w, const char *key, const char *text)
{
    static const char *const nothing[] = {
        "", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};
    int64_t integer;
    double number;

    if (among(text, nothing))
        jsonw_null(w, key);
    else if (among(text, yes) || among(text, no))
        jsonw_bool(w, key, among(text, yes));
    else if (as_integer(text, &integer))
        jsonw_i64(w, key, integer);
    else if (as_number(text, &number))
        jsonw_double(w, key, number);
    else
        jsonw_str(w, key, text);
}

static int write_scalar(
    struct writer *w, const char *key, const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;

    if (strlen(text) != node->data.scalar.length)
        return refuse(w, "a NUL in the metadata");
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        write_plain(&w->w, key, text);
    else
        jsonw_str(&w->w, key, text);
    return 0;
}

static int write_node(struct writer *w, const char *key, int id);

static int write_sequence(
    struct writer *w, const char *key, const yaml_node_t *node)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    int err = 0;

    jsonw_array(&w->w, key);
    for (; item < node->data.sequence.items.top && err == 0; item++)
        err = write_node(w, NULL, *item);
    jsonw_array_end(&w->w);
    return err;
}

static int compare(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;

    return strcmp(*a, *b);
}

/* The text of a key; NULL when it is none. */
static const char *key_text(const struct writer *w, int id)
{
    const yaml_node_t *node = yaml_document_get_node(w->doc, id);

    if (node == NULL || node->type != YAML_SCALAR_NODE ||
        strlen((const char *)node->data.scalar.value) !=
            node->data.scalar.length)
        return NULL;
    return (const char *)node->data.scalar.value;
}

static int check_keys(struct writer *w, const yaml_node_t *node)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    size_t n = (size_t)(node->data.mapping.pairs.top - pair);
    const char **keys = xcalloc(n, sizeof(*keys));
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++) {
        keys[i] = key_text(w, pair[i].key);
        if (keys[i] == NULL)
            err = refuse(w, "a key that is no text");
    }
    if (err == 0 && n > 1)
        qsort(keys, n, sizeof(*keys), compare);
    for (size_t i = 1; i < n && err == 0; i++) {
        if (strcmp(keys[i - 1], keys[i]) == 0) {
            err = refuse(w, "duplicated key: ");
            buf_adds(w->why, keys[i]);
        }
    }
    free(keys);
    return err;
}

static int write_mapping(
    struct writer *w, const char *key, const yaml_node_t *node)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    int err = check_keys(w, node);

    if (err != 0)
        return err;
    jsonw_object(&w->w, key);
    for (; pair < node->data.mapping.pairs.top && err == 0; pair++)
        err = write_node(w, key_text(w, pair->key), pair->value);
    jsonw_object_end(&w->w);
    return err;
}

static int write_node(struct writer *w, const char *key, int id)
{
    const yaml_node_t *node = yaml_document_get_node(w->doc, id);
    int err = 0;

    if (++w->nodes > NODES_MAX || w->depth > DEPTH_MAX ||
        w->w.to->len > JSON_MAX || node == NULL)
        return refuse(w, "the metadata are too long or too deep");
    w->depth++;
    switch (node->type) {
    case YAML_NO_NODE:
        break;
    case YAML_SCALAR_NODE:
        err = write_scalar(w, key, node);
        break;
    case YAML_SEQUENCE_NODE:
        err = write_sequence(w, key, node);
        break;
    case YAML_MAPPING_NODE:
        err = write_mapping(w, key, node);
        break;
    }
    w->depth--;
    return err;
}

static bool is_nothing(const yaml_node_t *root)
{
    return root == NULL ||
        (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0 &&
            root->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
}

/* The one document, as JSON text. */
static int write_document(struct writer *w)
{
    const yaml_node_t *root = yaml_document_get_root_node(w->doc);

    if (is_nothing(root)) {
        buf_adds(w->w.to, "{}");
        return 0;
    }
    if (root->type != YAML_MAPPING_NODE)
        return refuse(w, "the metadata are no mapping");
    return write_node(w, NULL, 1);
}

static int say_problem(const yaml_parser_t *parser, struct buf *why)
{
    buf_clear(why);
    buf_addf(why, "%s (line %zu, column %zu)",
        parser->problem != NULL ? parser->problem : "malformed YAML",
        parser->problem_mark.line + 1, parser->problem_mark.column + 1);
    return -EBADMSG;
}

int card_parse(const char *yaml, size_t n, struct json **out, struct buf *why)
{
    struct buf text = {0};
    struct writer w = {.w = {.to = &text}, .why = why};
    yaml_parser_t parser;
    yaml_document_t doc;
    int err;

    *out = NULL;
    if (!utf8_ok(yaml, n) || n > CARD_TEXT_MAX)
        return refuse(&w, "the metadata are no UTF-8, or too long");
    if (!yaml_parser_initialize(&parser))
        abort(); /* out of memory */
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, n);
    if (yaml_parser_load(&parser, &doc)) {
        w.doc = &doc;
        err = write_document(&w);
        yaml_document_delete(&doc);
    } else {
        err = say_problem(&parser, why);
    }
    yaml_parser_delete(&parser);
    if (err == 0)
        err = json_parse((const char *)text.data, text.len, out);
    buf_free(&text);
    return err;
}
