/* Request targets. Everything is copied once and decoded in place, so that a
 * request costs a fixed number of allocations however many segments it has. */
#include "hub/local_target.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"

/* In place; false for a broken escape, a NUL, or what is not UTF-8. */
static bool decode(char *text, bool plus_is_space)
{
    char *to = text;

    for (const char *p = text; *p != '\0'; p++) {
        uint8_t c = (uint8_t)*p;

        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            char digits[3] = {p[1], p[1] != '\0' ? p[2] : '\0', '\0'};

            if (!hex_parse(digits, &c, 1) || c == '\0')
                return false;
            p += 2;
        }
        *to++ = (char)c;
    }
    *to = '\0';
    return utf8_ok(text, (size_t)(to - text));
}

static size_t count(const char *text, char c)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == c;
    return n;
}

static int form_split(struct form *form)
{
    char *rest = form->mem;
    char *pair;

    while ((pair = strsep(&rest, "&")) != NULL) {
        struct form_field *f = &form->field[form->n];
        char *value = strchr(pair, '=');

        if (*pair == '\0')
            continue;
        if (value != NULL)
            *value++ = '\0';
        if (!decode(pair, true) || (value != NULL && !decode(value, true)))
            return -EINVAL;
        *f = (struct form_field){pair, value != NULL ? value : ""};
        form->n++;
    }
    return 0;
}

int form_parse(const char *text, size_t n, size_t max, struct form *out)
{
    size_t fields;

    *out = (struct form){0};
    if (n == 0)
        return 0;
    if (memchr(text, '\0', n) != NULL)
        return -EINVAL;
    out->mem = xstrndup(text, n);
    fields = count(out->mem, '&') + 1;
    if (fields > max)
        return -E2BIG;
    out->field = xcalloc(fields, sizeof(*out->field));
    return form_split(out);
}

void form_fini(struct form *form)
{
    free(form->mem);
    free(form->field);
    *form = (struct form){0};
}

static bool named(const struct form_field *f, const char *name)
{
    size_t n = strlen(name);

    return strncmp(f->name, name, n) == 0 &&
        (f->name[n] == '\0' || strcmp(f->name + n, "[]") == 0);
}

const char *form_next(const struct form *form, const char *name, size_t *at)
{
    while (*at < form->n) {
        const struct form_field *f = &form->field[(*at)++];

        if (named(f, name))
            return f->value;
    }
    return NULL;
}

const char *form_get(const struct form *form, const char *name)
{
    size_t at = 0;

    return form_next(form, name, &at);
}

bool form_flag(const struct form *form, const char *name)
{
    const char *value = form_get(form, name);

    return value != NULL &&
        (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 ||
            strcmp(value, "True") == 0);
}

/* Absolute form, "http://host/path", must be understood too (RFC 9112 3.2.2).
 */
static const char *skip_authority(const char *text)
{
    const char *p = text;

    if (strncasecmp(p, "http://", 7) == 0)
        p += 7;
    else if (strncasecmp(p, "https://", 8) == 0)
        p += 8;
    else
        return text;
    p += strcspn(p, "/?");
    return *p != '\0' ? p : "/";
}

/* No byte that a target cannot hold unescaped, whatever it means. */
static bool clean(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static int split(struct target *t)
{
    char *rest = t->mem;
    char *seg;

    while ((seg = strsep(&rest, "/")) != NULL) {
        if (!decode(seg, false))
            return -EINVAL;
        if (strcmp(seg, ".") == 0 || strcmp(seg, "..") == 0)
            return -EINVAL;
        t->seg[t->n_seg++] = seg;
    }
    return 0;
}

int target_parse(const char *text, struct target *out)
{
    int err;

    text = skip_authority(text);
    *out = (struct target){.raw = xstrdup(text)};
    out->path_len = strcspn(text, "?");
    if (text[0] != '/' || strlen(text) > TARGET_MAX || !clean(text))
        return -EINVAL;
    out->mem = xstrndup(text + 1, out->path_len - 1);
    out->seg = xcalloc(count(out->mem, '/') + 1, sizeof(*out->seg));
    err = split(out);
    if (err == 0) {
        const char *query = target_query(out);

        err = form_parse(query, strlen(query), TARGET_FIELDS_MAX, &out->query);
    }
    return err != 0 ? -EINVAL : 0;
}

void target_fini(struct target *t)
{
    free(t->raw);
    free(t->mem);
    free(t->seg);
    form_fini(&t->query);
    *t = (struct target){0};
}

char *target_rest(const struct target *t, size_t from)
{
    struct buf path = {0};

    for (size_t i = from; i < t->n_seg; i++) {
        if (i > from)
            buf_addc(&path, '/');
        buf_adds(&path, t->seg[i]);
    }
    if (path.len > 0 && path.data[path.len - 1] == '/')
        path.len--;
    return buf_take(&path);
}

const char *target_query(const struct target *t)
{
    const char *mark = t->raw + t->path_len;

    return *mark == '?' ? mark + 1 : mark;
}
