/* cJSON behind typed getters, and a direct writer: building a tree only to
 * print it would cost an allocation per field of a listing. */
#include "base/json.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 2^53: from here on doubles leave whole numbers out. */
#define EXACT_END 9007199254740992.0

static const cJSON *in(const struct json *v)
{
    return (const cJSON *)(const void *)v;
}

static const struct json *out(const cJSON *v)
{
    return (const struct json *)(const void *)v;
}

/* cJSON ends a string at a NUL, which would turn one name into another: at a
 * raw one, and at what it makes of "\u" without four digits, which are no
 * JSON; and at an escaped one, which is. That becomes bytes that no UTF-8 text
 * has; json_as_str() does not give out a string with one. */
#define NUL_ESCAPE "\\u0000"
#define ESCAPE_SIZE 6
#define NOT_TEXT 0xff

/* In a text without NUL. */
static bool unicode_escape_ok(const char *p, const char *end)
{
    if (end - p < ESCAPE_SIZE)
        return false;
    for (int i = 2; i < ESCAPE_SIZE; i++) {
        if (strchr("0123456789abcdefABCDEF", p[i]) == NULL)
            return false;
    }
    return true;
}

/* Every escape is well formed; *nul: one of them is that of NUL. */
static bool escapes_ok(const char *text, size_t n, bool *nul)
{
    const char *end = text + n;
    const char *p = text;

    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (end - p < 2)
            return false;
        if (p[1] == 'u' && !unicode_escape_ok(p, end))
            return false;
        if (p[1] == 'u' && memcmp(p, NUL_ESCAPE, ESCAPE_SIZE) == 0)
            *nul = true;
        p += 2; /* what follows a backslash is escaped by it */
    }
    return true;
}

static void mark_nul_escapes(char *text, size_t n)
{
    char *end = text + n;
    char *p = text;

    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (p[1] == 'u' && memcmp(p, NUL_ESCAPE, ESCAPE_SIZE) == 0)
            memset(p, NOT_TEXT, ESCAPE_SIZE);
        p += 2;
    }
}

static int parse(const char *text, size_t n, struct json **root)
{
    const char *end = NULL;
    cJSON *v = cJSON_ParseWithLengthOpts(text, n, &end, 0);

    if (v == NULL)
        return -EBADMSG;
    for (; end < text + n; end++) {
        if (*end == '\0' || strchr(" \t\r\n", *end) == NULL) {
            cJSON_Delete(v);
            return -EBADMSG;
        }
    }
    *root = (struct json *)(void *)v;
    return 0;
}

int json_parse(const char *text, size_t n, struct json **root)
{
    bool nul = false;
    char *copy;
    int err;

    if (n == 0 || memchr(text, '\0', n) != NULL || !escapes_ok(text, n, &nul))
        return -EBADMSG;
    if (!nul)
        return parse(text, n, root);
    copy = xmalloc(n);
    memcpy(copy, text, n);
    mark_nul_escapes(copy, n);
    err = parse(copy, n, root);
    free(copy);
    return err;
}

void json_free(struct json *root)
{
    cJSON_Delete((cJSON *)(void *)root);
}

const struct json *json_get(const struct json *object, const char *key)
{
    return out(cJSON_GetObjectItemCaseSensitive(in(object), key));
}

bool json_is_object(const struct json *v)
{
    return cJSON_IsObject(in(v));
}

bool json_is_array(const struct json *v)
{
    return cJSON_IsArray(in(v));
}

bool json_is_null(const struct json *v)
{
    return cJSON_IsNull(in(v));
}

const char *json_as_str(const struct json *v)
{
    const char *text = cJSON_GetStringValue((cJSON *)(uintptr_t)in(v));

    return text != NULL && strchr(text, NOT_TEXT) == NULL ? text : NULL;
}

const char *json_str(const struct json *object, const char *key)
{
    return json_as_str(json_get(object, key));
}

bool json_i64(const struct json *object, const char *key, int64_t *value)
{
    const cJSON *v = in(json_get(object, key));

    if (!cJSON_IsNumber(v) || fabs(v->valuedouble) >= EXACT_END ||
        v->valuedouble != floor(v->valuedouble))
        return false;
    *value = (int64_t)v->valuedouble;
    return true;
}

bool json_u64(const struct json *object, const char *key, uint64_t *value)
{
    int64_t v;

    if (!json_i64(object, key, &v) || v < 0)
        return false;
    *value = (uint64_t)v;
    return true;
}

bool json_bool(const struct json *object, const char *key, bool *value)
{
    const cJSON *v = in(json_get(object, key));

    if (!cJSON_IsBool(v))
        return false;
    *value = cJSON_IsTrue(v);
    return true;
}

const struct json *json_first(const struct json *container)
{
    const cJSON *v = in(container);

    return cJSON_IsArray(v) || cJSON_IsObject(v) ? out(v->child) : NULL;
}

const struct json *json_next(const struct json *v)
{
    return out(in(v)->next);
}

const char *json_key(const struct json *v)
{
    return in(v)->string;
}

size_t json_count(const struct json *container)
{
    const struct json *v;
    size_t n = 0;

    json_each (v, container)
        n++;
    return n;
}

static void put_escaped(struct buf *to, uint8_t c)
{
    switch (c) {
    case '\n':
        buf_adds(to, "\\n");
        break;
    case '\r':
        buf_adds(to, "\\r");
        break;
    case '\t':
        buf_adds(to, "\\t");
        break;
    case '"':
    case '\\':
        buf_addc(to, '\\');
        buf_addc(to, (char)c);
        break;
    default:
        buf_addf(to, "\\u%04x", c);
    }
}

static void put_string(struct buf *to, const char *text, size_t n)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t i = 0;

    buf_addc(to, '"');
    while (i < n) {
        size_t run = i;
        size_t step = 0;

        while (run < n && p[run] >= 0x20 && p[run] != '"' && p[run] != '\\' &&
            (step = utf8_length(p + run, n - run)) != 0)
            run += step;
        buf_add(to, p + i, run - i);
        i = run;
        if (i == n)
            break;
        if (p[i] < 0x80)
            put_escaped(to, p[i]);
        else
            buf_adds(to, "\xef\xbf\xbd");
        i++;
    }
    buf_addc(to, '"');
}

static void before(struct jsonw *w, const char *key)
{
    if (w->comma)
        buf_addc(w->to, ',');
    if (key != NULL) {
        put_string(w->to, key, strlen(key));
        buf_addc(w->to, ':');
    }
    w->comma = true;
}

static void open_with(struct jsonw *w, const char *key, char c)
{
    before(w, key);
    buf_addc(w->to, c);
    w->comma = false;
}

static void close_with(struct jsonw *w, char c)
{
    buf_addc(w->to, c);
    w->comma = true;
}

void jsonw_object(struct jsonw *w, const char *key)
{
    open_with(w, key, '{');
}

void jsonw_object_end(struct jsonw *w)
{
    close_with(w, '}');
}

void jsonw_array(struct jsonw *w, const char *key)
{
    open_with(w, key, '[');
}

void jsonw_array_end(struct jsonw *w)
{
    close_with(w, ']');
}

void jsonw_strn(struct jsonw *w, const char *key, const char *value, size_t n)
{
    before(w, key);
    put_string(w->to, value, n);
}

void jsonw_str(struct jsonw *w, const char *key, const char *value)
{
    jsonw_strn(w, key, value, strlen(value));
}

void jsonw_u64(struct jsonw *w, const char *key, uint64_t value)
{
    before(w, key);
    buf_addf(w->to, "%llu", (unsigned long long)value);
}

void jsonw_i64(struct jsonw *w, const char *key, int64_t value)
{
    before(w, key);
    buf_addf(w->to, "%lld", (long long)value);
}

void jsonw_double(struct jsonw *w, const char *key, double value)
{
    before(w, key);
    if (isfinite(value))
        buf_addf(w->to, "%.6g", value);
    else
        buf_adds(w->to, "null");
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
    before(w, key);
    buf_adds(w->to, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w, const char *key)
{
    before(w, key);
    buf_adds(w->to, "null");
}

void jsonw_copy(struct jsonw *w, const char *key, const struct json *v)
{
    char *text = cJSON_PrintUnformatted(in(v));

    before(w, key);
    buf_adds(w->to, text != NULL ? text : "null");
    cJSON_free(text);
}
